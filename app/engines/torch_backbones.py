"""Pretrained networks of PyTorch by name: built with their weights, and added to those that are here."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from app.engines.protocol import OnEvent
from app.engines.resnet import load_resnet
from app.engines.timm_models import import_timm, timm_model, wrapped
from app.engines.torch_models import load_efficientnet_lite
from app.engines.torch_to_onnx import feature_network_onnx
from app.engines.tunable import Tunable
from app.errors import EngineError
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

SIDE = 224  # of ResNet, and of models that name none
LARGEST_SIDE = 512
OR_FILE = ", or give a file of weights"


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
    model = timm_model(import_timm(f"The network {backbone.name} needs"), backbone.name, False)
    model.load_state_dict(torch.load(weights_file(backbone), map_location="cpu", weights_only=True))
    network = wrapped(model)
    network.split = backbone.features == 2 * int(model.num_features)
    return network.eval()


LOADERS: dict[str, Callable[[Backbone], Tunable]] = {LITE: _lite, RESNET: _resnet, TIMM: _timm}


def add_resnet(name: str, weights: Path | None, on_event: OnEvent) -> Backbone:
    """Add a ResNet with weights from a file, or else from timm; raises EngineError."""
    known = RESNETS[name]
    licence = UNKNOWN if weights else "Apache-2.0 (timm)"
    backbone = Backbone(name, known.title, RESNET, "", SIDE, known.features, licence, known.megabytes, known.accuracy)
    if weights is None:
        timm = import_timm(f"The weights of {name} come from a file or from", OR_FILE)
        return _added(backbone, _saved(timm_model(timm, name, True, on_event)))
    load_resnet(name, weights)  # before anything is kept
    return _added(backbone, weights.read_bytes())


def add_timm(name: str, on_event: OnEvent) -> Backbone:
    """Add a model of timm by its name after `timm:`; its weights are downloaded unless timm has them already."""
    model = timm_model(import_timm(f"The network {name} needs"), name, True, on_event)
    settings: dict[str, Any] = model.pretrained_cfg
    side = min(LARGEST_SIDE, int(settings.get("input_size", (3, SIDE, SIDE))[-1]))
    network = wrapped(model)
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
