"""Maps of real networks: Grad-CAM by numerical gradients, and converted models of CNTK."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper

from app.dataset.decode import read_image
from app.export import explaining as module
from app.export.bundle import MODEL_FILE
from app.export.cntk_bundle import Conversion, convert_cntk
from app.export.explaining import Explainer
from app.export.field_of_view import FieldOfView
from app.export.heat_methods import ACTIVATION, OCCLUSION
from app.features.outputs import FEATURES, LOGITS

STEP = 0.01
CHANNELS_AT_ONCE = 128


def with_linear_head(model: ModelProto, classes: int) -> None:
    """Put a linear layer behind the features, as fine-tuned networks have it."""
    width = next(output for output in model.graph.output if output.name == FEATURES).type.tensor_type.shape.dim[1]
    weights = np.random.default_rng(0).normal(0, 1, (width.dim_value, classes)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weights, "linear"))
    old = next(node for node in model.graph.node if LOGITS in node.output)
    model.graph.node.insert(
        list(model.graph.node).index(old), helper.make_node("MatMul", [FEATURES, "linear"], [LOGITS])
    )
    model.graph.node.remove(old)


def grad_cam(model: ModelProto, image: NDArray[np.uint8], label: int) -> NDArray[np.float32]:
    """Weigh the last feature map's channels by their mean gradients, taken numerically (Selvaraju et al., 2017)."""
    parts = module._taken_apart(model, image)
    (name,) = parts.names
    cells = parts.places.run([name], {"image": image[np.newaxis]})[0]

    def scores(changes: NDArray[np.float32]) -> NDArray[np.float32]:
        moved: NDArray[np.float32] = parts.rest.run([LOGITS], {name: cells + changes})[0][:, label]
        return moved

    gradients = []
    for first in range(0, cells.shape[1], CHANNELS_AT_ONCE):
        channels = np.arange(first, min(first + CHANNELS_AT_ONCE, cells.shape[1]))
        changes = np.zeros((len(channels), *cells.shape[1:]), np.float32)
        changes[np.arange(len(channels)), channels] = STEP
        gradients.append((scores(changes) - scores(np.zeros_like(changes[:1]))) / STEP)
    weighed = np.einsum("k,krc->rc", np.concatenate(gradients), cells[0])
    positive = np.maximum(weighed, 0)
    return np.asarray(positive / positive.max(), np.float32)


def test_behind_a_linear_head_the_map_of_a_real_network_is_grad_cam(copy: Path, photos: list[Path]) -> None:
    model = onnx.load(copy / MODEL_FILE)
    with_linear_head(model, 3)
    (copy / MODEL_FILE).write_bytes(model.SerializeToString())
    for label, photo in enumerate(photos[:3]):
        image = read_image(photo)
        found = Explainer(copy).explain(image, label, ACTIVATION)
        np.testing.assert_allclose(found.values, grad_cam(model, image, label), atol=0.02)


def test_behind_the_quick_engines_head_the_map_is_close_to_grad_cam(bundle: Path, photos: list[Path]) -> None:
    model = onnx.load(bundle / MODEL_FILE)
    for label, photo in enumerate(photos[:3]):
        image = read_image(photo)
        found = Explainer(bundle).explain(image, label, ACTIVATION)
        assert np.corrcoef(found.values.ravel(), grad_cam(model, image, label).ravel())[0, 1] > 0.9


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("dotted\nstriped\nleopard\nplain\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("fit", "box"), [
    ("letterbox", (0.0, -0.5, 1.0, 2.0)),
    ("crop", (0.25, 0.0, 0.5, 1.0)),
    ("stretch", (0.0, 0.0, 1.0, 1.0)),
])  # fmt: skip
def test_a_converted_model_is_explained_over_what_it_sees(
    stored_models: Path, labels: Path, tmp_path: Path, fit: str, box: tuple[float, ...]
) -> None:
    converted = convert_cntk(Conversion(stored_models / "residual.model", labels, fit=fit), tmp_path / "bundles")
    model = onnx.load(converted.bundle / MODEL_FILE)
    shape = next(one for one in onnx.shape_inference.infer_shapes(model).graph.value_info if one.name == "pixels")
    tall, wide = (size.dim_value for size in shape.type.tensor_type.shape.dim[1:3])
    image = np.random.default_rng(2).integers(0, 256, (10 * tall, 20 * wide, 3), np.uint8)
    assert FieldOfView(model).box(image) == pytest.approx(box, abs=0.06)
    heat = Explainer(converted.bundle).explain(image, 1)
    assert heat.values.shape != (module.OCCLUDED, module.OCCLUDED)  # not by occlusion
    assert heat.over(*image.shape[:2]).shape == image.shape[:2]


def test_the_maps_of_a_converted_model_change_when_its_weights_are_randomised(
    stored_models: Path, labels: Path, tmp_path: Path
) -> None:
    bundle = convert_cntk(Conversion(stored_models / "residual.model", labels), tmp_path / "bundles").bundle
    image = np.random.default_rng(2).integers(0, 256, (60, 50, 3), np.uint8)
    before = {method: maps(bundle, image, method) for method in (ACTIVATION, OCCLUSION)}
    model = onnx.load(bundle / MODEL_FILE)
    random = np.random.default_rng(0)
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.float32 and value.ndim > 1:
            shuffled = random.permutation(value.reshape(-1)).reshape(value.shape)
            tensor.CopyFrom(numpy_helper.from_array(shuffled, tensor.name))
    (bundle / MODEL_FILE).write_bytes(model.SerializeToString())
    for method, values in before.items():
        assert np.abs(values - maps(bundle, image, method)).max() > 0.2


def maps(bundle: Path, image: NDArray[np.uint8], method: str) -> NDArray[np.float32]:
    """Return the maps of all classes [classes, rows, columns]."""
    explainer = Explainer(bundle)
    return np.stack([explainer.explain(image, label, method).values for label in range(len(explainer.info.labels))])
