"""The worker's job that measures a learning curve on cached features; see app.learning_curve."""

import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.snapshot import TRAIN, VALIDATION, read_snapshot, read_split
from app.engines.worker import Job
from app.evaluation.learning_curve import learning_curve
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("learning curve", "1")


def measure(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Measure the curve of the images of the job's `run` folder that are not for testing."""
    folder = Path(job["run"])
    snapshot, split = read_snapshot(folder), read_split(folder)
    positions = split.positions(TRAIN, VALIDATION)
    images = [snapshot.images[position] for position in positions]
    backbone = find_backbone(snapshot.backbone)
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    throttle = Throttle(on_event)

    def on_count(done: int, total: int) -> None:
        throttle.progress("curve", done, total)

    curve = learning_curve(
        cache.features([image.digest for image in images]),
        np.array([image.label for image in images]),
        np.array([split.groups[position] for position in positions]),
        on_count,
        cancel,
        snapshot.head,
        snapshot.seed,
    )
    return asdict(curve)


HANDLERS = {"learning-curve": measure}
