"""The jobs of the `torch` engine: decoded pictures, and fine-tuning from the head start to the ONNX network."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from app.engines.fine_tuning import Asked, FineTuning, Task
from app.engines.linear_head import HEADS, LinearHead, Projection
from app.engines.pixel_cache import CachedPictures, PixelCache
from app.engines.progress import Throttle
from app.engines.protocol import Hello, Note, OnEvent
from app.engines.quick_training import choose_strength
from app.engines.snapshot import (
    CHECKPOINT_FILE,
    FINISH_FILE,
    TRAIN,
    VALIDATION,
    Snapshot,
    Split,
    read_snapshot,
    read_split,
)
from app.engines.torch_models import load_efficientnet_lite
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import BATCH, Pictures, planes, store_activations
from app.engines.tuning_output import write_output
from app.engines.validation_part import divide
from app.engines.worker import Job
from app.errors import Cancelled
from app.features.backbones import BACKBONES, weights_file
from app.features.cache import FeatureCache
from app.features.rooted import root_normalised
from app.settings import TorchSettings

ACTIVATIONS_FILE = "activations.npy"
IMBALANCED = 10  # times as many images as the smallest class has


def decode_pictures(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Fill the cache of pictures for the training part of the job's `run` folder."""
    folder = Path(job["run"])
    snapshot, split = read_snapshot(folder), read_split(folder)
    throttle = Throttle(on_event)
    images = [snapshot.images[position] for position in split.positions(TRAIN, VALIDATION)]
    _cache(snapshot).fill(images, lambda done, total: _report(throttle, "pixels", done, total), cancel)
    return {}


def fine_tune(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Fine-tune on the job's `run` folder, or go on from its checkpoint, and write network and validation scores."""
    folder = Path(job["run"])
    snapshot, split = read_snapshot(folder), read_split(folder)
    settings = TorchSettings(**snapshot.settings)  # type: ignore[arg-type]
    if settings.deterministic:
        torch.use_deterministic_algorithms(True)
    parts = divide(snapshot, split)
    training, validation = (_pictures(snapshot, part) for part in (parts.training, parts.validation))
    truth, judged = (_truth(snapshot, part) for part in (parts.training, parts.validation))
    torch.manual_seed(snapshot.seed)
    backbone = BACKBONES[snapshot.backbone]
    start = _head_start(snapshot, split, parts.training, on_event, cancel)
    network = TunedNetwork(load_efficientnet_lite(weights_file(backbone), backbone.width, backbone.depth), start)
    source: Any = Pictures(training, settings)
    if settings.trained == "upper":
        throttle = Throttle(on_event)
        source = store_activations(
            folder / ACTIVATIONS_FILE,
            network,
            training,
            settings,
            snapshot.seed,
            lambda done, total: _report(throttle, "lower", done, total),
            cancel,
        )
    task = Task(
        source,
        truth,
        _class_weights(truth, snapshot.classes, settings.class_weights, on_event),
        _validation(network, validation, judged, settings, cancel),
    )
    tuning = FineTuning(network, task, settings, snapshot.seed, folder / CHECKPOINT_FILE, on_event)
    state = tuning.run(Asked(cancel.is_set, (folder / FINISH_FILE).exists))
    write_output(folder, network, snapshot, split, parts, training, validation, on_event, cancel)
    (folder / ACTIVATIONS_FILE).unlink(missing_ok=True)
    return {"epochs": state.epoch, "best_epoch": state.best_epoch, "losses": state.losses, "history": state.history}


def _report(throttle: Throttle, stage: str, done: int, total: int) -> None:
    throttle.progress(stage, done, total)


def _cache(snapshot: Snapshot) -> PixelCache:
    return PixelCache(Path(snapshot.cache), BACKBONES[snapshot.backbone].side)


def _pictures(snapshot: Snapshot, positions: list[int]) -> CachedPictures:
    return _cache(snapshot).pictures([snapshot.images[position].digest for position in positions])


def _truth(snapshot: Snapshot, positions: list[int]) -> Tensor:
    return torch.tensor([snapshot.images[position].label for position in positions], dtype=torch.long)


def _head_start(
    snapshot: Snapshot, split: Split, positions: list[int], on_event: OnEvent, cancel: threading.Event
) -> LinearHead:
    """Fit the quick engine's logistic regression on the training part alone."""
    backbone = BACKBONES[snapshot.backbone]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    features = root_normalised(cache.features([snapshot.images[position].digest for position in positions]))
    truth = np.array([snapshot.images[position].label for position in positions])
    groups = np.array([split.groups[position] for position in positions])
    with threadpool_limits(limits=1):
        projection = Projection.fit(features)
        projected = projection.apply(features)
        logistic = replace(snapshot, head="logistic")
        strength, _ = choose_strength(logistic, projected, truth, groups, lambda event: None, cancel)
        head = HEADS["logistic"](projected, truth, strength)
    weights = head.weights @ projection.components
    return LinearHead(weights, (head.bias - weights @ projection.mean).astype(np.float32))


def _class_weights(truth: Tensor, classes: tuple[str, ...], wish: str, on_event: OnEvent) -> Tensor:
    """Return the weight of each class: the root of how much rarer it is than the average, or 1."""
    counts = Counter(truth.tolist())
    sizes = torch.tensor([counts[label] for label in range(len(classes))], dtype=torch.float)
    most, least = int(sizes.argmax()), int(sizes.argmin())
    if wish == "off" or (wish == "auto" and sizes[most] < IMBALANCED * sizes[least]):
        return torch.ones(len(classes))
    if wish == "auto":
        on_event(
            Note(
                f"Rare classes count more, as “{classes[most]}” has {int(sizes[most]):,} training images "
                f"and “{classes[least]}” only {int(sizes[least]):,}."
            )
        )
    return (sizes.mean() / sizes).sqrt()


def _validation(
    network: TunedNetwork, pictures: CachedPictures, truth: Tensor, settings: TorchSettings, cancel: threading.Event
) -> Callable[[], tuple[Tensor, Tensor]]:
    """Return what scores the validation part or raises Cancelled; what frozen blocks see of it is computed once."""
    upper = settings.trained == "upper"
    places = _places(len(pictures))
    kept: list[Tensor] = []

    def validate() -> tuple[Tensor, Tensor]:
        scores = []
        for number, some in enumerate(places):
            if cancel.is_set():
                raise Cancelled
            if upper and number == len(kept):
                kept.append(network.middle(planes(pictures[some])).half())
            middle = kept[number].float() if upper else network.middle(planes(pictures[some]))
            scores.append(network.logits(network.features(middle)))
        return (torch.cat(scores) if scores else torch.empty(0, network.classifier.out_features)), truth

    return validate


def _places(count: int) -> list[list[int]]:
    return [list(range(start, min(start + BATCH, count))) for start in range(0, count, BATCH)]


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("torch", torch.__version__)


HANDLERS = {"pixels": decode_pictures, "fine_tune": fine_tune}
