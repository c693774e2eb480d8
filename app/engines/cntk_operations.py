"""CNTK's operations as ONNX nodes: one function for each, and the table of them."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from onnx import TensorProto

from app.engines.cntk_model import Function
from app.engines.cntk_tensors import GraphWriter, Tensor, Unsupported, static_axis
from app.engines.cntk_windows import batch_normalization, convolution, pooling

Writes = Callable[[GraphWriter, Function, Sequence[Tensor]], Tensor]

INFERRED = (1 << 64) - 1  # a size to be computed from the others
REDUCTIONS = {
    "Sum": "ReduceSum",
    "Mean": "ReduceMean",
    "Max": "ReduceMax",
    "Min": "ReduceMin",
    "Prod": "ReduceProd",
    "LogSum": "ReduceLogSumExp",
}
ALL_STATIC_AXES = "AllStaticAxes"
PADDINGS = {0: "constant", 1: "reflect"}


def _elementwise(operation: str, writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    return writer.elementwise(operation, inputs)


def _comparison(operation: str, writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    answer = writer.elementwise(operation, inputs)
    return writer.node("Cast", [answer.name], answer.shape, answer.batched, to=TensorProto.FLOAT)


def _same(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0]


def _select(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    same, shape, batched = writer.aligned(inputs)
    condition = writer.node("Cast", [same[0].name], same[0].shape, same[0].batched, to=TensorProto.BOOL)
    return writer.node("Where", [condition.name, same[1].name, same[2].name], shape, batched)


def _clip(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    values, low, high = inputs
    if low.value is not None and high.value is not None and low.value.size == high.value.size == 1:
        limits = [writer.reshape(one, ()).name for one in (low, high)]
        return writer.node("Clip", [values.name, *limits], values.shape, values.batched)
    return writer.elementwise("Min", [writer.elementwise("Max", [values, low]), high])


def _log_plus(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    difference = writer.elementwise("Sub", [inputs[1], inputs[0]])
    return writer.elementwise("Add", [inputs[0], writer.elementwise("Softplus", [difference])])


def _softmax(operation: str, writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    """Write CNTK's primitive softmax, which is over the whole sample; that over an axis is a block of other ones."""
    flat = writer.reshape(inputs[0], (int(np.prod(inputs[0].shape)),))
    answer = writer.node(operation, [flat.name], flat.shape, flat.batched, axis=-1)
    return writer.reshape(answer, inputs[0].shape)


