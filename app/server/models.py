"""The model that is being served: there is none while it loads, and a newer one may take its place at any time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.export.bundle import BundleInfo
from app.files import safe_name
from app.server.problems import RequestError

RETRY_SECONDS = "1"


class ImageModel(Protocol):
    """What the server needs of a model; `app.export.predictor.Predictor` is one."""

    @property
    def info(self) -> BundleInfo:
        """Labels and provenance."""

    def predict_image(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probability of each label; called from several threads at once."""

    def predict_with_features(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the probability of each label, and the network's features."""


@dataclass(frozen=True)
class Served:
    """A loaded model; its version counts the models that were loaded by this server, from 1."""

    model: ImageModel
    version: int

    @property
    def name(self) -> str:
        """The model's name as it stands in addresses."""
        return safe_name(self.model.info.name)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the probabilities."""
        return self.model.info.labels

    def accepts(self, probabilities: NDArray[np.float32], threshold: float | None) -> bool:
        """Tell whether the best of the probabilities [classes] reaches a threshold, 0 to 1."""
        return threshold is None or float(probabilities.max()) >= threshold


class ModelHolder:
    """Holds the one model that requests are answered with; requests in flight keep the one they began with."""

    def __init__(self, model: ImageModel | None = None):
        self._served = None if model is None else Served(model, 1)

    @property
    def ready(self) -> bool:
        """Whether a model is loaded."""
        return self._served is not None

    def current(self) -> Served:
        """Return the newest model; raises RequestError 503 while none is loaded."""
        if self._served is None:
            raise RequestError(
                503, "The model is still being loaded.", "Try again in a second.", {"Retry-After": RETRY_SECONDS}
            )
        return self._served

    def put(self, model: ImageModel) -> Served:
        """Answer with another model from now on."""
        before = self._served
        self._served = Served(model, 1 if before is None else before.version + 1)
        return self._served

    def named(self, name: str, version: str | None = None) -> Served:
        """Return the newest model if it has this name and version; raises RequestError 404."""
        served = self.current()
        if name not in (served.name, served.model.info.name):
            raise RequestError(404, f"There is no model “{name[:80]}” here.", f"The model is “{served.name}”.")
        if version is not None and version != str(served.version):
            raise RequestError(
                404, f"There is no version “{version[:20]}” here.", f"The version is “{served.version}”."
            )
        return served
