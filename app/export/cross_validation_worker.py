"""The worker's job that cross-validates on cached features; see app.cross_validation."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.snapshot import read_snapshot, read_split
from app.engines.worker import Job
from app.evaluation.cross_validation import cross_validate as predict_out_of_fold
from app.evaluation.metrics import evaluate
from app.evaluation.report import write_evaluation
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("cross-validation", "1")


def cross_validate(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Predict the images of the job's `run` folder out of fold, and write `evaluation.json` into the folder `to`."""
    folder = Path(job["run"])
    snapshot, split = read_snapshot(folder), read_split(folder)
    positions = [position for position, part in enumerate(split.parts) if part is not None]
    images = [snapshot.images[position] for position in positions]
    backbone = find_backbone(snapshot.backbone)
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    truth = np.array([image.label for image in images])
    groups = np.array([split.groups[position] for position in positions])
    throttle = Throttle(on_event)

    def on_count(done: int, total: int) -> None:
        throttle.progress("folds", done, total)

    features = cache.features([image.digest for image in images])
    found = predict_out_of_fold(features, truth, groups, on_count, cancel, snapshot.head, snapshot.seed)
    protocol = (
        f"Cross-validated on all {len(images):,} labelled images: each was predicted by models that saw neither it nor "
        f"its near-duplicates and group ({found.folds} folds, {found.repeats} times, the mean of their answers). "
        "Strength and calibration were chosen inside the folds. This measures the quick engine on these images, not "
        "one exported model."
    )
    paths = [image.path for image in images]
    write_evaluation(Path(job["to"]), evaluate(found.probabilities, truth, snapshot.classes, paths, protocol, groups))
    return {"images": len(images), "folds": found.folds, "repeats": found.repeats}


HANDLERS = {"cross-validate": cross_validate}
