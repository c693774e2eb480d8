"""The worker that holds a bundle: builds, checks, evaluates and predicts, outside the window's process."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.snapshot import TEST, Snapshot, read_snapshot, read_split
from app.engines.worker import Job
from app.errors import Cancelled
from app.evaluation.metrics import evaluate as compute_figures
from app.evaluation.report import write_evaluation
from app.export.building import add_figures, build_bundle
from app.export.bundle import BUNDLE_FOLDER
from app.export.golden import check_golden
from app.export.predictor import Prediction, Predictor
from app.export.scoring import score_images
from app.features.backbones import BACKBONES
from app.features.cache import FeatureCache

_loaded: dict[Path, Predictor] = {}


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("model", onnxruntime.__version__)


def bundle(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Build the bundle of the job's `run` folder and name it."""
    folder = Path(job["run"])
    parity = build_bundle(folder, job["name"], read_snapshot(folder), read_split(folder))
    return {"images": parity.images, "largest_difference": parity.largest_difference, "agrees": parity.agrees}


def check(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Run the job's `bundle` on its golden images."""
    parity = check_golden(Path(job["bundle"]))
    return {"images": parity.images, "largest_difference": parity.largest_difference, "agrees": parity.agrees}


def evaluate(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Score the test part of the job's `run` folder once, through its bundle, and write `evaluation.json`."""
    folder = Path(job["run"])
    snapshot = read_snapshot(folder)
    images = [snapshot.images[position] for position in read_split(folder).positions(TEST)]
    throttle = Throttle(on_event)

    def on_count(done: int, total: int) -> None:
        if cancel.is_set():
            raise Cancelled
        throttle.progress("test", done, total)

    scores = score_images(folder / BUNDLE_FOLDER, images, _cache(snapshot), on_count)
    scored = [images[position] for position in scores.positions]
    evaluation = compute_figures(
        scores.probabilities.astype(np.float64),
        np.array([image.label for image in scored]),
        snapshot.classes,
        [image.path for image in scored],
        job["protocol"],
    )
    write_evaluation(folder, evaluation)
    add_figures(folder / BUNDLE_FOLDER, evaluation)
    return {"problems": [[images[position].path, reason] for position, reason in scores.problems.items()]}


def predict(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Predict the job's `paths` with its `bundle`; results travel in the progress events, every one exactly once."""
    predictor = _predictor(Path(job["bundle"]))
    paths = [Path(path) for path in job["paths"]]
    throttle = Throttle(on_event)
    waiting: list[dict[str, Any]] = []
    with closing(predictor.predict_files(paths)) as predictions:
        for done, prediction in enumerate(predictions, 1):
            waiting.append(_as_json(prediction, predictor))
            if throttle.progress("predict", done, len(paths), results=waiting):
                waiting = []
            if cancel.is_set():
                raise Cancelled
    return {"images": len(paths)}


def _as_json(prediction: Prediction, predictor: Predictor) -> dict[str, Any]:
    return {
        "path": prediction.path,
        "predictions": [
            {"label": one.label, "confidence": one.confidence} for one in prediction.ranked(predictor.info.labels)
        ],
        "problem": prediction.problem,
    }


def _predictor(folder: Path) -> Predictor:
    if folder not in _loaded:
        _loaded.clear()  # one model in memory is enough
        _loaded[folder] = Predictor(folder)
    return _loaded[folder]


def _cache(snapshot: Snapshot) -> FeatureCache | None:
    if snapshot.engine != "quick":
        return None
    backbone = BACKBONES[snapshot.backbone]
    return FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)


HANDLERS = {"bundle": bundle, "check": check, "evaluate": evaluate, "predict": predict}
