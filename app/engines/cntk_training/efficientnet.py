"""EfficientNet-Lite0 of CNTK's operations, from weights under the names of the published PyTorch model."""

from typing import Any, Dict, List, Tuple

import cntk as C  # noqa: N812
import numpy as np

PIXEL_CENTRE, PIXEL_SCALE = 127.0, 128.0
EPSILON = 1e-3
TIME_CONSTANT = 500.0  # images after which the running statistics of batch normalisation have mostly followed
HIGHEST = 6.0

Weights = Dict[str, Any]


def efficientnet(weights: Weights, x: Any) -> Any:
    """Map RGB planes [3, S, S], 0 to 255, to the last feature map [1280, h, w].

    `weights["blocks"]` has a row for each block: its stride, whether it expands, whether it adds its input.
    """
    y = _clipped(_norm(weights, "_bn0", _convolution(weights, "_conv_stem", _centred(x), 2)))
    for number, (stride, expands, adds) in enumerate(weights["blocks"].tolist()):
        y = _block(weights, "_blocks.{}.".format(number), y, stride, bool(expands), bool(adds))
    return _clipped(_norm(weights, "_bn1", _convolution(weights, "_conv_head", y)))


def _centred(x: Any) -> Any:
    return (x - PIXEL_CENTRE) * (1 / PIXEL_SCALE)


def _clipped(x: Any) -> Any:
    return C.clip(x, 0, HIGHEST)


def _block(weights: Weights, name: str, x: Any, stride: int, expands: bool, adds: bool) -> Any:
    y = x
    if expands:
        y = _clipped(_norm(weights, name + "_bn0", _convolution(weights, name + "_expand_conv", y)))
    # As many groups as channels: faster than a dense kernel with zeros and than shifted copies (decision 033).
    y = _convolution(weights, name + "_depthwise_conv", y, stride, y.shape[0])
    y = _clipped(_norm(weights, name + "_bn1", y))
    y = _norm(weights, name + "_bn2", _convolution(weights, name + "_project_conv", y))
    return y + x if adds else y


def _convolution(weights: Weights, name: str, x: Any, stride: int = 1, groups: int = 1) -> Any:
    kernel = weights[name + ".weight"]
    size = kernel.shape[-1]
    if size > 1:
        pads = [(0, 0)] + [_same_padding(length, size, stride) for length in x.shape[1:]]
        x = C.pad(x, pads, mode=C.ops.CONSTANT_PAD)
    parameter = _parameter(kernel, name)
    return C.convolution(parameter, x, (stride, stride), auto_padding=[False] * 3, groups=groups)


def _same_padding(length: int, size: int, stride: int) -> Tuple[int, int]:
    """Pad as TensorFlow does: an odd pixel goes right and below."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2


def _norm(weights: Weights, name: str, x: Any) -> Any:
    scale, bias, mean, variance = (
        weights[name + part] for part in (".weight", ".bias", ".running_mean", ".running_var")
    )
    return C.batch_normalization(
        x,
        _parameter(scale, name + ".scale"),
        _parameter(bias, name + ".bias"),
        C.constant(mean),
        C.constant(variance),
        running_count=C.constant(1.0),
        spatial=True,
        normalization_time_constant=TIME_CONSTANT,
        epsilon=EPSILON,
        use_cudnn_engine=False,
    )


def _parameter(values: Any, name: str) -> Any:
    return C.parameter(values.shape, init=np.asarray(values, np.float32), name=name)


def read_weights(path: str) -> Weights:
    """Read the weights that the application wrote."""
    with np.load(path) as stored:
        names: List[str] = list(stored.files)
        return {name: stored[name] for name in names}
