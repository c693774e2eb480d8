"""The one preprocessing, as an ONNX graph: training cache, preview, server and bundle all run these nodes.

The largest central square is cut out and resized, antialiased, to the network's input; the result is
rounded back to 8 bits, so that every engine can be handed exactly the pixels that the bundle computes.
Cropping before resizing gives the same picture as resizing before cropping, for less work, and bounds the
memory for extreme shapes. Imports onnx: for worker processes and tests only.
"""

from typing import Any

import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

VERSION = 1
OPSET = 18  # the first with antialiased Resize
IR_VERSION = 9
IMAGE = "image"
PIXELS = "pixels"


def preprocess_graph(side: int) -> ModelProto:
    """Build the graph from `image`, uint8 RGB [N, H, W, 3] of any size, to `pixels`, uint8 RGB [N, side, side, 3]."""
    graph = helper.make_graph(
        [*_central_square(), *_resize()],
        "preprocess",
        [helper.make_tensor_value_info(IMAGE, TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", side, side, 3])],
        [
            helper.make_tensor("pre_two", TensorProto.INT64, [1], [2]),
            helper.make_tensor("pre_axes", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("pre_planes", TensorProto.INT64, [3], [3, side, side]),
        ],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="Sightline",
    )
    onnx.checker.check_model(model)
    return model


def preprocessing(side: int) -> dict[str, Any]:
    """Say what the graph does, for programs and people that read of a model instead of running it."""
    return {
        "version": VERSION,
        "inside_model": True,
        "fit": "central square",
        "resize": "linear, antialiased, half-pixel centres",
        "round": "to 8 bits, halves to even",
        "width": side,
        "height": side,
        "colour": "RGB",
    }


def _central_square() -> list[NodeProto]:
    return [
        helper.make_node("Shape", [IMAGE], ["pre_size"], start=1, end=3),
        helper.make_node("ReduceMin", ["pre_size"], ["pre_short"], keepdims=1),
        helper.make_node("Sub", ["pre_size", "pre_short"], ["pre_gap"]),
        helper.make_node("Div", ["pre_gap", "pre_two"], ["pre_start"]),
        helper.make_node("Add", ["pre_start", "pre_short"], ["pre_end"]),
        helper.make_node("Slice", [IMAGE, "pre_start", "pre_end", "pre_axes"], ["pre_square"]),
    ]


def _resize() -> list[NodeProto]:
    # Resized as floats: ONNX Runtime's path for 8-bit images is slower. All four sizes are given, since its
    # transpose optimiser mistakes the pair that `axes` and `keep_aspect_ratio_policy` would allow.
    return [
        helper.make_node("Cast", ["pre_square"], ["pre_float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pre_float"], ["pre_planar"], perm=[0, 3, 1, 2]),
        helper.make_node("Shape", [IMAGE], ["pre_batch"], end=1),
        helper.make_node("Concat", ["pre_batch", "pre_planes"], ["pre_sizes"], axis=0),
        helper.make_node(
            "Resize",
            ["pre_planar", "", "", "pre_sizes"],
            ["pre_resized"],
            mode="linear",
            antialias=1,
            coordinate_transformation_mode="half_pixel",
        ),
        helper.make_node("Round", ["pre_resized"], ["pre_rounded"]),
        helper.make_node("Transpose", ["pre_rounded"], ["pre_interleaved"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["pre_interleaved"], [PIXELS], to=TensorProto.UINT8),
    ]
