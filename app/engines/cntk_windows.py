"""CNTK's convolution, pooling and batch normalisation as ONNX nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engines.cntk_model import Function
from app.engines.cntk_tensors import GraphWriter, Tensor, Unsupported

UNKNOWN = (1 << 64) - 2  # the size of a shape that was not known yet
POOLINGS = {0: "MaxPool", 1: "AveragePool"}


@dataclass(frozen=True)
class Window:
    """How a window moves along one axis: `low` and `high` are added cells, or cells left out where negative."""

    kernel: int
    stride: int
    dilation: int
    low: int
    high: int
    count: int


def window(
    size: int, kernel: int, stride: int, dilation: int, automatic: bool, low: int, high: int, ceil: bool = False
) -> Window:
    """Compute where CNTK puts its windows along an axis of `size` cells.

    With automatic padding there are size ÷ stride windows, rounded up, and the cells that are over are divided between
    both ends, before which lies half of the kernel (`ConvolveGeometry` in CNTK). That is neither of ONNX's two ways.
    """
    span = (kernel - 1) * dilation + 1
    if automatic:
        count = (size - 1) // stride + 1
        over = size - ((count - 1) * stride + 1)
        low = (span - 1) // 2 - over // 2
    else:
        room = size + low + high - span
        count = (-(-room // stride) if ceil else room // stride) + 1
    return Window(kernel, stride, dilation, low, (count - 1) * stride + span - size - low, count)


def convolution(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    """Write a convolution with parameters [out, in ÷ groups, …]."""
    kernel, image = inputs
    attributes = function.attributes
    if attributes.get("transpose") or attributes.get("sequential"):
        raise Unsupported("Convolution", "backwards (transposed)" if attributes.get("transpose") else "over sequences")
    if not all(attributes.get("sharing", [True])):
        raise Unsupported("Convolution", "with other numbers at every place (not shared)")
    groups = attributes.get("groups", 1)
    axes = len(image.shape) - 1
    if len(kernel.shape) == len(image.shape) and kernel.shape[0] == image.shape[0] == 1:
        kernel = writer.reshape(kernel, (1, *kernel.shape))  # one channel each way, which CNTK leaves out
    if kernel.value is None or axes < 1 or kernel.value.ndim != axes + 2 or kernel.shape[1] * groups != image.shape[0]:
        raise Unsupported("Convolution", f"with a kernel of {kernel.shape} on an image of {image.shape}")
    windows = _windows(image.shape[1:], kernel.shape[2:], attributes)
    image = _cropped(writer, image, windows)
    shape = (kernel.shape[0], *(one.count for one in windows))
    dilations = [one.dilation for one in windows]
    names = [image.name, kernel.name]
    return writer.node("Conv", names, shape, True, group=groups, dilations=dilations, **_attributes(windows))


def pooling(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    """Write a maximum or an average over windows."""
    image = inputs[0]
    attributes = function.attributes
    axes = len(image.shape) - 1
    sizes = attributes["poolingWindowShape"]
    if UNKNOWN in sizes:  # the whole image
        sizes = image.shape[1:]
    if attributes["poolingType"] not in POOLINGS or not axes <= len(sizes) <= axes + 1 or np.prod(sizes[:-axes]) != 1:
        raise Unsupported("Pooling", f"of kind {attributes['poolingType']} with a window of {sizes}")
    windows = _windows(image.shape[1:], sizes[-axes:], attributes)
    image = _cropped(writer, image, windows)
    shape = (image.shape[0], *(one.count for one in windows))
    operation = POOLINGS[attributes["poolingType"]]
    moves = _attributes(windows)
    if operation == "AveragePool":
        moves["count_include_pad"] = int(attributes.get("includePad", False))
    return writer.node(operation, [image.name], shape, True, **moves)


def batch_normalization(writer: GraphWriter, function: Function, inputs: Sequence[Tensor]) -> Tensor:
    """Write a normalisation by the running mean and variance, per channel or per element."""
    image = inputs[0]
    numbers = [one.value for one in inputs[1:5]]
    if any(one is None for one in numbers):
        raise Unsupported("BatchNormalization", "with computed parameters")
    scale, bias, mean, variance = (np.asarray(one, np.float64).ravel() for one in numbers)
    factor = scale / np.sqrt(variance + function.attributes["epsilon"])
    shape = image.shape
    if function.attributes["spatial"]:
        shape = (image.shape[0],) + (1,) * (len(image.shape) - 1)
    return _scaled(writer, image, factor.reshape(shape), (bias - mean * factor).reshape(shape))


def _scaled(writer: GraphWriter, image: Tensor, factor: NDArray[Any], offset: NDArray[Any]) -> Tensor:
    product = writer.elementwise("Mul", [image, writer.constant(factor)])
    return writer.elementwise("Add", [product, writer.constant(offset)])


def _windows(sizes: Sequence[int], kernel: Sequence[int], attributes: Mapping[str, Any]) -> list[Window]:
    def per_axis(name: str, default: Any, backwards: bool = False) -> list[Any]:
        """Take the last axes of an attribute, which is one value for all of them or has one for each."""
        value = attributes.get(name) or [default]
        values = [value] if isinstance(value, bool) else list(value)
        if len(values) == 1:
            return values * len(sizes)
        if len(values) < len(sizes):
            raise Unsupported("Convolution or Pooling", f"with {name} {values} on an image of {tuple(sizes)}")
        return (values[::-1] if backwards else values)[-len(sizes) :]

    columns = (
        per_axis("strides", 1),
        per_axis("dilation", 1),
        per_axis("autoPadding", False, backwards=True),
        per_axis("lowerPad", 0),
        per_axis("upperPad", 0),
        per_axis("ceilOutDim", False),
    )
    return [window(*of_axis) for of_axis in zip(sizes, kernel, *columns, strict=True)]


def _attributes(windows: Sequence[Window]) -> dict[str, Any]:
    return {
        "kernel_shape": [one.kernel for one in windows],
        "strides": [one.stride for one in windows],
        "pads": [max(0, one.low) for one in windows] + [max(0, one.high) for one in windows],
    }


def _cropped(writer: GraphWriter, image: Tensor, windows: Sequence[Window]) -> Tensor:
    """Leave out the cells before the first window; those behind the last one are never reached."""
    starts = [max(0, -one.low) for one in windows]
    if not any(starts):
        return image
    ends = list(image.shape[1:])
    axes = list(range(2, 2 + len(starts)))
    names = [image.name, *(writer.integers(values) for values in (starts, ends, axes))]
    shape = (image.shape[0], *(end - start for start, end in zip(starts, ends, strict=True)))
    return writer.node("Slice", names, shape)
