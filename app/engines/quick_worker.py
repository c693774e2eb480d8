"""The `quick` engine: frozen pretrained features by ONNX Runtime, a linear head by scikit-learn."""

import threading
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import onnxruntime

from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.resident_memory import resident_mb
from app.engines.snapshot import TEST, TRAIN, VALIDATION, read_snapshot, read_split, write_split
from app.engines.splitting import leaks_of, split_snapshot
from app.engines.worker import Job
from app.features.backbones import find_backbone, network_file
from app.features.cache import FeatureCache
from app.features.extractor import Extractor, ImageFile, fill_cache

TRAINING = "app.engines.quick_training"
WARM_UP = (TRAINING,)  # scikit-learn takes longer to import than the worker to start


def compute_features(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Fill the feature cache for the images of the snapshot in the job's `run` folder."""
    snapshot = read_snapshot(Path(job["run"]))
    backbone = find_backbone(snapshot.backbone)
    throttle = Throttle(on_event)

    def on_rate(done: int, total: int, rate: float) -> None:
        throttle.progress("features", done, total, images_per_second=rate, memory_mb=resident_mb())

    files = [ImageFile(Path(image.path), image.digest) for image in snapshot.images]
    extraction = fill_cache(
        lambda: Extractor(network_file(backbone), backbone.side),
        FeatureCache(Path(snapshot.cache), backbone.id, backbone.features),
        files,
        on_rate,
        cancel,
    )
    return {
        "problems": [[position, reason] for position, reason in extraction.problems.items()],
        "decode_s": extraction.decode_s,
        "total_s": extraction.total_s,
    }


def split(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Divide the images of the job's `run` folder, but for the `unreadable` positions, and write `split.json`."""
    folder = Path(job["run"])
    snapshot = read_snapshot(folder)
    parts = split_snapshot(snapshot, set(job["unreadable"]))
    write_split(folder, parts)
    trained = Counter(snapshot.images[position].label for position in parts.positions(TRAIN, VALIDATION))
    return {
        "trained": [trained[label] for label in range(len(snapshot.classes))],
        "tested": len(parts.positions(TEST)),
        "leaks": leaks_of(snapshot, parts),
    }


def train(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Fit the head on the training part of the job's `run` folder, and write network and validation scores there."""
    folder = Path(job["run"])
    return import_module(TRAINING).train_head(folder, read_snapshot(folder), read_split(folder), on_event, cancel)


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("quick", onnxruntime.__version__)


HANDLERS = {"features": compute_features, "split": split, "train": train}