def _times(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    """Multiply the last axes of the second operand with the first ones of the first, which is a parameter."""
    matrix, values = inputs
    outputs = function.attributes.get("outputRank", 1)
    if matrix.value is None or not 0 < len(matrix.shape) - outputs <= len(values.shape):
        raise Unsupported("Times", f"of values of {matrix.shape} and {values.shape}")
    inner, outer = matrix.shape[: len(matrix.shape) - outputs], matrix.shape[len(matrix.shape) - outputs :]
    rest = values.shape[: len(values.shape) - len(inner)]
    if values.shape[len(rest) :] != inner:
        raise Unsupported("Times", f"of values of {matrix.shape} and {values.shape}")
    rows, columns = int(np.prod(inner)), int(np.prod(outer))
    flat = writer.reshape(values, (*rest, rows))
    weights = writer.reshape(matrix, (rows, columns))
    product = writer.node("MatMul", [flat.name, weights.name], (*rest, columns), values.batched)
    return writer.reshape(product, (*rest, *outer))


def _reshape(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    shape = inputs[0].shape
    rank = len(shape)
    begin, end = (function.attributes.get(name) for name in ("beginAxis", "endAxis"))
    first = 0 if end is None else rank - _bounded(end.index, rank)
    last = rank if begin is None else rank - _bounded(begin.index, rank)
    old, new = shape[first:last], [int(size) for size in function.attributes["newShape"]]
    if INFERRED in new:
        known = int(np.prod([size for size in new if size != INFERRED], dtype=int))
        new[new.index(INFERRED)] = int(np.prod(old, dtype=int)) // known
    return writer.reshape(inputs[0], (*shape[:first], *new, *shape[last:]))


def _bounded(index: int, rank: int) -> int:
    """Count an axis from the last; CNTK's marks for "behind the first axis" are huge."""
    return min(index + rank if index < 0 else index, rank)


def _squeeze(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    shape = inputs[0].shape
    axes = function.attributes.get("axisVec")
    dropped = {static_axis(axis, len(shape), "Squeeze") for axis in axes} if axes else range(len(shape))
    kept = [size for axis, size in enumerate(shape) if size != 1 or axis not in dropped]
    return writer.reshape(inputs[0], kept)


def _splice(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    axis = function.attributes["axis"]
    rank = max(len(one.shape) for one in inputs)
    if axis.index == rank:  # a new axis before the others
        parts = [writer.reshape(one, (1, *one.shape)) for one in inputs]
        rank += 1
    else:
        parts = list(inputs)
    place = static_axis(axis, rank, "Splice")
    if any(not one.batched or len(one.shape) != rank for one in parts):
        raise Unsupported("Splice", "of values of different kinds")
    shape = list(parts[0].shape)
    shape[place] = sum(one.shape[place] for one in parts)
    return writer.node("Concat", [one.name for one in parts], shape, axis=place + 1)


def _slice(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    values = inputs[0]
    attributes = function.attributes
    if "axisVec" in attributes:
        named = [attributes[name] for name in ("axisVec", "beginIndexVec", "endIndexVec", "sliceStridesVec")]
    else:
        named = [[attributes[name]] for name in ("axis", "beginIndex", "endIndex", "sliceStrides")]
    shape = list(values.shape)
    cuts = []
    for axis, begin, end, stride in zip(*named, strict=True):
        place = static_axis(axis, len(shape), "Slice")
        size = shape[place]
        begin, end = (begin + size if begin < 0 else begin), (end + size if end <= 0 else end)
        shape[place] = len(range(size)[begin:end:stride]) if stride > 0 else 0
        if not shape[place]:
            raise Unsupported("Slice", f"backwards, or of nothing (from {begin} to {end}, by {stride})")
        cuts.append((begin, end, place + int(values.batched), stride))
    names = [writer.integers(column) for column in zip(*cuts, strict=True)]
    return writer.node("Slice", [values.name, *names], shape, values.batched)


def _transpose(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    values = inputs[0]
    rank = len(values.shape)
    attributes = function.attributes
    if "axisVec" in attributes:
        order = [static_axis(axis, rank, "TransposeAxes") for axis in reversed(attributes["axisVec"])]
    else:
        order = list(range(rank))
        one, other = (static_axis(attributes[name], rank, "TransposeAxes") for name in ("axis1", "axis2"))
        order[one], order[other] = other, one
    before = int(values.batched)
    full = [*range(before), *(axis + before for axis in order)]
    return writer.node("Transpose", [values.name], [values.shape[axis] for axis in order], values.batched, perm=full)


def _reduce(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    values = inputs[0]
    attributes = function.attributes
    rank = len(values.shape)
    named = attributes.get("axisVec") or [attributes["axis"]]
    if any(axis.name.startswith(ALL_STATIC_AXES) for axis in named):
        axes = list(range(rank))
    else:
        axes = [static_axis(axis, rank, "ReduceElements") for axis in named]
    operation = REDUCTIONS.get(attributes["reductionOpName"])
    if operation is None:
        raise Unsupported("ReduceElements", f"of kind {attributes['reductionOpName']}")
    keep = bool(attributes.get("reductionKeepDimensions", True))
    shape = [1 if axis in axes else size for axis, size in enumerate(values.shape) if keep or axis not in axes]
    places = writer.integers([axis + int(values.batched) for axis in axes])
    return writer.node(operation, [values.name, places], shape, values.batched, keepdims=int(keep))


def _pad(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    values = inputs[0]
    attributes = function.attributes
    head, foot = (list(reversed(attributes[name])) for name in ("paddingHead", "paddingFoot"))
    mode = PADDINGS.get(attributes["paddingMode"])
    if mode is None:
        raise Unsupported("Pad", "by mirror images")
    shape = [size + before + behind for size, before, behind in zip(values.shape, head, foot, strict=True)]
    batch = [0] if values.batched else []
    amounts = writer.integers([*batch, *head, *batch, *foot])
    filling = writer.constant(np.array(attributes["paddingConstantValue"]))
    return writer.node("Pad", [values.name, amounts, filling.name], shape, values.batched, mode=mode)


WRITERS: dict[str, Writes] = {
    **{
        name: partial(_elementwise, operation)
        for name, operation in {
            "Negate": "Neg",
            "Sigmoid": "Sigmoid",
            "StableSigmoid": "Sigmoid",
            "Tanh": "Tanh",
            "ReLU": "Relu",
            "ELU": "Elu",
            "Exp": "Exp",
            "Log": "Log",
            "Sqrt": "Sqrt",
            "Floor": "Floor",
            "Abs": "Abs",
            "Reciprocal": "Reciprocal",
            "Plus": "Add",
            "Minus": "Sub",
            "ElementTimes": "Mul",
            "Pow": "Pow",
        }.items()
    },
    "Less": partial(_comparison, "Less"),
    "LessEqual": partial(_comparison, "LessOrEqual"),
    "Greater": partial(_comparison, "Greater"),
    "GreaterEqual": partial(_comparison, "GreaterOrEqual"),
    **dict.fromkeys(("Dropout", "Pass", "NoOp", "StopGradient"), _same),
    "Select": _select,
    "Clip": _clip,
    "LogPlus": _log_plus,
    "Softmax": partial(_softmax, "Softmax"),
    "LogSoftmax": partial(_softmax, "LogSoftmax"),
    "Times": _times,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Splice": _splice,
    "Slice": _slice,
    "TransposeAxes": _transpose,
    "ReduceElements": _reduce,
    "Pad": _pad,
    "Convolution": convolution,
    "Pooling": pooling,
    "BatchNormalization": batch_normalization,
}
