"""A bundle as the server serves it: its answers, and on demand what in an image speaks for a class."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.export.predictor import Answer, Predictor
from app.server.problems import RequestError

if TYPE_CHECKING:
    from app.export.explaining import Explainer, HeatMap

Pixels = NDArray[np.uint8]


class BundleModel:
    """A loaded bundle; what explains it is loaded when first asked for, since that takes as much memory again."""

    def __init__(self, bundle: Path):
        self._bundle = bundle
        self._predictor = Predictor(bundle)
        self.info = self._predictor.info
        self._explainer: Explainer | None = None
        self._loading = threading.Lock()

    def answer(self, image: Pixels, features: bool = False) -> Answer:
        """Return everything that is said of one RGB image [H, W, 3]."""
        return self._predictor.answer(image, features)

    def heat(self, image: Pixels, label: int) -> "HeatMap":
        """Return how much each place of an image speaks for a class; raises RequestError."""
        return self._loaded_explainer().explain(image, label)

    def _loaded_explainer(self) -> "Explainer":
        from app.export.explaining import Explainer  # it loads a second library for models

        with self._loading:
            if self._explainer is None:
                explainer = Explainer(self._bundle)
                if explainer.info.model_sha256 != self.info.model_sha256:
                    raise RequestError(503, "A newer model is being loaded.", "Try again.", {"Retry-After": "2"})
                self._explainer = explainer
            return self._explainer
