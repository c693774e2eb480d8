"""Models of timm: the package itself, what is to be done where it cannot be used, and its networks for fine-tuning."""

import re
from importlib import import_module
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from app.engines.protocol import Note, OnEvent
from app.engines.tunable import Tunable
from app.errors import EngineError, InputError
from app.features.backbones import TIMM_PREFIX

INDEX = "https://download.pytorch.org/whl/"
BUILDS = re.compile(r"cpu|xpu|cu\d+|rocm[\d.]+")  # what PyTorch's own indexes are called after


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


def wrapped(model: Any) -> TimmNetwork:
    """Make a model of timm one that can be fine-tuned."""
    settings: dict[str, Any] = model.pretrained_cfg
    return TimmNetwork(model.eval(), tuple(settings.get("mean", (0.5,) * 3)), tuple(settings.get("std", (0.5,) * 3)))


def import_timm(need: str, another_way: str = "") -> Any:
    """Import timm; raises EngineError, whose message begins with `need` and whose hint ends with `another_way`."""
    try:
        return import_module("timm")
    except ModuleNotFoundError as error:
        if error.name == "timm":
            hint = f"Install timm by “{install_command(version('torch'))}”{another_way}."
            raise EngineError(f"{need} timm, which is not installed.", hint, str(error)) from error
        raise _broken(need, another_way, error) from error
    except (ImportError, RuntimeError, AttributeError, OSError) as error:  # torchvision of another build than torch
        raise _broken(need, another_way, error) from error


def _broken(need: str, another_way: str, error: Exception) -> EngineError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    hint = (
        "Install a torchvision that fits torch, from the same place as torch, by "
        f"“{install_command(version('torch'))}”{another_way}."
    )
    return EngineError(f"{need} timm, which is installed but cannot be loaded: {reason}.", hint, str(error))


def install_command(torch_version: str) -> str:
    """Return what installs timm with the torchvision for a torch that is here, and leaves that as it is."""
    build = torch_version.partition("+")[2]
    index = f" --extra-index-url {INDEX}{build}" if BUILDS.fullmatch(build) else ""
    return f"pip install --upgrade timm torchvision torch=={torch_version}{index}"


def timm_model(timm: Any, name: str, pretrained: bool, on_event: OnEvent = lambda event: None) -> Any:
    """Let timm make a model without its classifier; raises InputError or EngineError where it or its weights lack."""
    name = name.removeprefix(TIMM_PREFIX)
    if name not in timm.list_models():
        raise InputError(f"timm has no model “{name}”.", "Look at timm.list_models().")
    if pretrained:
        on_event(Note(f"Getting the weights of {name} from timm; they are downloaded unless they are there."))
    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=0)
    except (OSError, RuntimeError, ValueError) as error:  # what huggingface_hub raises without a connection is OSError
        raise EngineError(
            f"The weights of “{name}” could not be had from timm.",
            "Check the connection to the internet, or use a network that is here already.",
            str(error),
        ) from error
