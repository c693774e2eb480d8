"""Write a model's antialiased Resize in plain operators, for runtimes that leave antialiasing out. Imports onnx.

The same weights as ONNX Runtime's: a triangle as wide as the scale, around half-pixel centres; where it reaches over an
edge, the pixels there are repeated. Rows and columns are resized by a matrix each.
"""

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

AXES = {"rows": 2, "columns": 3}  # of planes [N, 3, H, W]


def with_plain_resize(model: ModelProto) -> ModelProto:
    """Return a model whose antialiased Resize, if it has one, consists of other operators."""
    changed = ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    found = [
        (place, node)
        for place, node in enumerate(graph.node)
        if node.op_type == "Resize" and any(one.name == "antialias" and one.i for one in node.attribute)
    ]
    if not found:  # such as models from elsewhere
        return changed
    ((place, resize),) = found
    side = next(numpy_helper.to_array(one)[1] for one in graph.initializer if one.name == "pre_planes")
    nodes = [*_matrix("rows", resize.input[0]), *_matrix("columns", resize.input[0]), *_products(resize)]
    del graph.node[place]
    for number, node in enumerate(nodes):
        graph.node.insert(place + number, node)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in _numbers(int(side)).items())
    return changed


def _numbers(side: int) -> dict[str, np.ndarray]:
    return {
        "plain_side": np.array(side, np.float32),
        "plain_steps": (np.arange(side, dtype=np.float32) + np.float32(0.5))[:, np.newaxis],
        "plain_half": np.array(0.5, np.float32),
        "plain_one": np.array(1, np.float32),
        "plain_zero": np.array(0, np.float32),
        "plain_few": np.array(2, np.int64),
        "plain_none": np.array(0, np.int64),
        "plain_unit": np.array(1, np.int64),
        "plain_last": np.array([1], np.int64),
    } | {f"plain_{axis}_axis": np.array(number, np.int64) for axis, number in AXES.items()}


def _matrix(axis: str, planes: str) -> list[NodeProto]:
    """Compute `{axis}_weights` [side, length + reach] and which pixel each of its columns belongs to."""

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
        return helper.make_node(operator, inputs, [f"plain_{axis}_{output}"], **attributes)

    def own(*names: str) -> list[str]:
        return [f"plain_{axis}_{name}" for name in names]

    return [
        node("Shape", [planes], "shape"),
        node("Gather", [*own("shape", "axis")], "length", axis=0),
        node("Cast", own("length"), "size", to=TensorProto.FLOAT),
        node("Div", [*own("size"), "plain_side"], "scale"),
        node("Max", [*own("scale"), "plain_one"], "reach"),
        node("Cast", own("reach"), "whole", to=TensorProto.INT64),
        node("Add", [*own("whole"), "plain_few"], "around"),
        node("Neg", own("around"), "first"),
        node("Add", own("length", "around"), "end"),
        node("Range", [*own("first", "end"), "plain_unit"], "places"),
        node("Cast", own("places"), "where", to=TensorProto.FLOAT),
        node("Mul", ["plain_steps", *own("scale")], "middle"),
        node("Sub", [*own("middle"), "plain_half"], "centre"),
        node("Sub", own("where", "centre"), "off"),
        node("Abs", own("off"), "apart"),
        node("Div", own("apart", "reach"), "share"),
        node("Sub", ["plain_one", *own("share")], "slope"),
        node("Max", [*own("slope"), "plain_zero"], "triangle"),
        node("ReduceSum", [*own("triangle"), "plain_last"], "sum", keepdims=1),
        node("Div", own("triangle", "sum"), "weights"),
        node("Sub", [*own("length"), "plain_unit"], "last"),
        node("Max", [*own("places"), "plain_none"], "inner"),
        node("Min", own("inner", "last"), "pixels"),
    ]


def _products(resize: NodeProto) -> list[NodeProto]:
    return [
        helper.make_node("Gather", [resize.input[0], "plain_rows_pixels"], ["plain_tall"], axis=AXES["rows"]),
        helper.make_node("MatMul", ["plain_rows_weights", "plain_tall"], ["plain_low"]),
        helper.make_node("Gather", ["plain_low", "plain_columns_pixels"], ["plain_wide"], axis=AXES["columns"]),
        helper.make_node("Transpose", ["plain_columns_weights"], ["plain_turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["plain_wide", "plain_turned"], [resize.output[0]]),
    ]
