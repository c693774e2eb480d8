"""The jobs of the `torch` engine: decoded pictures, and fine-tuning from the head start to the ONNX network."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.engines.activations import Activations, store_activations
from app.engines.devices import Device, choose_device
from app.engines.fine_tuning import Asked, FineTuning, Task
from app.engines.imbalance import correction
from app.engines.linear_head import LinearHead
from app.engines.pixel_cache import CachedPictures, PixelCache
from app.engines.progress import Throttle
from app.engines.protocol import Hello, Note, OnEvent
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
from app.engines.torch_backbones import load_backbone
from app.engines.tuned_heads import fit_head
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import BATCH, Pictures, Source, planes
from app.engines.tuning_output import Learnt, write_output
from app.engines.tuning_settings import tuning_settings
from app.engines.validation_part import divide
from app.engines.worker import Job
from app.errors import Cancelled
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache
from app.settings import TorchSettings

ACTIVATIONS_FILE = "activations.npy"


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
    settings = tuning_settings(snapshot)
    if settings.deterministic:
        torch.use_deterministic_algorithms(True)
    parts = divide(snapshot, split)
    training, validation = (_pictures(snapshot, part) for part in (parts.training, parts.validation))
    truth, judged = (_truth(snapshot, part) for part in (parts.training, parts.validation))
    torch.manual_seed(snapshot.seed)
    weights, prior, chances = _corrected(truth, snapshot, settings, on_event)
    start = _head_start(snapshot, split, parts.training, cancel)
    network = TunedNetwork(load_backbone(snapshot.backbone), start.without(prior.numpy()))
    device = choose_device(settings.device, network, planes(training[list(range(min(64, len(training))))]), on_event)
    source: Source = Pictures(training, settings)
    if settings.trained == "upper":
        source = _stored(folder, network, training, snapshot, on_event, cancel)
    task = Task(
        source,
        truth,
        weights,
        prior,
        chances,
        _validation(network, validation, judged, settings, device, cancel),
    )
    tuning = FineTuning(network, task, settings, snapshot.seed, folder / CHECKPOINT_FILE, on_event, device)
    state = tuning.run(Asked(cancel.is_set, (folder / FINISH_FILE).exists))
    network.to("cpu")
    learnt = Learnt(snapshot, split, parts, training, validation, prior.numpy())
    write_output(folder, network, learnt, on_event, cancel)
    (folder / ACTIVATIONS_FILE).unlink(missing_ok=True)
    return {"epochs": state.epoch, "best_epoch": state.best_epoch, "losses": state.losses, "history": state.history}


def _stored(
    folder: Path,
    network: TunedNetwork,
    training: CachedPictures,
    snapshot: Snapshot,
    on_event: OnEvent,
    cancel: threading.Event,
) -> Activations:
    settings, throttle = tuning_settings(snapshot), Throttle(on_event)
    return store_activations(
        folder / ACTIVATIONS_FILE,
        network,
        training,
        settings,
        snapshot.seed,
        lambda done, total: _report(throttle, "lower", done, total),
        cancel,
    )


def _report(throttle: Throttle, stage: str, done: int, total: int) -> None:
    throttle.progress(stage, done, total)


def _cache(snapshot: Snapshot) -> PixelCache:
    return PixelCache(Path(snapshot.cache), tuning_settings(snapshot).side)


def _pictures(snapshot: Snapshot, positions: list[int]) -> CachedPictures:
    return _cache(snapshot).pictures([snapshot.images[position].digest for position in positions])


def _truth(snapshot: Snapshot, positions: list[int]) -> Tensor:
    return torch.tensor([snapshot.images[position].label for position in positions], dtype=torch.long)


def _head_start(snapshot: Snapshot, split: Split, positions: list[int], cancel: threading.Event) -> LinearHead:
    """Fit the quick engine's logistic regression on the training part alone."""
    backbone = find_backbone(snapshot.backbone)
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    features = cache.features([snapshot.images[position].digest for position in positions])
    return fit_head(features, replace(snapshot, head="logistic"), split, positions, lambda event: None, cancel)


def _corrected(
    truth: Tensor, snapshot: Snapshot, settings: TorchSettings, on_event: OnEvent
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return each class's weight, which is the root of its rareness or 1, its prior, and images' chances."""
    counts = Counter(truth.tolist())
    sizes = torch.tensor([counts[label] for label in range(len(snapshot.classes))], dtype=torch.float)
    found = correction([int(size) for size in sizes], snapshot.classes, settings)
    if found.reason:
        on_event(Note(found.reason))
    weights = (sizes.mean() / sizes).sqrt() if found.weighted else torch.ones(len(sizes))
    prior = (sizes.clamp(min=1) / sizes.sum()).log() if found.evened else torch.zeros(len(sizes))
    return weights, prior, (1 / sizes)[truth] if found.sampled else None


def _validation(
    network: TunedNetwork,
    pictures: CachedPictures,
    truth: Tensor,
    settings: TorchSettings,
    device: Device,
    cancel: threading.Event,
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
                kept.append(network.middle(device.moved(planes(pictures[some]))).half())
            middle = kept[number].float() if upper else network.middle(device.moved(planes(pictures[some])))
            scores.append(network.logits(network.features(middle)).cpu())
        return (torch.cat(scores) if scores else torch.empty(0, network.classifier.out_features)), truth

    return validate


def _places(count: int) -> list[list[int]]:
    return [list(range(start, min(start + BATCH, count))) for start in range(0, count, BATCH)]


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("torch", torch.__version__)


HANDLERS = {"pixels": decode_pictures, "fine_tune": fine_tune}
