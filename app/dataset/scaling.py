"""OpenCV's bilinear resizing of 8-bit images as ONNX nodes, in its own whole numbers.

CNTK's image reader resized with it. ONNX's Resize gives the same picture up to one grey level in a fifth of the pixels,
which is enough to move a confident network's answer by some percent. Weights have 11 bits; the sums are cut to 16 bits
between the two directions, as `cv2.resize` does. Imports onnx.
"""

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

WEIGHT_ONE = 2048  # 11 bits
FIRST_CUT = 16  # 4 bits, after the columns
SECOND_CUT = 65536  # 16 bits, after the rows
LAST_CUT = 4  # 2 bits, rounded


def scaling_numbers() -> list[TensorProto]:
    """Return the numbers that the nodes need."""
    values = {
        "scale_zero": np.int64(0),
        "scale_step": np.int64(1),
        "scale_half": np.float64(0.5),
        "scale_whole": np.float64(1),
        "scale_float_zero": np.float32(0),
        "scale_float_one": np.float32(1),
        "scale_weight": np.float32(WEIGHT_ONE),
        "scale_divisor_columns": np.int32(FIRST_CUT),
        "scale_divisor_rows": np.int32(SECOND_CUT),
        "scale_rounding": np.int32(LAST_CUT // 2),
        "scale_divisor_end": np.int32(LAST_CUT),
        "scale_row_shape": np.array([-1, 1, 1], np.int64),
        "scale_column_shape": np.array([-1, 1], np.int64),
        "scale_sides": np.array([1, 1], np.int64),
    }
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def scaling_nodes(image: str, size: str, scaled: str) -> list[NodeProto]:
    """Resize `image`, uint8 [N, H, W, 3], to `size`, int64 [height, width], as `scaled`."""
    nodes = [
        helper.make_node("Shape", [image], ["scale_old"], start=1, end=3),
        helper.make_node("Split", ["scale_old", "scale_sides"], ["scale_old_row", "scale_old_column"]),
        helper.make_node("Split", [size, "scale_sides"], ["scale_new_row", "scale_new_column"]),
        *_axis("row"),
        *_axis("column"),
    ]
    for end in ("first", "second"):
        nodes += _columns(image, end)
    return [
        *nodes,
        helper.make_node("Add", ["scale_first_part", "scale_second_part"], ["scale_sum"]),
        helper.make_node("Add", ["scale_sum", "scale_rounding"], ["scale_half_up"]),
        helper.make_node("Div", ["scale_half_up", "scale_divisor_end"], ["scale_grey"]),
        helper.make_node("Cast", ["scale_grey"], [scaled], to=TensorProto.UINT8),
    ]


def _axis(axis: str) -> list[NodeProto]:
    """For every new cell along an axis: the two old cells it lies between, and their weights."""

    def name(part: str) -> str:
        return f"scale_{axis}_{part}"

    old, new = f"scale_old_{axis}", f"scale_new_{axis}"
    return [
        helper.make_node("Squeeze", [new], [name("count")]),
        helper.make_node("Squeeze", [old], [name("length")]),
        helper.make_node("Range", ["scale_zero", name("count"), "scale_step"], [name("cells")]),
        *(
            helper.make_node("Cast", [name(part)], [name(f"{part}_double")], to=TensorProto.DOUBLE)
            for part in ("count", "length", "cells")
        ),
        helper.make_node("Div", [name("count_double"), name("length_double")], [name("ratio")]),
        helper.make_node("Div", ["scale_whole", name("ratio")], [name("factor")]),
        helper.make_node("Add", [name("cells_double"), "scale_half"], [name("middle")]),
        helper.make_node("Mul", [name("middle"), name("factor")], [name("product")]),
        helper.make_node("Sub", [name("product"), "scale_half"], [name("place_double")]),
        helper.make_node("Cast", [name("place_double")], [name("place")], to=TensorProto.FLOAT),
        helper.make_node("Floor", [name("place")], [name("floor")]),
        helper.make_node("Sub", [name("length"), "scale_step"], [name("last")]),
        helper.make_node("Cast", [name("last")], [name("last_float")], to=TensorProto.FLOAT),
        helper.make_node("Less", [name("floor"), name("last_float")], [name("before_end")]),
        helper.make_node("GreaterOrEqual", [name("floor"), "scale_float_zero"], [name("after_start")]),
        helper.make_node("And", [name("before_end"), name("after_start")], [name("inside")]),
        helper.make_node("Sub", [name("place"), name("floor")], [name("fraction")]),
        helper.make_node("Where", [name("inside"), name("fraction"), "scale_float_zero"], [name("share")]),
        helper.make_node("Clip", [name("floor"), "scale_float_zero", name("last_float")], [name("first_float")]),
        helper.make_node("Cast", [name("first_float")], [name("first")], to=TensorProto.INT64),
        helper.make_node("Add", [name("first"), "scale_step"], [name("next")]),
        helper.make_node("Min", [name("next"), name("last")], [name("second")]),
        helper.make_node("Sub", ["scale_float_one", name("share")], [name("rest")]),
        *_weight(axis, name("rest"), name("first_weight")),
        *_weight(axis, name("share"), name("second_weight")),
    ]


def _weight(axis: str, share: str, weight: str) -> list[NodeProto]:
    return [
        helper.make_node("Mul", [share, "scale_weight"], [f"{weight}_exact"]),
        helper.make_node("Round", [f"{weight}_exact"], [f"{weight}_rounded"]),
        helper.make_node("Cast", [f"{weight}_rounded"], [f"{weight}_whole"], to=TensorProto.INT32),
        helper.make_node("Reshape", [f"{weight}_whole", f"scale_{axis}_shape"], [weight]),
    ]


def _columns(image: str, end: str) -> list[NodeProto]:
    """Take the rows at one end of the new ones, resize them sideways, and weigh them."""

    def name(part: str) -> str:
        return f"scale_{end}_{part}"

    return [
        helper.make_node("Gather", [image, f"scale_row_{end}"], [name("rows")], axis=1),
        *(
            node
            for side in ("first", "second")
            for node in (
                helper.make_node("Gather", [name("rows"), f"scale_column_{side}"], [name(side)], axis=2),
                helper.make_node("Cast", [name(side)], [name(f"{side}_grey")], to=TensorProto.INT32),
                helper.make_node(
                    "Mul", [name(f"{side}_grey"), f"scale_column_{side}_weight"], [name(f"{side}_weighed")]
                ),
            )
        ),
        helper.make_node("Add", [name("first_weighed"), name("second_weighed")], [name("sideways")]),
        helper.make_node("Div", [name("sideways"), "scale_divisor_columns"], [name("cut")]),
        helper.make_node("Mul", [name("cut"), f"scale_row_{end}_weight"], [name("weighed")]),
        helper.make_node("Div", [name("weighed"), "scale_divisor_rows"], [name("part")]),
    ]
