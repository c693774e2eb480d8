"""EfficientNet-Lite in plain PyTorch, loading the published ImageNet weights.

Architecture: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (ICML 2019), in the Lite variant (no squeeze-and-excite, ReLU6), as published in
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
The attribute names follow the keys of the published state dictionaries.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.engines.tunable import Tunable

BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.01
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
CHANNEL_MULTIPLE = 8


class Stage(NamedTuple):
    """One row of the EfficientNet-B0 table: blocks that share a shape."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels_in: int
    channels_out: int


STAGES = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)
UPPER_STAGE = 5  # what the stages below see is general, and two thirds of all work is theirs


class SameConv2d(nn.Conv2d):
    """A bias-free convolution padded as TensorFlow's "same": an odd pixel goes right and below."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1):
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x` [N, C, H, W] to [N, C', ceil(H / stride), ceil(W / stride)]."""
        if self.stride[0] > 1:
            top, bottom = same_padding(int(x.shape[2]), self.kernel_size[0], self.stride[0])
            left, right = same_padding(int(x.shape[3]), self.kernel_size[1], self.stride[1])
            x = functional.pad(x, (left, right, top, bottom))
        return super().forward(x)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Give the pixels to add before and after an axis of `size` pixels."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)


class MBConvBlock(nn.Module):
    """Inverted residual: expand 1x1, filter depthwise, project 1x1, add the input where shapes agree."""

    def __init__(self, kernel: int, stride: int, expansion: int, channels_in: int, channels_out: int):
        super().__init__()
        expanded = channels_in * expansion
        self.expands = expansion != 1
        self.adds_input = stride == 1 and channels_in == channels_out
        if self.expands:
            self._expand_conv = SameConv2d(channels_in, expanded, 1)
            self._bn0 = _batch_norm(expanded)
        self._depthwise_conv = SameConv2d(expanded, expanded, kernel, stride=stride, groups=expanded)
        self._bn1 = _batch_norm(expanded)
        self._project_conv = SameConv2d(expanded, channels_out, 1)
        self._bn2 = _batch_norm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C_in, H, W] to [N, C_out, ceil(H / stride), ceil(W / stride)]."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds_input else y


class EfficientNetLite(Tunable):
    """The feature extractor, without the ImageNet classifier; features are at least 0 and at most 6."""

    centre = (127.0,) * 3
    scale = (128.0,) * 3

    def __init__(self, width: float = 1.0, depth: float = 1.0):
        super().__init__()
        self._conv_stem = SameConv2d(3, STEM_CHANNELS, 3, stride=2)
        self._bn0 = _batch_norm(STEM_CHANNELS)
        self._blocks = nn.ModuleList(_blocks(width, depth))
        self._conv_head = SameConv2d(scaled_channels(STAGES[-1].channels_out, width), HEAD_CHANNELS, 1)
        self._bn1 = _batch_norm(HEAD_CHANNELS)

        self._lower_blocks = _block_count(STAGES[:UPPER_STAGE], depth)

    @property
    def lower_layers(self) -> int:
        """Return how many of the layers are `lower`'s."""
        return 1 + self._lower_blocks

    def lower(self, x: Tensor) -> Tensor:
        """Map normalised RGB [N, 3, H, W] to what leaves the lower blocks [N, C, H / 16, W / 16]."""
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks[: self._lower_blocks]:
            x = block(x)
        return x

    def maps(self, x: Tensor) -> Tensor:
        """Map what left the lower blocks [N, C, H / 16, W / 16] to maps [N, 1280, H / 32, W / 32]."""
        for block in self._blocks[self._lower_blocks :]:
            x = block(x)
        return functional.relu6(self._bn1(self._conv_head(x)))

    def pooled(self, maps: Tensor) -> Tensor:
        """Map maps [N, 1280, h, w] to features [N, 1280], their means."""
        return torch.flatten(functional.adaptive_avg_pool2d(maps, 1), 1)

    def layers(self) -> list[nn.Module]:
        """Return the layers with weights, from the lowest to the highest, grouped by depth."""
        stem, head = (nn.ModuleList(pair) for pair in ((self._conv_stem, self._bn0), (self._conv_head, self._bn1)))
        return [stem, *self._blocks, head]


def _blocks(width: float, depth: float) -> list[MBConvBlock]:
    """Expand the stage table; the Lite variants scale neither stem nor head, nor the outer stages' depth."""
    blocks = []
    for index, stage in enumerate(STAGES):
        channels_in = STEM_CHANNELS if index == 0 else scaled_channels(stage.channels_in, width)
        channels_out = scaled_channels(stage.channels_out, width)
        for repeat in range(_repeats(stage, depth)):
            first = repeat == 0
            blocks.append(
                MBConvBlock(
                    stage.kernel,
                    stage.stride if first else 1,
                    stage.expansion,
                    channels_in if first else channels_out,
                    channels_out,
                )
            )
    return blocks


def _repeats(stage: Stage, depth: float) -> int:
    outer = stage in (STAGES[0], STAGES[-1])
    return stage.repeats if outer else math.ceil(depth * stage.repeats)


def _block_count(stages: Sequence[Stage], depth: float) -> int:
    return sum(_repeats(stage, depth) for stage in stages)


def scaled_channels(channels: int, width: float) -> int:
    """Scale a channel count, rounded to a multiple of 8 and never down by more than a tenth."""
    scaled = channels * width
    rounded = max(CHANNEL_MULTIPLE, int(scaled + CHANNEL_MULTIPLE / 2) // CHANNEL_MULTIPLE * CHANNEL_MULTIPLE)
    return rounded if rounded >= 0.9 * scaled else rounded + CHANNEL_MULTIPLE


def load_efficientnet_lite(weights: Path, width: float = 1.0, depth: float = 1.0) -> EfficientNetLite:
    """Build the network and load a published state dictionary strictly, its classifier left out."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = EfficientNetLite(width, depth)
    network.load_state_dict({key: value for key, value in state.items() if not key.startswith("_fc.")})
    return network.eval()
