"""Fit a whole image into a network's input the way CNTK's image reader did, as an ONNX graph.

For models that were trained elsewhere; Sightline's own are fed by `preprocess`. Sizes, places and interpolation are
those of CNTK's `transforms.scale`: bilinear without antialiasing, the picture in the middle. Imports onnx.
"""

from dataclasses import dataclass

import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

from app.dataset.preprocess import IMAGE, IR_VERSION, OPSET, PIXELS

LETTERBOX, CROP, STRETCH = "letterbox", "crop", "stretch"
FITS = (LETTERBOX, CROP, STRETCH)  # CNTK calls them pad, crop and fill
GREY = 114


@dataclass(frozen=True)
class Fit:
    """How an image of any size becomes one of `height` × `width`; `fill`, 0 to 255, goes around a letterbox."""

    height: int
    width: int
    mode: str = LETTERBOX
    fill: int = GREY


def fit_graph(fit: Fit) -> ModelProto:
    """Build the graph from `image`, uint8 RGB [N, H, W, 3], to `pixels`, uint8 RGB [N, height, width, 3]."""
    whole = [fit.height, fit.width]
    nodes = [*_planes(), *STEPS[fit.mode](), *_bytes()]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "fit",
        [helper.make_tensor_value_info(IMAGE, TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", *whole, 3])],
        [one for one in _numbers(whole, fit.fill) if one.name in used],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="Sightline",
    )
    onnx.checker.check_model(model)
    return model


def _numbers(target: list[int], fill: int) -> list[TensorProto]:
    return [
        _integers("fit_target", target),
        _integers("fit_other_target", target[::-1]),
        _integers("fit_swap", [1, 0]),
        _integers("fit_one", [1]),
        _integers("fit_two", [2]),
        _integers("fit_three", [3]),
        _integers("fit_axes", [2, 3]),
        _integers("fit_none", [0, 0]),
        helper.make_tensor("fit_fill", TensorProto.FLOAT, [], [fill]),
    ]


def _integers(name: str, values: list[int]) -> TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def _letterbox() -> list[NodeProto]:
    """Resize the whole picture to fit inside, and fill around it."""
    return [
        *_rounded_share("fit_old", "fit_other_target", "fit_other"),
        helper.make_node("Min", ["fit_share", "fit_target"], ["fit_inside"]),
        helper.make_node("Max", ["fit_inside", "fit_one"], ["fit_size"]),
        *_resize("fit_picture"),
        helper.make_node("Sub", ["fit_target", "fit_size"], ["fit_gap"]),
        helper.make_node("Div", ["fit_gap", "fit_two"], ["fit_before"]),
        helper.make_node("Sub", ["fit_gap", "fit_before"], ["fit_behind"]),
        helper.make_node("Concat", ["fit_none", "fit_before", "fit_none", "fit_behind"], ["fit_pads"], axis=0),
        helper.make_node("Pad", ["fit_resized", "fit_pads", "fit_fill"], ["fit_placed"]),
    ]


def _crop() -> list[NodeProto]:
    """Resize the middle of the picture. CNTK cut afterwards, which would need any amount of memory for a strip."""
    return [
        *_rounded_share("fit_other", "fit_target", "fit_other_target"),
        helper.make_node("Min", ["fit_share", "fit_old"], ["fit_inside"]),
        helper.make_node("Max", ["fit_inside", "fit_one"], ["fit_length"]),
        helper.make_node("Sub", ["fit_old", "fit_length"], ["fit_gap"]),
        helper.make_node("Div", ["fit_gap", "fit_two"], ["fit_before"]),
        helper.make_node("Add", ["fit_before", "fit_length"], ["fit_end"]),
        helper.make_node("Slice", ["fit_picture", "fit_before", "fit_end", "fit_axes"], ["fit_middle"]),
        *_stretch("fit_middle"),
    ]


def _stretch(picture: str = "fit_picture") -> list[NodeProto]:
    return [
        helper.make_node("Identity", ["fit_target"], ["fit_size"]),
        *_resize(picture),
        helper.make_node("Identity", ["fit_resized"], ["fit_placed"]),
    ]


def _rounded_share(one: str, factor: str, divisor: str) -> list[NodeProto]:
    """Compute one × factor ÷ divisor for both sides, in whole numbers, rounded: (2 × … + divisor) ÷ (2 × divisor)."""
    return [
        helper.make_node("Mul", [one, factor], ["fit_product"]),
        helper.make_node("Mul", ["fit_product", "fit_two"], ["fit_doubled"]),
        helper.make_node("Add", ["fit_doubled", divisor], ["fit_half_up"]),
        helper.make_node("Mul", [divisor, "fit_two"], ["fit_divisor"]),
        helper.make_node("Div", ["fit_half_up", "fit_divisor"], ["fit_share"]),
    ]


def _planes() -> list[NodeProto]:
    return [
        helper.make_node("Shape", [IMAGE], ["fit_old"], start=1, end=3),
        helper.make_node("Gather", ["fit_old", "fit_swap"], ["fit_other"]),
        helper.make_node("Cast", [IMAGE], ["fit_float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["fit_float"], ["fit_picture"], perm=[0, 3, 1, 2]),
    ]


def _resize(picture: str) -> list[NodeProto]:
    return [
        helper.make_node("Shape", [IMAGE], ["fit_batch"], end=1),
        helper.make_node("Concat", ["fit_batch", "fit_three", "fit_size"], ["fit_sizes"], axis=0),
        helper.make_node(
            "Resize",
            [picture, "", "", "fit_sizes"],
            ["fit_resized"],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        ),
    ]


def _bytes() -> list[NodeProto]:
    return [
        helper.make_node("Round", ["fit_placed"], ["fit_whole"]),
        helper.make_node("Transpose", ["fit_whole"], ["fit_interleaved"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["fit_interleaved"], [PIXELS], to=TensorProto.UINT8),
    ]


STEPS = {LETTERBOX: _letterbox, CROP: _crop, STRETCH: _stretch}
