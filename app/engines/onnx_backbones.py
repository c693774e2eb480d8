"""Feature networks that a user brings as ONNX: checked, and given the input and output that all others have."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, TensorProto, compose, helper, version_converter

from app.dataset.preprocess import IR_VERSION, OPSET
from app.engines.torch_to_onnx import PIXELS
from app.errors import InputError
from app.features.backbones import ONNX, UNKNOWN, Backbone, describe, network_file
from app.features.outputs import FEATURES
from app.files import write_bytes
from app.onnx_sessions import LOAD_ERRORS, open_session

SIDE = 224  # where the network takes any
CENTRE, SCALE = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, which most are trained with
TRIED = 4  # pictures of noise
EXPECTED = "It takes uint8 RGB [N, S, S, 3], or float RGB [N, 3, S, S] normalised by ImageNet, and gives [N, D]."


def add_onnx(name: str, file: Path) -> Backbone:
    """Add a feature network under a name; raises InputError where it is not one."""
    try:
        data = file.read_bytes()
        network = version_converter.convert_version(onnx.load_from_string(data), OPSET)
    except (OSError, ValueError, RuntimeError, DecodeError, onnx.checker.ValidationError) as error:
        raise InputError(f"The file “{file}” is not an ONNX network that can be read.", EXPECTED, str(error)) from error
    try:
        joined, side = _joined(network, split=False)
        features = _tried(joined, side)
        if bool((features < 0).any()):
            joined, side = _joined(network, split=True)
            features = _tried(joined, side)
    except (*LOAD_ERRORS, ValueError, IndexError) as error:
        raise InputError(f"The network in “{file}” gives no features of pictures.", EXPECTED, str(error)) from error
    size = round(len(data) / 1e6, 1)
    backbone = Backbone(name, name, ONNX, hashlib.sha256(data).hexdigest(), side, features.shape[1], UNKNOWN, size)
    write_bytes(network_file(backbone), joined.SerializeToString())
    describe(backbone)
    return backbone


def _joined(network: ModelProto, split: bool) -> tuple[ModelProto, int]:
    """Give a network the input `pixels` and the output `features`; raises ValueError where it is of another kind."""
    network = compose.add_prefix(network, "own_")
    network.ir_version = IR_VERSION
    weights = {one.name for one in network.graph.initializer}
    inputs = [one for one in network.graph.input if one.name not in weights]
    if len(inputs) != 1:
        raise ValueError(f"it has {len(inputs)} inputs")
    shape = [one.dim_value for one in inputs[0].type.tensor_type.shape.dim]
    bytes_in = inputs[0].type.tensor_type.elem_type == TensorProto.UINT8
    if len(shape) != 4 or shape[3 if bytes_in else 1] not in (0, 3):
        raise ValueError(f"its input has the shape {shape}")
    side = _side(*(shape[1:3] if bytes_in else shape[2:4]))
    output = network.graph.output[0]
    rank = len(output.type.tensor_type.shape.dim)
    before, after = _before(side, bytes_in), _after(rank, split)
    joined = compose.merge_models(before, network, io_map=[("before_out", inputs[0].name)])
    joined = compose.merge_models(joined, after, io_map=[(output.name, "after_in")], outputs=[FEATURES])
    joined.ir_version = IR_VERSION
    onnx.checker.check_model(joined)
    return joined, side


def _side(height: int, width: int) -> int:
    """Return the side of the squares that a network takes, 0 being any; raises InputError where it wants no squares."""
    if height and width and height != width:
        raise InputError(
            f"The network takes images of {width} × {height} pixels, and Sightline shows squares to networks.",
            "Export it again with an input that is as wide as it is high.",
        )
    return height or width or SIDE


def _before(side: int, bytes_in: bool) -> ModelProto:
    nodes = [helper.make_node("Identity", [PIXELS], ["before_out"])]
    if not bytes_in:
        nodes = [
            helper.make_node("Cast", [PIXELS], ["before_float"], to=TensorProto.FLOAT),
            helper.make_node("Transpose", ["before_float"], ["before_planes"], perm=[0, 3, 1, 2]),
            helper.make_node("Sub", ["before_planes", "before_centre"], ["before_centred"]),
            helper.make_node("Div", ["before_centred", "before_scale"], ["before_out"]),
        ]
    kind, shape = (TensorProto.UINT8, [side, side, 3]) if bytes_in else (TensorProto.FLOAT, [3, side, side])
    graph = helper.make_graph(
        nodes,
        "before",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", side, side, 3])],
        [helper.make_tensor_value_info("before_out", kind, ["batch", *shape])],
        []
        if bytes_in
        else [
            helper.make_tensor("before_centre", TensorProto.FLOAT, [3, 1, 1], CENTRE),
            helper.make_tensor("before_scale", TensorProto.FLOAT, [3, 1, 1], SCALE),
        ],
    )
    return _model(graph)


def _after(rank: int, split: bool) -> ModelProto:
    """Average over places where there are any, and give what may be negative as positive and negative parts."""
    nodes, last = [], "after_in"
    if rank == 4:
        nodes.append(helper.make_node("GlobalAveragePool", [last], ["after_mean"]))
        last = "after_mean"
    nodes.append(helper.make_node("Flatten", [last], ["after_flat"]))
    if split:
        nodes += [
            helper.make_node("Relu", ["after_flat"], ["after_positive"]),
            helper.make_node("Neg", ["after_flat"], ["after_turned"]),
            helper.make_node("Relu", ["after_turned"], ["after_negative"]),
            helper.make_node("Concat", ["after_positive", "after_negative"], [FEATURES], axis=1),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["after_flat"], [FEATURES]))
    taken = helper.make_tensor_value_info("after_in", TensorProto.FLOAT, [None] * rank)
    given = helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["batch", None])
    return _model(helper.make_graph(nodes, "after", [taken], [given]))


def _model(graph: onnx.GraphProto) -> ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _tried(network: ModelProto, side: int) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (TRIED, side, side, 3), np.uint8)
    session = open_session(network.SerializeToString())
    rows = [session.run([FEATURES], {PIXELS: pixels[place : place + 1]})[0] for place in range(TRIED)]
    features: np.ndarray = np.concatenate(rows)
    if features.ndim != 2 or not np.isfinite(features).all():
        raise ValueError("its answers are not finite numbers")
    return features
