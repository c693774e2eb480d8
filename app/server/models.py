"""The model that is being served: there is none while it loads, and a newer one may take its place at any time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from app.evaluation.rule import Rule
from app.export.bundle import BundleInfo
from app.export.predictor import Answer as ModelAnswer
from app.files import safe_name
from app.server.problems import RequestError

if TYPE_CHECKING:
    from app.export.explaining import HeatMap

RETRY_SECONDS = "1"


class ImageModel(Protocol):
    """What the server needs of a model; `app.server.bundle_model.BundleModel` is one."""

    @property
    def info(self) -> BundleInfo:
        """Labels and provenance."""

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> ModelAnswer:
        """Return probabilities, novelty and verdict, and features if wanted; called from several threads at once."""

    def heat(self, image: NDArray[np.uint8], label: int) -> "HeatMap":
        """Return how much each place of an image speaks for a class."""


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

    def verdict(self, answer: ModelAnswer, threshold: float | None) -> str:
        """Return the verdict of the model's own rule, or with a threshold, 0 to 1, in the place of its thresholds."""
        if threshold is None:
            return answer.verdict
        best = int(answer.probabilities.argmax())
        rule = Rule((threshold,) * len(self.labels), self.model.info.ruled.most_novel)
        return rule.verdict(best, float(answer.probabilities[best]), answer.novelty)


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
