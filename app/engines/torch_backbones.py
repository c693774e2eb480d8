"""Pretrained networks of PyTorch by name: built with their weights, and added to those that are here."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.engines.protocol import Note, OnEvent
from app.engines.resnet import load_resnet
from app.engines.torch_models import load_efficientnet_lite
from app.engines.torch_to_onnx import feature_network_onnx
from app.engines.tunable import Tunable
from app.errors import EngineError, InputError
from app.features.backbones import (
    LITE,
    RESNET,
    RESNETS,
    TIMM,
    UNKNOWN,
    Backbone,
    added_weights_file,
    describe,
    find_backbone,
    network_file,
    weights_file,
)
from app.files import write_bytes

TIMM_PREFIX = "timm:"
SIDE = 224  # of ResNet, and of models that name none
LARGEST_SIDE = 512
NO_TIMM = "Install timm, which has the weights: “pip install timm”; or give a file of weights you have."


class TimmNetwork(Tunable):
    """A model of timm without its classifier.

    Which of its parts is below another is not known in general, so that `lower` does nothing. Features that may be
    negative are given as two, the positive parts and the negative ones, each at least 0.
    """

    def __init__(self, model: nn.Module, centre: tuple[float, ...], scale: tuple[float, ...], split: bool = False):
        super().__init__()
        self.model = model
        self.centre = tuple(255 * one for one in centre)  # type: ignore[assignment]
        self.scale = tuple(255 * one for one in scale)  # type: ignore[assignment]
        self.split = split

    @property
    def lower_layers(self) -> int:
        """Return that no layer is `lower`'s."""
        return 0

    def lower(self, x: Tensor) -> Tensor:
        """Return normalised pictures [N, 3, S, S] as they are."""
        return x

    def maps(self, x: Tensor) -> Tensor:
        """Map normalised pictures [N, 3, S, S] to what the model pools, which has maps or tokens."""
        found: Tensor = self.model.forward_features(x)  # type: ignore[operator]
        return found

    def pooled(self, maps: Tensor) -> Tensor:
        """Map what the model pools to features [N, D]."""
        features: Tensor = self.model.forward_head(maps)  # type: ignore[operator]
        return torch.cat([features.relu(), (-features).relu()], dim=1) if self.split else features

    def layers(self) -> list[nn.Module]:
        """Return the model's parts that have weights, as it names them."""
        return [part for part in self.model.children() if any(True for _ in part.parameters())]


def load_backbone(name: str) -> Tunable:
    """Build a backbone with its pretrained weights; raises EngineError where they are missing."""
    backbone = find_backbone(name)
    if backbone.kind not in LOADERS:
        raise EngineError(
            f"The network {backbone.title} is known as ONNX alone, which cannot be fine-tuned.",
            "Train with the engine quick, or choose another network.",
        )
    return LOADERS[backbone.kind](backbone)


def _lite(backbone: Backbone) -> Tunable:
    return load_efficientnet_lite(weights_file(backbone), backbone.width, backbone.depth)


def _resnet(backbone: Backbone) -> Tunable:
    return load_resnet(backbone.name, weights_file(backbone))


def _timm(backbone: Backbone) -> Tunable:
    model = _timm_model(backbone.name, pretrained=False)
    model.load_state_dict(torch.load(weights_file(backbone), map_location="cpu", weights_only=True))
    network = _wrapped(model)
    network.split = backbone.features == 2 * int(model.num_features)
    return network.eval()


LOADERS: dict[str, Callable[[Backbone], Tunable]] = {LITE: _lite, RESNET: _resnet, TIMM: _timm}


def add_resnet(name: str, weights: Path | None, on_event: OnEvent) -> Backbone:
    """Add a ResNet with weights from a file, or else from timm; raises EngineError."""
    known = RESNETS[name]
    licence = UNKNOWN if weights else "Apache-2.0 (timm)"
    backbone = Backbone(name, known.title, RESNET, "", SIDE, known.features, licence, known.megabytes, known.accuracy)
    if weights is None:
        return _added(backbone, _saved(_timm_model(f"{TIMM_PREFIX}{name}", True, on_event)))
    load_resnet(name, weights)  # before anything is kept
    return _added(backbone, weights.read_bytes())


def add_timm(name: str, on_event: OnEvent) -> Backbone:
    """Add a model of timm by its name after `timm:`; its weights are downloaded unless timm has them already."""
    model = _timm_model(name, True, on_event)
    settings: dict[str, Any] = model.pretrained_cfg
    side = min(LARGEST_SIDE, int(settings.get("input_size", (3, SIDE, SIDE))[-1]))
    network = _wrapped(model)
    with torch.no_grad():
        torch.manual_seed(0)
        features = network(network.normalised(torch.rand(2, 3, side, side) * 255))
    width = features.shape[1] * (2 if bool((features < 0).any()) else 1)
    size = round(4e-6 * sum(weight.numel() for weight in model.parameters()), 1)
    backbone = Backbone(name, name, TIMM, "", side, width, str(settings.get("license") or UNKNOWN), size)
    return _added(backbone, _saved(model))


def _added(backbone: Backbone, weights: bytes) -> Backbone:
    """Keep weights, prove that they load by converting them, and make the network known."""
    known = replace(backbone, sha256=hashlib.sha256(weights).hexdigest())
    write_bytes(added_weights_file(known), weights)
    write_bytes(network_file(known), feature_network_onnx(LOADERS[known.kind](known), known.side))
    describe(known)
    return known


def _saved(model: nn.Module) -> bytes:
    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    return stream.getvalue()


def _wrapped(model: Any) -> TimmNetwork:
    settings: dict[str, Any] = model.pretrained_cfg
    return TimmNetwork(model.eval(), tuple(settings.get("mean", (0.5,) * 3)), tuple(settings.get("std", (0.5,) * 3)))


def _timm_model(name: str, pretrained: bool, on_event: OnEvent = lambda event: None) -> Any:
    """Let timm make a model without its classifier; raises EngineError where timm, the model or its weights lack."""
    try:
        timm = import_module("timm")
    except (ImportError, RuntimeError) as error:  # torchvision, which timm imports, fails so beside the CPU build
        raise EngineError(f"timm cannot be used here for “{name}”.", NO_TIMM, str(error)) from error
    short = name.removeprefix(TIMM_PREFIX)
    if short not in timm.list_models():
        raise InputError(f"timm has no model “{short}”.", "Look at timm.list_models().")
    if pretrained:
        on_event(Note(f"Getting the weights of {short} from timm; they are downloaded unless they are there."))
    try:
        return timm.create_model(short, pretrained=pretrained, num_classes=0)
    except (OSError, RuntimeError, ValueError) as error:  # what huggingface_hub raises without a connection is OSError
        raise EngineError(
            f"The weights of “{short}” could not be had from timm.",
            "Check the connection to the internet, or use a network that is here already.",
            str(error),
        ) from error
