"""Write the novelty score into a bundle's graph, as standard operators behind `features`. Imports onnx."""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from app.evaluation.novelty import NOTHING_ALIKE, SHARPNESS, TINY, Novelty
from app.export.bundle import NOVELTY

FEATURES = "features"
NODES = "nov_"  # what the names of these nodes begin with


def add_novelty(model: ModelProto, novelty: Novelty) -> None:
    """Give a model with `features` [N, D] the further output `novelty` [N], 0 (like a class) to 1 (like none)."""
    graph: GraphProto = model.graph
    constants = {
        "nov_axis": np.array([1], np.int64),
        "nov_tiny": np.array([TINY], np.float32),
        "nov_zero": np.array(0, np.float32),
        "nov_one": np.array(1, np.float32),
        "nov_nothing": np.array(NOTHING_ALIKE, np.float32),
        "nov_sharpness": np.array([-SHARPNESS], np.float32),
        "nov_mean": novelty.mean.astype(np.float32),
        "nov_components": novelty.components.astype(np.float32),
        "nov_landmarks": novelty.landmarks.astype(np.float32),
        "nov_squares": (novelty.landmarks**2).sum(axis=1).astype(np.float32),
        "nov_weights": novelty.weights.astype(np.float32),
        "nov_bias": novelty.bias.astype(np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    nodes = [*_rooted(), *_similarities(), *_score()]
    for number, node in enumerate(nodes):
        node.name = f"{NODES}{number}"
    graph.node.extend(nodes)
    graph.output.append(helper.make_tensor_value_info(NOVELTY, TensorProto.FLOAT, ["batch"]))


def _rooted() -> list[NodeProto]:
    return [
        helper.make_node("Abs", [FEATURES], ["nov_size"]),
        helper.make_node("ReduceSum", ["nov_size", "nov_axis"], ["nov_sum"], keepdims=1),
        helper.make_node("Max", ["nov_sum", "nov_tiny"], ["nov_total"]),
        helper.make_node("Div", ["nov_size", "nov_total"], ["nov_share"]),
        helper.make_node("Sqrt", ["nov_share"], ["nov_root"]),
        helper.make_node("Sign", [FEATURES], ["nov_sign"]),
        helper.make_node("Mul", ["nov_root", "nov_sign"], ["nov_signed"]),
        helper.make_node("Sub", ["nov_signed", "nov_mean"], ["nov_centred"]),
    ]


def _similarities() -> list[NodeProto]:
    return [
        helper.make_node("Gemm", ["nov_centred", "nov_components"], ["nov_projected"], transB=1),
        helper.make_node(
            "Gemm", ["nov_projected", "nov_landmarks", "nov_squares"], ["nov_crossed"], alpha=-2.0, transB=1
        ),
        helper.make_node("Mul", ["nov_centred", "nov_centred"], ["nov_each"]),
        helper.make_node("ReduceSum", ["nov_each", "nov_axis"], ["nov_own"], keepdims=1),
        helper.make_node("Add", ["nov_crossed", "nov_own"], ["nov_apart"]),
        helper.make_node("Max", ["nov_apart", "nov_zero"], ["nov_distance"]),
        helper.make_node("Mul", ["nov_distance", "nov_sharpness"], ["nov_exponent"]),
        helper.make_node("Exp", ["nov_exponent"], ["nov_similar"]),
    ]


def _score() -> list[NodeProto]:
    return [
        helper.make_node("Gemm", ["nov_similar", "nov_weights", "nov_bias"], ["nov_memberships"]),
        helper.make_node("ReduceMax", ["nov_memberships", "nov_axis"], ["nov_best"], keepdims=0),
        helper.make_node("Sub", ["nov_nothing", "nov_best"], ["nov_raw"]),
        helper.make_node("Clip", ["nov_raw", "nov_zero", "nov_one"], [NOVELTY]),
    ]
