"""A bundle whose network is one layer, for measuring what is around a network."""

import hashlib
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from app.dataset.preprocess import IR_VERSION, PIXELS
from app.export.bundle import INFO_FILE, MODEL_FILE, BundleInfo
from app.export.onnx_model import FEATURES, LOGITS, join_model
from app.files import write_bytes, write_json

LABELS = ("blue", "green", "red")
SIDE = 32
OPSET = 18


def light_bundle(folder: Path) -> Path:
    """Write a bundle that tells which colour there is most of, behind the usual preprocessing; return it."""
    model = join_model(_network(), 1.0, {}).SerializeToString()
    folder.mkdir()
    write_bytes(folder / MODEL_FILE, model)
    info = BundleInfo(
        name="light",
        labels=LABELS,
        engine="quick",
        backbone="none",
        created="2026-01-01T00:00:00+00:00",
        version="0",
        temperature=1.0,
        training_images=0,
        training_digest="",
        model_sha256=hashlib.sha256(model).hexdigest(),
    )
    write_json(folder / INFO_FILE, info.to_json())
    return folder


def _network() -> ModelProto:
    weights = np.eye(3, dtype=np.float32)[::-1].copy() / 32
    nodes = [
        helper.make_node("Cast", [PIXELS], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers", "axes"], [FEATURES], keepdims=0),
        helper.make_node("MatMul", [FEATURES, "weights"], [LOGITS]),
    ]
    graph = helper.make_graph(
        nodes,
        "light",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]) for name in (LOGITS, FEATURES)],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
            numpy_helper.from_array(weights, "weights"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
