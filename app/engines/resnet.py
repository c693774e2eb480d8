"""ResNet in plain PyTorch, the networks of the CNTK tutorial, loading weights in torchvision's and timm's naming.

Architecture: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (CVPR 2016), with the stride in the
3×3 convolution of a bottleneck, as the published weights of torchvision and timm have it.
"""

import struct
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.engines.tunable import Tunable
from app.errors import EngineError

WIDTHS = (64, 128, 256, 512)
BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}
BOTTLENECKS = ("resnet50",)
EXPANSION = 4  # of a bottleneck's width
WANTED = "Give a state dictionary as torchvision or timm publish it."
# The reader of pickles stumbles over other bytes in any of these ways.
UNREADABLE = (
    OSError,
    RuntimeError,
    EOFError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
    UnpicklingError,
)
UPPER_STAGES = 1  # the last stage, on what the others see


def _convolution(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and the input added."""

    def __init__(self, channels_in: int, width: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = _convolution(channels_in, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _convolution(width, width, 3), nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C_in, H, W] to [N, width, H / stride, W / stride]."""
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """A 3×3 convolution between two of 1×1, and the input added."""

    def __init__(self, channels_in: int, width: int, stride: int):
        super().__init__()
        wide = width * EXPANSION
        self.conv1, self.bn1 = _convolution(channels_in, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _convolution(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = _convolution(width, wide, 1), nn.BatchNorm2d(wide)
        self.downsample = _shortcut(channels_in, wide, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C_in, H, W] to [N, 4 · width, H / stride, W / stride]."""
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def _shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    if stride == 1 and channels_in == channels_out:
        return nn.Identity()
    return nn.Sequential(_convolution(channels_in, channels_out, 1, stride), nn.BatchNorm2d(channels_out))


class ResNet(Tunable):
    """The feature extractor, without the ImageNet classifier; features are at least 0."""

    centre = (0.485 * 255, 0.456 * 255, 0.406 * 255)
    scale = (0.229 * 255, 0.224 * 255, 0.225 * 255)

    def __init__(self, name: str):
        super().__init__()
        block, factor = (Bottleneck, EXPANSION) if name in BOTTLENECKS else (BasicBlock, 1)
        self.conv1, self.bn1 = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False), nn.BatchNorm2d(WIDTHS[0])
        channels = WIDTHS[0]
        for number, (width, count) in enumerate(zip(WIDTHS, BLOCKS[name], strict=True), 1):
            blocks = []
            for place in range(count):
                blocks.append(block(channels, width, 2 if number > 1 and place == 0 else 1))
                channels = width * factor
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        self._stages = [f"layer{number}" for number in range(1, len(WIDTHS) + 1)]

    @property
    def lower_layers(self) -> int:
        """Return how many of the layers are `lower`'s."""
        return len(self.layers()) - len(self._blocks(self._stages[-UPPER_STAGES:]))

    def lower(self, x: Tensor) -> Tensor:
        """Map normalised RGB [N, 3, H, W] to what leaves the stages before the last [N, C, H / 16, W / 16]."""
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for block in self._blocks(self._stages[:-UPPER_STAGES]):
            x = block(x)
        return x

    def maps(self, x: Tensor) -> Tensor:
        """Map what left the lower stages to maps [N, 512, H / 32, W / 32] or, of bottlenecks, [N, 2048, …]."""
        for block in self._blocks(self._stages[-UPPER_STAGES:]):
            x = block(x)
        return x

    def pooled(self, maps: Tensor) -> Tensor:
        """Map maps to features [N, 512] or [N, 2048], their means."""
        return torch.flatten(functional.adaptive_avg_pool2d(maps, 1), 1)

    def layers(self) -> list[nn.Module]:
        """Return the layers with weights, from the lowest to the highest: the stem, then block by block."""
        return [nn.ModuleList([self.conv1, self.bn1]), *self._blocks(self._stages)]

    def _blocks(self, stages: list[str]) -> list[nn.Module]:
        return [block for stage in stages for block in getattr(self, stage)]


def load_resnet(name: str, weights: Path) -> ResNet:
    """Build a network and load a state dictionary strictly, its classifier left out; raises EngineError."""
    network = ResNet(name)
    state = _state(weights)
    try:
        network.load_state_dict({key: value for key, value in state.items() if not str(key).startswith("fc.")})
    except (RuntimeError, AttributeError, TypeError) as error:
        raise EngineError(f"The file “{weights}” does not hold the weights of a {name}.", WANTED, str(error)) from error
    return network.eval()


def _state(weights: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise EngineError(
            f"The file “{weights}” has no weights of a ResNet that can be read.", WANTED, str(error)
        ) from error
    if not isinstance(state, dict):
        raise EngineError(f"The file “{weights}” has no weights of a ResNet that can be read.", WANTED)
    return state
