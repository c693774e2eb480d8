"""Try a bundle on a folder: figures where sub-folders name the classes, and else what it makes of the images."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.dataset.scan import FoundImage, Scan, Skipped, file_digest, scan_folder
from app.engines.snapshot import SPEC_FILE, SPLIT_FILE, TRAIN, VALIDATION, read_snapshot, read_split
from app.errors import BundleError, Cancelled, EngineError, InputError
from app.evaluation.drift import Drift, drift_of
from app.evaluation.metrics import evaluate
from app.evaluation.report import Evaluation
from app.evaluation.rule import Price
from app.evaluation.thresholds import HeldOut, price_of
from app.export.held_out import read_held_out
from app.export.looked import LookedAt
from app.export.predictor import Prediction, Predictor

OnCount = Callable[[int, int], None]


@dataclass(frozen=True)
class Measured:
    """The figures on labelled images, by their whole paths, and what the model's rule costs there."""

    evaluation: Evaluation
    price: Price
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Looked:
    """What the model makes of unlabelled images."""

    value: LookedAt
    skipped: tuple[Skipped, ...]


def try_folder(bundle: Path, data: Path, on_count: OnCount, cancel: threading.Event) -> Measured | Looked:
    """Measure a bundle on labelled images, or say what it makes of unlabelled ones.

    Raises InputError where no image can be used, BundleError, and Cancelled.
    """
    predictor = Predictor(bundle)
    scan = scan_folder(data)
    if all(image.label is None for image in scan.images):
        return _look(bundle, predictor, scan, on_count, cancel)
    return _measure(bundle, predictor, scan, on_count, cancel)


def _measure(bundle: Path, predictor: Predictor, scan: Scan, on_count: OnCount, cancel: threading.Event) -> Measured:
    labels = predictor.info.labels
    known = [image for image in scan.images if image.label in labels]
    if not known:
        raise InputError(
            f"No image in “{scan.folder}” has a label of this model.",
            f"Its sub-folders must be named like the classes: {', '.join(labels)}.",
        )
    predictions = _predict(predictor, known, on_count, cancel)
    pairs = list(zip(known, predictions, strict=True))
    skipped = [
        *scan.skipped,
        *(_unknown(image) for image in scan.images if image.label not in labels),
        *(Skipped(image.path, one.problem or "") for image, one in pairs if one.probabilities is None),
    ]
    used = [(image, one, one.probabilities) for image, one in pairs if one.probabilities is not None]
    if not used:
        raise InputError("None of the images can be read.", "Check the folder.")
    truth = np.array([labels.index(str(image.label)) for image, _, _ in used])
    rows = np.stack([probabilities for _, _, probabilities in used])
    digests = [file_digest(image.path) for image, _, _ in used]
    copies = np.unique(digests, return_inverse=True)[1].astype(np.int64)
    evaluation = evaluate(
        rows.astype(np.float64),
        truth,
        labels,
        [str(image.path) for image, _, _ in used],
        _protocol(bundle, scan.folder.name, digests),
        copies,
        predictor.info.temperature,
    )
    price = price_of(predictor.info.ruled, HeldOut(rows, truth, _novelty([one for _, one, _ in used]), copies))
    return Measured(evaluation, price, tuple(skipped))


def _protocol(bundle: Path, name: str, digests: Sequence[str]) -> str:
    words = f"Measured on {len(digests):,} images of “{name}”, labelled by their folders."
    learnt = _learnt(bundle)
    if learnt is None:
        return f"{words} Whether the model was trained on some of them is not known."
    count = sum(digest in learnt for digest in digests)
    if not count:
        return f"{words} The model was trained on none of them."
    trained = "1 of them was" if count == 1 else f"{count:,} of them were"
    return f"{words} Beware: {trained} trained on, so the figures are better than the model is."


def _learnt(bundle: Path) -> frozenset[str] | None:
    """Return the content of the images that a run's bundle was trained on; None where it is not with its run."""
    folder = bundle.parent
    if not (folder / SPEC_FILE).is_file() or not (folder / SPLIT_FILE).is_file():
        return None
    try:
        images = read_snapshot(folder).images
        return frozenset(images[place].digest for place in read_split(folder).positions(TRAIN, VALIDATION))
    except (EngineError, KeyError, IndexError):
        return None


def _look(bundle: Path, predictor: Predictor, scan: Scan, on_count: OnCount, cancel: threading.Event) -> Looked:
    predictions = _predict(predictor, scan.images, on_count, cancel)
    results = tuple(
        {
            "path": one.path,
            "predictions": [asdict(label) for label in one.ranked(predictor.info.labels)],
            "verdict": one.verdict,
            "novelty": one.novelty,
            "problem": one.problem,
        }
        for one in predictions
    )
    read = [one for one in predictions if one.probabilities is not None]
    if not read:
        raise InputError("None of the images can be read.", "Check the folder.")
    return Looked(LookedAt(predictor.info.labels, results, _drift(bundle, _novelty(read))), scan.skipped)


def _predict(
    predictor: Predictor, images: Sequence[FoundImage], on_count: OnCount, cancel: threading.Event
) -> list[Prediction]:
    predictions: list[Prediction] = []
    for prediction in predictor.predict_files(image.path for image in images):
        if cancel.is_set():
            raise Cancelled
        predictions.append(prediction)
        on_count(len(predictions), len(images))
    return predictions


def _novelty(predictions: Sequence[Prediction]) -> NDArray[np.float32] | None:
    found = [one.novelty for one in predictions if one.novelty is not None]
    return np.array(found, np.float32) if len(found) == len(predictions) else None


def _drift(bundle: Path, novelty: NDArray[np.float32] | None) -> Drift | None:
    try:
        known = read_held_out(bundle).novelty
    except BundleError:
        return None
    return None if novelty is None or known is None else drift_of(novelty, known)


def _unknown(image: FoundImage) -> Skipped:
    reason = "It has no label." if image.label is None else f"The model has no class “{image.label}”."
    return Skipped(image.path, reason)
