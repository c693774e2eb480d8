"""Fit a whole image into a network's input the way CNTK's image reader did, as an ONNX graph.

For models that were trained elsewhere; Sightline's own are fed by `preprocess`. Sizes, places and interpolation are
those of CNTK's `transforms.scale`: the picture in the middle, resized by OpenCV without antialiasing. Imports onnx.
"""

from dataclasses import dataclass

import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

from app.dataset.preprocess import IMAGE, IR_VERSION, OPSET, PIXELS
from app.dataset.scaling import scaling_nodes, scaling_numbers

LETTERBOX, CROP, STRETCH = "letterbox", "crop", "stretch"
FITS = (LETTERBOX, CROP, STRETCH)  # CNTK calls them pad, crop and fill
GREY = 114
FOUR_SIDES = ["fit_none", "fit_before", "fit_none", "fit_none", "fit_behind", "fit_none"]  # batch, sides, channels


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
    nodes = [*_sizes(), *STEPS[fit.mode]()]
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
        _integers("fit_axes", [1, 2]),
        _integers("fit_none", [0]),
        helper.make_tensor("fit_fill", TensorProto.UINT8, [], [fill]),
        *scaling_numbers(),
    ]


def _integers(name: str, values: list[int]) -> TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def _letterbox() -> list[NodeProto]:
    """Resize the whole picture to fit inside, and fill around it."""
    return [
        *_rounded_share("fit_old", "fit_other_target", "fit_other"),
        helper.make_node("Min", ["fit_share", "fit_target"], ["fit_inside"]),
        helper.make_node("Max", ["fit_inside", "fit_one"], ["fit_size"]),
        *scaling_nodes(IMAGE, "fit_size", "fit_resized"),
        helper.make_node("Sub", ["fit_target", "fit_size"], ["fit_gap"]),
        helper.make_node("Div", ["fit_gap", "fit_two"], ["fit_before"]),
        helper.make_node("Sub", ["fit_gap", "fit_before"], ["fit_behind"]),
        helper.make_node("Concat", FOUR_SIDES, ["fit_pads"], axis=0),
        helper.make_node("Pad", ["fit_resized", "fit_pads", "fit_fill"], [PIXELS]),
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
        helper.make_node("Slice", [IMAGE, "fit_before", "fit_end", "fit_axes"], ["fit_middle"]),
        *scaling_nodes("fit_middle", "fit_target", PIXELS),
    ]


def _stretch() -> list[NodeProto]:
    return scaling_nodes(IMAGE, "fit_target", PIXELS)


def _rounded_share(one: str, factor: str, divisor: str) -> list[NodeProto]:
    """Compute one × factor ÷ divisor for both sides, in whole numbers, rounded: (2 × … + divisor) ÷ (2 × divisor)."""
    return [
        helper.make_node("Mul", [one, factor], ["fit_product"]),
        helper.make_node("Mul", ["fit_product", "fit_two"], ["fit_doubled"]),
        helper.make_node("Add", ["fit_doubled", divisor], ["fit_half_up"]),
        helper.make_node("Mul", [divisor, "fit_two"], ["fit_divisor"]),
        helper.make_node("Div", ["fit_half_up", "fit_divisor"], ["fit_share"]),
    ]


def _sizes() -> list[NodeProto]:
    return [
        helper.make_node("Shape", [IMAGE], ["fit_old"], start=1, end=3),
        helper.make_node("Gather", ["fit_old", "fit_swap"], ["fit_other"]),
    ]


STEPS = {LETTERBOX: _letterbox, CROP: _crop, STRETCH: _stretch}
