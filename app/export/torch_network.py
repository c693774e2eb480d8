"""A model in plain PyTorch, built from a safetensors file that holds its weights and, as JSON, its steps.

Needs nothing but torch and safetensors: exports carry a copy of this file as `network.py`.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional

OUTPUTS = ("probabilities", "features", "novelty")
FORMAT = "1"

Attributes = dict[str, Any]


def _conv(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    image = values[0]
    if (top, left) != (bottom, right):
        image, top, left = functional.pad(image, (left, right, top, bottom)), 0, 0
    return functional.conv2d(
        image,
        values[1],
        values[2] if len(values) > 2 else None,
        attributes.get("strides", [1, 1]),
        (top, left),
        attributes.get("dilations", [1, 1]),
        attributes.get("group", 1),
    )


def _gemm(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    left = values[0].t() if attributes.get("transA") else values[0]
    right = values[1].t() if attributes.get("transB") else values[1]
    product = attributes.get("alpha", 1.0) * (left @ right)
    return product + attributes.get("beta", 1.0) * values[2] if len(values) > 2 else product


def _pad(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    before, behind = attributes["pads"][: values[0].ndim], attributes["pads"][values[0].ndim :]
    sides = [side for pair in zip(reversed(before), reversed(behind), strict=True) for side in pair]
    return functional.pad(values[0], sides, value=attributes.get("value", 0.0))


def _clip(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return torch.clamp(values[0], attributes["least"], attributes["most"])


def _pool(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    pads = attributes.get("pads", [0, 0, 0, 0])
    return functional.max_pool2d(
        values[0], attributes["kernel_shape"], attributes.get("strides", [1, 1]), (pads[0], pads[1])
    )


def _gather(values: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return values[0][(slice(None),) * attributes.get("axis", 0) + (values[1],)]


def _top(values: Sequence[Tensor], attributes: Attributes) -> tuple[Tensor, ...]:
    largest = bool(attributes.get("largest", 1))
    return tuple(torch.topk(values[0], attributes["count"][0], attributes.get("axis", -1), largest))


# What a step of the file means, in the words of the ONNX standard.
OPERATIONS: dict[str, Callable[[Sequence[Tensor], Attributes], Tensor | tuple[Tensor, ...]]] = {
    "Abs": lambda values, _: values[0].abs(),
    "Add": lambda values, _: values[0] + values[1],
    "Cast": lambda values, _: values[0].float(),
    "Clip": _clip,
    "Concat": lambda values, given: torch.cat(list(values), given["axis"]),
    "Conv": _conv,
    "Div": lambda values, _: values[0] / values[1],
    "Exp": lambda values, _: values[0].exp(),
    "Flatten": lambda values, _: torch.flatten(values[0], 1),
    "Gather": _gather,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda values, _: values[0].mean((2, 3), keepdim=True),
    "MatMul": lambda values, _: values[0] @ values[1],
    "Max": lambda values, _: torch.maximum(values[0], values[1]),
    "MaxPool": _pool,
    "Mul": lambda values, _: values[0] * values[1],
    "Pad": _pad,
    "ReduceMax": lambda values, given: values[0].amax(given["axes"], keepdim=bool(given.get("keepdims", 1))),
    "ReduceMean": lambda values, given: values[0].mean(given["axes"], keepdim=bool(given.get("keepdims", 1))),
    "ReduceSum": lambda values, given: values[0].sum(given["axes"], keepdim=bool(given.get("keepdims", 1))),
    "Relu": lambda values, _: values[0].relu(),
    "Reshape": lambda values, given: values[0].reshape(given["shape"]),
    "Sigmoid": lambda values, _: values[0].sigmoid(),
    "Sign": lambda values, _: values[0].sign(),
    "Softmax": lambda values, given: torch.softmax(values[0], given.get("axis", -1)),
    "Sqrt": lambda values, _: values[0].sqrt(),
    "Squeeze": lambda values, given: values[0].squeeze(given["axes"][0]),
    "Sub": lambda values, _: values[0] - values[1],
    "Sum": lambda values, _: sum(values[1:], values[0]),
    "TopK": _top,
    "Transpose": lambda values, given: values[0].permute(given["perm"]),
}


class Network(nn.Module):
    """Maps pixels, uint8 RGB [N, side, side, 3], to probabilities [N, C], features [N, D] and novelty [N]."""

    def __init__(self, weights: dict[str, Tensor], steps: Sequence[dict[str, Any]]):
        super().__init__()
        self._steps = steps
        self._places = {name: name.replace(".", "_") for name in weights}
        for name, weight in weights.items():
            self.register_buffer(self._places[name], weight)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Take the steps one after the other."""
        values = {name: getattr(self, place) for name, place in self._places.items()}
        values["pixels"] = pixels
        for step in self._steps:
            inputs = [values[name] for name in step["inputs"]]
            found = OPERATIONS[step["operation"]](inputs, step["attributes"])
            values.update(zip(step["outputs"], found if isinstance(found, tuple) else (found,), strict=False))
        return tuple(values[name] for name in OUTPUTS)


def resizing(size: int, side: int) -> Tensor:
    """Return the weights [side, size] of an antialiased linear resize that repeats the pixels of its edges."""
    scale = float(size) / float(side)
    reach = max(scale, 1.0)
    around = int(reach) + 2
    centres = (torch.arange(side) + 0.5) * scale - 0.5
    places = torch.arange(-around, size + around)
    weights = (1.0 - (places - centres.unsqueeze(1)).abs() / reach).clamp(min=0.0)
    weights = weights / weights.sum(dim=1, keepdim=True)
    nearest = places.clamp(0, size - 1)
    return torch.zeros(side, size).index_add(1, nearest, weights)


def prepare(image: Tensor, side: int) -> Tensor:
    """Cut the middle square out of images, uint8 RGB [N, H, W, 3], and resize it to uint8 [N, side, side, 3]."""
    height, width = image.size(1), image.size(2)
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = image[:, top : top + short, left : left + short].permute(0, 3, 1, 2).float()
    weights = resizing(short, side).to(image.device)
    resized = torch.matmul(torch.matmul(weights, square), weights.t())
    return resized.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


class Classifier(nn.Module):
    """Maps images, uint8 RGB [N, H, W, 3] of any size, turned upright, to the outputs by name."""

    def __init__(self, network: nn.Module, side: int, labels: Sequence[str]):
        super().__init__()
        self.network = network
        self.side = side
        self.labels = list(labels)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Prepare the images and ask the network."""
        probabilities, features, novelty = self.network(prepare(image, self.side))
        return {"probabilities": probabilities, "features": features, "novelty": novelty}


def load(path: Path) -> Classifier:
    """Read a model from a safetensors file, which holds numbers and text only."""
    with safe_open(str(path), framework="pt") as file:
        about = file.metadata()
        if about["format"] != FORMAT:
            raise ValueError(f"{path} was written by another version of Sightline")
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    network = Network(weights, json.loads(about["steps"]))
    return Classifier(network, int(about["side"]), json.loads(about["labels"])).eval()
