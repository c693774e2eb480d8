"""Score a run's test images through its bundle, each once.

The bundle's network up to `features` is the one that filled the feature cache, so only the rest of the bundle has
to run on what is cached. That this gives the bundle's own answers is checked on a sample, every time; where it does
not, or nothing is cached (an engine that trained its own features), every image goes through the whole bundle.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from app.engines.snapshot import SnapshotImage
from app.errors import EngineError
from app.export.bundle import MODEL_FILE
from app.export.onnx_model import head_of
from app.export.predictor import Predictor
from app.features.cache import FeatureCache
from app.onnx_sessions import open_session

SAMPLE = 16
TOLERANCE = 1e-5
OnCount = Callable[[int, int], None]


@dataclass(frozen=True)
class Scores:
    """Probabilities [N, classes] of the images at `positions`, and the problems of the others, by position."""

    positions: tuple[int, ...]
    probabilities: NDArray[np.float32]
    problems: dict[int, str]


def score_images(
    bundle: Path, images: Sequence[SnapshotImage], cache: FeatureCache | None, on_count: OnCount
) -> Scores:
    """Score images through the bundle; raises EngineError where none of them can be read."""
    predictor = Predictor(bundle)
    if cache is not None and all(cache.has(image.digest) for image in images):
        probabilities = _from_features(bundle, cache.features([image.digest for image in images]))
        sample = range(0, len(images), max(1, len(images) // SAMPLE))
        whole = _whole(predictor, [images[position] for position in sample], on_count)
        cached = probabilities[[sample[position] for position in whole.positions]]
        if np.abs(cached - whole.probabilities).max(initial=0.0) <= TOLERANCE and not whole.problems:
            return Scores(tuple(range(len(images))), probabilities, {})
    return _whole(predictor, images, on_count)


def _from_features(bundle: Path, features: NDArray[np.float32]) -> NDArray[np.float32]:
    head = open_session(head_of(onnx.load(bundle / MODEL_FILE)).SerializeToString())
    probabilities: NDArray[np.float32] = head.run(["probabilities"], {"features": features})[0]
    return probabilities


def _whole(predictor: Predictor, images: Sequence[SnapshotImage], on_count: OnCount) -> Scores:
    rows: list[NDArray[np.float32]] = []
    positions: list[int] = []
    problems: dict[int, str] = {}
    with closing(predictor.predict_files(Path(image.path) for image in images)) as predictions:
        for position, prediction in enumerate(predictions):
            if prediction.probabilities is None:
                problems[position] = prediction.problem or ""
            else:
                positions.append(position)
                rows.append(prediction.probabilities)
            on_count(position + 1, len(images))
    if not rows:
        raise EngineError("None of the test images can be read any more.", "Look for them, and train again.")
    return Scores(tuple(positions), np.stack(rows), problems)
