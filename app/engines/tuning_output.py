"""What fine-tuning leaves: the network as ONNX, proved to answer like the one that was trained, and its scores."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.engines.linear_head import HEADS, LinearHead, Projection, head_network
from app.engines.mirrored import Mirrored, looking
from app.engines.pixel_cache import CachedPictures
from app.engines.protocol import OnEvent
from app.engines.quick_training import choose_strength
from app.engines.snapshot import NETWORK_FILE, VALIDATION_FILE, Snapshot, Split
from app.engines.torch_backbones import load_backbone
from app.engines.torch_to_onnx import FeatureNetwork, TwoNetworks, looking_network_onnx
from app.engines.tunable import Tunable
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import BATCH, planes
from app.engines.tuning_settings import tuning_settings
from app.engines.validation_part import Parts
from app.errors import Cancelled, EngineError
from app.features.rooted import root_normalised
from app.files import write_bytes
from app.onnx_sessions import open_session
from app.settings.torch import NONE

FEATURES_FILE = "features.onnx"
COMPARED = 8  # pictures
MOST_DIFFERENCE = 1e-3  # of a logit, which is tens, between torch and ONNX Runtime
Floats = NDArray[np.float32]


@torch.no_grad()
def write_output(
    folder: Path,
    network: TunedNetwork,
    snapshot: Snapshot,
    split: Split,
    parts: Parts,
    training: CachedPictures,
    validation: CachedPictures,
    on_event: OnEvent,
    cancel: threading.Event,
) -> None:
    """Write `network.onnx` and `validation.npz`; raises EngineError where ONNX Runtime answers differently."""
    settings, head = tuning_settings(snapshot), network.head()
    width = head.weights.shape[1]
    backbone = looking(network.backbone, settings.looks_twice)
    if snapshot.head == "svm":
        refined = replace(snapshot, head="svm")
        head = _svm(_features(backbone, training, width, cancel), refined, split, parts.training, on_event, cancel)
        network.classifier.weight.copy_(torch.from_numpy(head.weights))
        network.classifier.bias.copy_(torch.from_numpy(head.bias))
    features = _features(backbone, validation, width, cancel)
    logits = network.logits(torch.from_numpy(features)).numpy()
    truth = np.array([snapshot.images[position].label for position in parts.validation], np.int64)
    whole: FeatureNetwork | TwoNetworks = FeatureNetwork(backbone)
    if settings.second_network != NONE:
        whole = TwoNetworks(backbone, looking(load_backbone(settings.second_network), settings.looks_twice))
    _write_network(folder, whole, head, settings.side)
    _compare(folder / NETWORK_FILE, network, whole, training[list(range(min(COMPARED, len(training))))])
    np.savez(folder / VALIDATION_FILE, logits=logits, truth=truth, positions=np.array(parts.validation, np.int64))


def _features(backbone: Tunable | Mirrored, pictures: CachedPictures, width: int, cancel: threading.Event) -> Floats:
    rows = [np.empty((0, width), np.float32)]
    for start in range(0, len(pictures), BATCH):
        if cancel.is_set():
            raise Cancelled
        places = list(range(start, min(start + BATCH, len(pictures))))
        rows.append(backbone(backbone.normalised(planes(pictures[places]))).numpy())
    return np.concatenate(rows)


def _svm(
    features: Floats,
    snapshot: Snapshot,
    split: Split,
    positions: list[int],
    on_event: OnEvent,
    cancel: threading.Event,
) -> LinearHead:
    """Fit a linear support vector machine on the refined features, its strength chosen by cross-validation."""
    truth = np.array([snapshot.images[position].label for position in positions])
    groups = np.array([split.groups[position] for position in positions])
    rooted = root_normalised(features)
    with threadpool_limits(limits=1):
        projection = Projection.fit(rooted)
        projected = projection.apply(rooted)
        strength, _ = choose_strength(snapshot, projected, truth, groups, on_event, cancel)
        head = HEADS["svm"](projected, truth, strength)
    weights = head.weights @ projection.components
    return LinearHead(weights, (head.bias - weights @ projection.mean).astype(np.float32))


def _write_network(folder: Path, whole: FeatureNetwork | TwoNetworks, head: LinearHead, side: int) -> None:
    width = head.weights.shape[1]
    everything = Projection(np.zeros(width, np.float32), np.eye(width, dtype=np.float32))
    raw = folder / FEATURES_FILE
    raw.write_bytes(looking_network_onnx(whole, side))
    try:
        write_bytes(folder / NETWORK_FILE, head_network(raw, everything, head).SerializeToString())
    finally:
        raw.unlink(missing_ok=True)


def _compare(path: Path, network: TunedNetwork, whole: FeatureNetwork | TwoNetworks, pixels: NDArray[np.uint8]) -> None:
    seen = whole(torch.from_numpy(pixels))
    features, *second = seen if isinstance(seen, tuple) else (seen,)
    expected = [network.logits(features), *second]
    found = open_session(path).run(["logits", *whole.gives[1:]], {"pixels": pixels})
    differences = [np.abs(one - other.numpy()).max(initial=0.0) for one, other in zip(found, expected, strict=True)]
    difference = float(max(differences))
    if not difference <= MOST_DIFFERENCE:
        raise EngineError(
            f"The exported network's answers differ from the trained one's by {difference:.1e}.",
            "It was not kept. Please report this, with the log file.",
        )
