"""What fine-tuning leaves: the network as ONNX, proved to answer like the one that was trained, and its scores."""

import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.utils import Extractor

from app.engines.linear_head import LinearHead, head_network
from app.engines.mirrored import Mirrored, looking
from app.engines.pixel_cache import CachedPictures
from app.engines.progress import Throttle
from app.engines.protocol import OnEvent
from app.engines.snapshot import NETWORK_FILE, VALIDATION_FILE, Snapshot, Split
from app.engines.torch_backbones import load_backbone
from app.engines.torch_to_onnx import PIXELS, FeatureNetwork, TwoNetworks, looking_network_onnx
from app.engines.tunable import Tunable
from app.engines.tuned_heads import fit_head, logits_of
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import BATCH, planes
from app.engines.tuning_settings import tuning_settings
from app.engines.validation_part import Parts
from app.errors import Cancelled, EngineError
from app.features.outputs import FEATURES, LOGITS, SECOND_FEATURES
from app.files import write_bytes
from app.onnx_sessions import open_session
from app.parallel import map_in_order
from app.settings.torch import NONE

FEATURES_FILE = "features.onnx"
COMPARED = 8  # pictures
MOST_DIFFERENCE = 1e-3  # of a logit, which is tens, between torch and ONNX Runtime
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Learnt:
    """What a run learnt from: the training part, the validation part, and the prior [C] that its logits do not tell."""

    snapshot: Snapshot
    split: Split
    parts: Parts
    training: CachedPictures
    validation: CachedPictures
    prior: Floats


@torch.no_grad()
def write_output(
    folder: Path, network: TunedNetwork, learnt: Learnt, on_event: OnEvent, cancel: threading.Event
) -> None:
    """Write `network.onnx` and `validation.npz`; raises EngineError where ONNX Runtime answers differently."""
    snapshot, settings = learnt.snapshot, tuning_settings(learnt.snapshot)
    backbone = looking(network.backbone, settings.looks_twice)
    own = network.head()
    width = own.weights.shape[1]
    if snapshot.head == "svm":
        features = _features(backbone, learnt.training, width, cancel)
        own = fit_head(features, snapshot, learnt.split, learnt.parts.training, on_event, cancel)
    whole: FeatureNetwork | TwoNetworks = FeatureNetwork(backbone)
    if settings.second_network != NONE:
        whole = TwoNetworks(backbone, looking(load_backbone(settings.second_network), settings.looks_twice))
    raw = looking_network_onnx(whole, settings.side)
    heads, seen = {FEATURES: own}, {FEATURES: _features(backbone, learnt.validation, width, cancel)}
    if settings.second_answers:
        second, features = _second_head(raw, learnt, on_event, cancel)
        heads = {FEATURES: own.times(1 - settings.second_share), SECOND_FEATURES: second.times(settings.second_share)}
        seen[SECOND_FEATURES] = features
    _write_network(folder, raw, heads)
    _compare(folder / NETWORK_FILE, heads, whole, learnt.training[list(range(min(COMPARED, len(learnt.training))))])
    positions = learnt.parts.validation
    truth = np.array([snapshot.images[position].label for position in positions], np.int64)
    logits = logits_of(heads, seen)
    np.savez(folder / VALIDATION_FILE, logits=logits, truth=truth, positions=np.array(positions, np.int64))


def _features(backbone: Tunable | Mirrored, pictures: CachedPictures, width: int, cancel: threading.Event) -> Floats:
    rows = [np.empty((0, width), np.float32)]
    for start in range(0, len(pictures), BATCH):
        if cancel.is_set():
            raise Cancelled
        places = list(range(start, min(start + BATCH, len(pictures))))
        rows.append(backbone(backbone.normalised(planes(pictures[places]))).numpy())
    return np.concatenate(rows)


def _second_head(raw: bytes, learnt: Learnt, on_event: OnEvent, cancel: threading.Event) -> tuple[LinearHead, Floats]:
    """Fit a head on what the second network sees of the training part; return it, and what it sees of the other."""
    network = Extractor(onnx.load_from_string(raw)).extract_model([PIXELS], [SECOND_FEATURES])
    session, throttle, rows = open_session(network.SerializeToString()), Throttle(on_event), []
    pictures = (part[[place]] for part in (learnt.training, learnt.validation) for place in range(len(part)))
    with closing(map_in_order(lambda pixels: session.run([SECOND_FEATURES], {PIXELS: pixels})[0], pictures)) as found:
        for row in found:
            if cancel.is_set():
                raise Cancelled
            rows.append(row)
            throttle.progress("second", len(rows), len(learnt.training) + len(learnt.validation))
    features = np.concatenate(rows)
    count = len(learnt.training)
    head = fit_head(features[:count], learnt.snapshot, learnt.split, learnt.parts.training, lambda event: None, cancel)
    return head.without(learnt.prior) if learnt.snapshot.head == "logistic" else head, features[count:]


def _write_network(folder: Path, raw: bytes, heads: dict[str, LinearHead]) -> None:
    features = folder / FEATURES_FILE
    features.write_bytes(raw)
    try:
        write_bytes(folder / NETWORK_FILE, head_network(features, heads).SerializeToString())
    finally:
        features.unlink(missing_ok=True)


def _compare(
    path: Path, heads: dict[str, LinearHead], whole: FeatureNetwork | TwoNetworks, pixels: NDArray[np.uint8]
) -> None:
    found = whole(torch.from_numpy(pixels))
    views = found if isinstance(found, tuple) else (found,)
    seen = {name: view.numpy() for name, view in zip(whole.gives, views, strict=True)}
    answers = open_session(path).run([LOGITS, *whole.gives[1:]], {PIXELS: pixels})
    expected = [logits_of(heads, seen), *(seen[name] for name in whole.gives[1:])]
    differences = [np.abs(one - other).max(initial=0.0) for one, other in zip(answers, expected, strict=True)]
    difference = float(max(differences))
    if not difference <= MOST_DIFFERENCE:
        raise EngineError(
            f"The exported network's answers differ from the trained one's by {difference:.1e}.",
            "It was not kept. Please report this, with the log file.",
        )
