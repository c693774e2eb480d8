"""The worker that finishes a run: builds its bundle and measures it."""

import threading
from collections.abc import Callable
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
from app.export.bundle import BUNDLE_FOLDER, read_bundle_info
from app.export.scoring import score_images
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache

WARM_UP = ("sklearn.metrics",)


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("run", onnxruntime.__version__)


def bundle(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Build the bundle of the job's `run` folder and name it."""
    folder = Path(job["run"])
    on_count = _counting("unknown", on_event, cancel)
    parity = build_bundle(folder, job["name"], read_snapshot(folder), read_split(folder), on_count)
    return {"images": parity.images, "largest_difference": parity.largest_difference, "agrees": parity.agrees}


def evaluate(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Score the test part of the job's `run` folder once, through its bundle, and write `evaluation.json`."""
    folder = Path(job["run"])
    snapshot = read_snapshot(folder)
    split = read_split(folder)
    tested = split.positions(TEST)
    images = [snapshot.images[position] for position in tested]
    scores = score_images(folder / BUNDLE_FOLDER, images, _cache(snapshot), _counting("test", on_event, cancel))
    scored = [images[position] for position in scores.positions]
    evaluation = compute_figures(
        scores.probabilities.astype(np.float64),
        np.array([image.label for image in scored]),
        snapshot.classes,
        [image.path for image in scored],
        job["protocol"],
        np.array([split.groups[tested[position]] for position in scores.positions]),
        read_bundle_info(folder / BUNDLE_FOLDER).temperature,
    )
    write_evaluation(folder, evaluation)
    add_figures(folder / BUNDLE_FOLDER, evaluation)
    return {"problems": [[images[position].path, reason] for position, reason in scores.problems.items()]}


def _counting(stage: str, on_event: OnEvent, cancel: threading.Event) -> Callable[[int, int], None]:
    """Return what tells how far a stage is, and raises Cancelled when asked to stop."""
    throttle = Throttle(on_event)

    def on_count(done: int, total: int) -> None:
        if cancel.is_set():
            raise Cancelled
        throttle.progress(stage, done, total)

    return on_count


def _cache(snapshot: Snapshot) -> FeatureCache | None:
    if snapshot.engine != "quick":
        return None
    backbone = find_backbone(snapshot.backbone)
    return FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)


HANDLERS = {"bundle": bundle, "evaluate": evaluate}
