"""The one file of a bundle: preprocessing, network and calibration joined, in standard operators."""

import ast
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.dataset.preprocess import preprocess_graph
from app.evaluation.calibration import softmax
from app.export.bundle import MODEL_FILE
from app.export.onnx_model import head_of, join_model, network_side
from app.onnx_sessions import open_session

SIDE = 4
WIDTH = SIDE * SIDE * 3
CLASSES = 3


@pytest.fixture
def network() -> onnx.ModelProto:
    """Build a network whose features are its pixels: uint8 [N, 4, 4, 3] → logits [N, 3], features [N, 48]."""
    weights = np.random.default_rng(0).normal(0, 0.01, (WIDTH, CLASSES)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["features"], axis=1),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", WIDTH]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES]),
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (1, height, width, 3), np.uint8)


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.0, 20.0])
def test_it_computes_what_its_parts_compute(network: onnx.ModelProto, temperature: float) -> None:
    session = open_session(join_model(network, temperature, {}).SerializeToString())
    prepare = open_session(preprocess_graph(SIDE).SerializeToString())
    parts = open_session(network.SerializeToString())
    for image in (picture(4, 4), picture(9, 5), picture(3, 40), picture(1, 1)):
        logits, features = parts.run(["logits", "features"], {"pixels": prepare.run(["pixels"], {"image": image})[0]})
        answer, raw = session.run(["probabilities", "features"], {"image": image})
        np.testing.assert_allclose(answer, softmax(logits, temperature), atol=1e-5)
        np.testing.assert_array_equal(raw, features)


def test_the_head_alone_takes_features(network: onnx.ModelProto) -> None:
    model = join_model(network, 1.5, {})
    image = picture(8, 8)
    answer, features = open_session(model.SerializeToString()).run(["probabilities", "features"], {"image": image})
    head = open_session(head_of(model).SerializeToString())
    assert [one.name for one in head.get_inputs()] == ["features"]
    np.testing.assert_allclose(head.run(["probabilities"], {"features": features})[0], answer, atol=1e-6)


def test_it_carries_what_it_is_told(network: onnx.ModelProto) -> None:
    told = {"labels": '["ä", "b|c"]', "engine": "quick"}
    model = join_model(network, 1.0, told)
    assert {one.key: one.value for one in model.metadata_props} == told


def test_the_side_is_that_of_the_networks_input(network: onnx.ModelProto) -> None:
    assert network_side(network) == SIDE


def test_the_model_carries_its_labels(bundle: Path) -> None:
    model = onnx.load(bundle / MODEL_FILE)
    metadata = {one.key: one.value for one in model.metadata_props}
    assert json.loads(metadata["labels"]) == ["dotted", "leopard", "striped"]
    assert ast.literal_eval(metadata["names"]) == {0: "dotted", 1: "leopard", 2: "striped"}  # as Ultralytics reads them
    assert ast.literal_eval(metadata["imgsz"]) == [224, 224]
    assert (metadata["task"], int(metadata["stride"]), int(metadata["batch"])) == ("classify", 1, 1)
    assert {"description", "author", "date", "version", "license", "docs", "channels", "args"} <= set(metadata)
    assert [one.name for one in model.graph.input] == ["image"]
    assert [one.name for one in model.graph.output] == ["probabilities", "features", "novelty"]
    assert {node.domain for node in model.graph.node} == {""}
