"""What speaks for a class: exact where it can be calculated, another where the weights are random."""

import json
import threading
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.cli import main
from app.dataset.decode import read_image
from app.errors import BundleError, EngineError
from app.export import explaining as module
from app.export.bundle import MODEL_FILE
from app.export.explaining import Explainer, HeatMap, overlaid
from app.export.heat_methods import ACTIVATION, OCCLUSION
from app.export.onnx_model import join_model
from app.export.service import ModelService
from app.features.outputs import LOGITS
from app.onnx_sessions import open_session

SIDE = 16
CHANNELS = 3
CLASSES = 2


def write_model(bundle: Path, weights: np.ndarray, pooled: bool = True) -> onnx.ModelProto:
    """Give a copied bundle a network that averages a 4 × 4 map of colours, and a linear layer."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("GlobalAveragePool", ["cells"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["features"], axis=1),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
    ]
    if not pooled:
        nodes[2:5] = [helper.make_node("ReduceSum", ["planes", "axes"], ["features"], keepdims=0)]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", CHANNELS]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES]),
        ],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(np.array([2, 3], np.int64), "axes"),
        ],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (bundle / MODEL_FILE).write_bytes(join_model(network, 1.0, {}).SerializeToString())
    return network


def picture(height: int = SIDE, width: int = SIDE) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def test_behind_average_pooling_and_a_linear_layer_it_is_the_class_activation_map(copy: Path) -> None:
    weights = np.array([[0.02, -0.01], [-0.03, 0.04], [0.01, 0.01]])
    write_model(copy, weights)
    image = picture()
    cells = image.reshape(4, 4, 4, 4, 3).mean(axis=(1, 3))
    for label in range(CLASSES):
        exact = np.maximum(cells @ weights[:, label], 0)
        found = Explainer(copy).explain(image, label)
        np.testing.assert_allclose(found.values, exact / exact.max(), atol=1e-3)
        assert found.box == (0, 0, 1, 1)


def test_of_two_networks_that_answer_together_the_maps_are_added(copy: Path) -> None:
    weights = np.array([[0.02, -0.01], [-0.03, 0.04], [0.01, 0.01]])
    others = np.array([[-0.05, 0.02], [0.01, 0.03], [0.04, -0.02]])
    network = write_model(copy, weights)
    graph = network.graph
    (old,) = (node for node in graph.node if LOGITS in node.output)
    old.output[0] = "own_logits"
    graph.initializer.append(numpy_helper.from_array(others.astype(np.float32), "others"))
    graph.node.extend(
        [
            helper.make_node("AveragePool", ["planes"], ["large_cells"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("GlobalAveragePool", ["large_cells"], ["other_mean"]),
            helper.make_node("Flatten", ["other_mean"], ["second_features"], axis=1),
            helper.make_node("MatMul", ["second_features", "others"], ["other_logits"]),
            helper.make_node("Sum", ["own_logits", "other_logits"], [LOGITS]),
        ]
    )
    (copy / MODEL_FILE).write_bytes(join_model(network, 1.0, {}).SerializeToString())
    image = picture()
    small, large = (image.reshape(n, SIDE // n, n, SIDE // n, 3).mean(axis=(1, 3)) for n in (4, 2))
    for label in range(CLASSES):
        own = small @ weights[:, label] / 16
        other = cv2.resize(large @ others[:, label] / 4, (4, 4)) / 4
        exact = np.maximum(own + other, 0)
        found = Explainer(copy).explain(image, label, ACTIVATION)
        np.testing.assert_allclose(found.values, exact / exact.max(), atol=1e-3)


def test_the_maps_of_a_real_bundle_change_when_its_weights_are_randomised(copy: Path, photos: list[Path]) -> None:
    image = read_image(photos[0])
    before = {method: Explainer(copy).explain(image, 0, method).values for method in (ACTIVATION, OCCLUSION)}
    model = onnx.load(copy / MODEL_FILE)
    random = np.random.default_rng(0)
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.float32 and value.size > 100 and not tensor.name.startswith("nov_"):
            shuffled = random.permutation(value.reshape(-1)).reshape(value.shape)
            tensor.CopyFrom(numpy_helper.from_array(shuffled, tensor.name))
    (copy / MODEL_FILE).write_bytes(model.SerializeToString())
    for method, values in before.items():
        assert values.max() == 1
        after = Explainer(copy).explain(image, 0, method).values
        assert abs(float(np.corrcoef(values.ravel(), after.ravel())[0, 1])) < 0.7


def test_both_methods_find_the_only_place_that_matters(copy: Path) -> None:
    write_model(copy, np.array([[0.05, 0], [0, 0], [0, 0.01]]))
    image = np.zeros((64, 64, 3), np.uint8)
    image[36:46, 20:30, 0] = 255  # red, which only the first class likes
    explainer = Explainer(copy)
    for method in (ACTIVATION, OCCLUSION):
        large = explainer.explain(image, 0, method).over(64, 64)
        row, column = np.unravel_index(int(large.argmax()), large.shape)
        assert 28 <= row <= 54
        assert 12 <= column <= 38


def test_nothing_speaks_for_a_class_without_weight(copy: Path) -> None:
    write_model(copy, np.array([[0.05, -0.01], [0.05, -0.01], [0.05, -0.01]]))
    assert not Explainer(copy).explain(picture(), 1).values.any()


@pytest.mark.parametrize(("height", "width", "box"), [
    (40, 80, (0.25, 0.0, 0.5, 1.0)),
    (80, 40, (0.0, 0.25, 1.0, 0.5)),
    (7, 7, (0.0, 0.0, 1.0, 1.0)),
])  # fmt: skip
def test_the_map_lies_over_the_square_that_the_network_sees(
    copy: Path, height: int, width: int, box: tuple[float, ...]
) -> None:
    write_model(copy, np.array([[0.02, 0], [0.02, 0], [0.02, 0.01]]))
    heat = Explainer(copy).explain(picture(height, width), 0)
    assert heat.box == pytest.approx(box, abs=0.01)
    large = heat.over(height, width)
    assert large.shape == (height, width)
    outside = np.ones((height, width), bool)
    top, left = round(box[1] * height), round(box[0] * width)
    outside[top : height - top, left : width - left] = False
    assert not large[outside].any()
    assert large[~outside].any()


def test_a_model_without_a_map_is_explained_by_occlusion_alone(copy: Path) -> None:
    write_model(copy, np.array([[0.001, 0], [0.001, 0], [0.001, 0]]), pooled=False)
    with pytest.raises(BundleError, match="no map of features"):
        Explainer(copy).explain(picture(), 0, ACTIVATION)
    assert Explainer(copy).explain(picture(), 0).values.shape == (module.OCCLUDED, module.OCCLUDED)


def test_leaving_nothing_out_gives_the_models_own_scores(bundle: Path, photos: list[Path]) -> None:
    """The two parts that a model is cut into are together the whole."""
    model = onnx.load(bundle / MODEL_FILE)
    image = read_image(photos[1])
    parts = module._taken_apart(model, image)
    (name,) = parts.names
    cells = parts.places.run([name], {"image": image[np.newaxis]})[0]
    scores = parts.rest.run([LOGITS], {name: cells})[0]
    whole = open_session(module._with_outputs(model, [LOGITS]).SerializeToString())
    np.testing.assert_allclose(scores, whole.run([LOGITS], {"image": image[np.newaxis]})[0], atol=1e-4)


def test_the_overlay_is_the_image_where_nothing_speaks_or_at_no_opacity() -> None:
    image = picture(20, 20)
    heat = HeatMap(np.array([[1, 0], [0, 0]], np.float32), (0.0, 0.0, 1.0, 1.0))
    np.testing.assert_array_equal(overlaid(image, heat, 0.0), image)
    covered = overlaid(image, heat, 1.0)
    np.testing.assert_array_equal(covered[-1, -1], image[-1, -1])
    assert (covered[0, 0] != image[0, 0]).any()


def test_the_worker_and_the_command_give_the_same_map(
    bundle: Path, photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "why.png"
    assert main(["explain", str(bundle), str(photos[0]), "--label", "striped", "--to", str(target), "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert read_image(target).shape == read_image(photos[0]).shape
    service = ModelService()
    try:
        found = service.explain(bundle, photos[0], "striped", lambda event: None, threading.Event())
        with pytest.raises(EngineError, match="no class"):
            service.explain(bundle, photos[0], "zebra", lambda event: None, threading.Event())
    finally:
        service.close()
    np.testing.assert_allclose(found["values"], said["values"], atol=1e-4)
    assert found["box"] == said["box"]


def test_the_image_is_never_written_over(bundle: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    content = photos[0].read_bytes()
    assert main(["explain", str(bundle), str(photos[0]), "--to", str(photos[0])]) == 1
    assert "over the image" in capsys.readouterr().err
    assert photos[0].read_bytes() == content
    assert main(["explain", str(bundle), str(photos[0]), "--to", "x.png", "--label", "zebra"]) == 1
    assert "no class “zebra”" in capsys.readouterr().err
