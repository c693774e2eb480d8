"""The one inference path: evaluation, preview, server and command line all load the bundle here.

Imports onnxruntime: for worker processes, server and command line.
"""

import hashlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, read_image
from app.errors import BundleError
from app.export.bundle import MODEL_FILE, NOVELTY, UNREADABLE, BundleInfo, bundle_root, read_bundle_info
from app.onnx_sessions import LOAD_ERRORS, open_session
from app.parallel import map_in_order

PROBABILITIES, FEATURES = "probabilities", "features"


@dataclass(frozen=True)
class RankedLabel:
    """A label and its calibrated probability, 0 to 1."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Answer:
    """What the model says of one image: probabilities [classes], novelty 0 to 1, and what its rule makes of them.

    `novelty` is None for a model without; `verdict` is "accepted", "unsure" or "unknown"; `features` [size] are those
    below the classifier, if they were asked for.
    """

    probabilities: NDArray[np.float32]
    novelty: float | None
    verdict: str
    features: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Prediction:
    """What the model says of one file, as an Answer does, or why the file cannot be read."""

    path: str
    probabilities: NDArray[np.float32] | None
    problem: str | None = None
    novelty: float | None = None
    verdict: str | None = None

    def ranked(self, labels: Sequence[str]) -> list[RankedLabel]:
        """Return all labels, the most probable first; none for an unreadable file."""
        return [] if self.probabilities is None else ranked(self.probabilities, labels)


def ranked(probabilities: NDArray[np.float32], labels: Sequence[str]) -> list[RankedLabel]:
    """Sort labels by their probabilities [classes], the most probable first."""
    order = np.argsort(-probabilities, kind="stable")
    return [RankedLabel(labels[index], float(probabilities[index])) for index in order]


class Predictor:
    """A loaded bundle; safe to call from many threads at once."""

    def __init__(self, bundle: Path, threads: int | None = None):
        cv2.setNumThreads(1)
        self.info: BundleInfo = read_bundle_info(bundle)
        self._threads = threads
        try:
            model = (bundle_root(bundle) / MODEL_FILE).read_bytes()
        except UNREADABLE as error:
            raise BundleError(f"The bundle “{bundle}” has no {MODEL_FILE}.", "Export it again.", str(error)) from error
        if hashlib.sha256(model).hexdigest() != self.info.model_sha256:
            raise BundleError(f"The model in “{bundle}” is damaged or was exchanged.", "Export it again.")
        try:
            self._session = open_session(model)
        except LOAD_ERRORS as error:
            raise BundleError(f"The model in “{bundle}” cannot be loaded.", "Update Sightline.", str(error)) from error

        given = {output.name for output in self._session.get_outputs()}
        self._outputs = [name for name in (PROBABILITIES, NOVELTY) if name in given]

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Return everything that is said of one RGB image [H, W, 3]."""
        names = [*self._outputs, *([FEATURES] if features else [])]
        found = dict(zip(names, self._session.run(names, {"image": image[np.newaxis]}), strict=True))
        probabilities: NDArray[np.float32] = found[PROBABILITIES][0]
        novelty = float(found[NOVELTY][0]) if NOVELTY in found else None
        best = int(probabilities.argmax())
        verdict = self.info.ruled.verdict(best, float(probabilities[best]), novelty)
        return Answer(probabilities, novelty, verdict, found[FEATURES][0].reshape(-1) if features else None)

    def predict_image(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities [classes] for one RGB image [H, W, 3]."""
        return self.answer(image).probabilities

    def predict_file(self, path: Path) -> Prediction:
        """Read one file and predict it."""
        try:
            answer = self.answer(read_image(path))
            return Prediction(str(path), answer.probabilities, None, answer.novelty, answer.verdict)
        except UnreadableImage as error:
            return Prediction(str(path), None, error.message)

    def predict_files(self, paths: Iterable[Path]) -> Generator[Prediction, None, None]:
        """Yield a prediction for each file, in order, computed by a thread per processor."""
        with closing(map_in_order(self.predict_file, paths, self._threads)) as predictions:
            yield from predictions
