"""Write the novelty score into a bundle's graph, as standard operators behind the features. Imports onnx."""

from collections.abc import Sequence

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from app.evaluation.novelty import LEAD, MIDDLE, NEIGHBOURS, SHARPNESS, STEEPNESS, STRAYING, TINY, Novelty
from app.export.bundle import NOVELTY

NODES = "nov_"  # what the names of these nodes begin with
VIEWS = "nov_views"


def add_novelty(model: ModelProto, novelty: Novelty, views: Sequence[str]) -> None:
    """Give a model the further output `novelty` [N], 0 (like a class) to 1 (like none).

    `views` names the features [N, D] that the score looks at: those of one network, or of two side by side.
    """
    graph: GraphProto = model.graph
    constants = {
        "nov_axis": np.array([1], np.int64),
        "nov_tiny": np.array([TINY], np.float32),
        "nov_zero": np.array(0, np.float32),
        "nov_two": np.array([2], np.int64),
        "nov_count": np.array([min(NEIGHBOURS, len(novelty.landmarks))], np.int64),
        "nov_straying": np.array(STRAYING, np.float32),
        "nov_leads": np.array([[LEAD], [-LEAD]], np.float32),  # of the best membership and the second
        "nov_middle": np.array(MIDDLE, np.float32),
        "nov_steepness": np.array(STEEPNESS, np.float32),
        "nov_sharpness": np.array([-SHARPNESS], np.float32),
        "nov_mean": novelty.mean.astype(np.float32),
        "nov_components": novelty.components.astype(np.float32),
        "nov_landmarks": novelty.landmarks.astype(np.float32),
        "nov_squares": (novelty.landmarks**2).sum(axis=1).astype(np.float32),
        "nov_weights": novelty.weights.astype(np.float32),
        "nov_scale": novelty.scale.astype(np.float32),
        "nov_bias": novelty.bias.astype(np.float32),
        "nov_reach": novelty.reach.astype(np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    joined = [] if len(views) == 1 else _side_by_side(views)
    nodes = [*joined, *_rooted(VIEWS if joined else views[0]), *_similarities(), *_straying(), *_score()]
    for number, node in enumerate(nodes):
        node.name = f"{NODES}{number}"
    graph.node.extend(nodes)
    graph.output.append(helper.make_tensor_value_info(NOVELTY, TensorProto.FLOAT, ["batch"]))


def _side_by_side(views: Sequence[str]) -> list[NodeProto]:
    shares = [f"nov_view_{number}" for number in range(len(views))]
    nodes = []
    for view, share in zip(views, shares, strict=True):
        nodes += [*_summed(view, share), helper.make_node("Div", [view, f"{share}_whole"], [share])]
    return [*nodes, helper.make_node("Concat", shares, [VIEWS], axis=1)]


def _summed(features: str, name: str) -> list[NodeProto]:
    """Make `name`_size, the sizes of features, and `name`_whole, their sum, which is never 0."""
    return [
        helper.make_node("Abs", [features], [f"{name}_size"]),
        helper.make_node("ReduceSum", [f"{name}_size", "nov_axis"], [f"{name}_sum"], keepdims=1),
        helper.make_node("Max", [f"{name}_sum", "nov_tiny"], [f"{name}_whole"]),
    ]


def _rooted(features: str) -> list[NodeProto]:
    return [
        *_summed(features, "nov"),
        helper.make_node("Div", ["nov_size", "nov_whole"], ["nov_share"]),
        helper.make_node("Sqrt", ["nov_share"], ["nov_root"]),
        helper.make_node("Sign", [features], ["nov_sign"]),
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


def _straying() -> list[NodeProto]:
    return [
        helper.make_node("TopK", ["nov_distance", "nov_count"], ["nov_near", "nov_neighbours"], axis=1, largest=0),
        helper.make_node("Sqrt", ["nov_near"], ["nov_far"]),
        helper.make_node("ReduceMean", ["nov_far", "nov_axis"], ["nov_away"], keepdims=1),
        helper.make_node("Gather", ["nov_reach", "nov_neighbours"], ["nov_reaches"], axis=0),
        helper.make_node("ReduceMean", ["nov_reaches", "nov_axis"], ["nov_usual"], keepdims=1),
        helper.make_node("Div", ["nov_away", "nov_usual"], ["nov_ratio"]),
        helper.make_node("Mul", ["nov_ratio", "nov_straying"], ["nov_strayed"]),
    ]


def _score() -> list[NodeProto]:
    return [
        helper.make_node("MatMul", ["nov_similar", "nov_weights"], ["nov_memberships"]),
        helper.make_node("Mul", ["nov_memberships", "nov_scale"], ["nov_scaled"]),
        helper.make_node("Add", ["nov_scaled", "nov_bias"], ["nov_like"]),
        helper.make_node("ReduceMax", ["nov_like", "nov_axis"], ["nov_likest"], keepdims=1),
        helper.make_node("TopK", ["nov_memberships", "nov_two"], ["nov_best", "nov_which"], axis=1),
        helper.make_node("MatMul", ["nov_best", "nov_leads"], ["nov_lead"]),
        helper.make_node("Sub", ["nov_strayed", "nov_likest"], ["nov_unlike"]),
        helper.make_node("Sub", ["nov_unlike", "nov_lead"], ["nov_total"]),
        helper.make_node("Sub", ["nov_total", "nov_middle"], ["nov_above"]),
        helper.make_node("Mul", ["nov_above", "nov_steepness"], ["nov_steep"]),
        helper.make_node("Sigmoid", ["nov_steep"], ["nov_column"]),
        helper.make_node("Squeeze", ["nov_column", "nov_axis"], [NOVELTY]),
    ]
