"""Fit the quick engine's head: choose its strength by cross-validation, then write network and scores."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from app.engines.linear_head import (
    HEADS,
    STRENGTHS,
    Floats,
    Integers,
    Projection,
    head_network,
    log_loss,
)
from app.engines.protocol import OnEvent, Progress
from app.engines.recalls import validation_shares
from app.engines.snapshot import NETWORK_FILE, TRAIN, VALIDATION, VALIDATION_FILE, Snapshot, Split
from app.errors import Cancelled, InputError
from app.features.backbones import find_backbone, network_file
from app.features.cache import FeatureCache
from app.features.outputs import FEATURES
from app.features.rooted import root_normalised
from app.files import write_bytes
from app.parallel import processors

FOLDS = 5
FEWEST_GROUPS = 2


def train_head(
    folder: Path, snapshot: Snapshot, split: Split, on_event: OnEvent, cancel: threading.Event
) -> dict[str, Any]:
    """Write `network.onnx` (pixels → logits, features) and `validation.npz` (out-of-fold logits [N, classes])."""
    backbone = find_backbone(snapshot.backbone)
    positions = split.positions(TRAIN, VALIDATION)
    images = [snapshot.images[position] for position in positions]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    features = root_normalised(cache.features([image.digest for image in images]))
    truth = np.array([image.label for image in images])
    groups = np.array([split.groups[position] for position in positions])
    # A fit is many small products: threads inside them cost more than they give, folds side by side do not.
    with threadpool_limits(limits=1):
        projection = Projection.fit(features)
        projected = projection.apply(features)
        strength, logits = choose_strength(snapshot, projected, truth, groups, on_event, cancel)
        head = HEADS[snapshot.head](projected, truth, strength)
    network = head_network(network_file(backbone), {FEATURES: head.behind(projection)})
    write_bytes(folder / NETWORK_FILE, network.SerializeToString())
    np.savez(folder / VALIDATION_FILE, logits=logits, truth=truth)
    return {"strength": strength, "images": len(images)}


def choose_strength(
    snapshot: Snapshot,
    features: Floats,
    truth: Integers,
    groups: Integers,
    on_event: OnEvent,
    cancel: threading.Event,
) -> tuple[float, Floats]:
    """Return the strength with the lowest out-of-fold log loss, and its out-of-fold logits [N, classes].

    Where the settings name a strength, it is the only one that is tried.
    """
    _check_groups(snapshot.classes, truth, groups)
    folds = list(_folds(truth, groups, snapshot.seed))
    fit = HEADS[snapshot.head]
    named = float(snapshot.settings.get("strength", 0))
    strengths = (named,) if named else STRENGTHS
    best: tuple[float, float, Floats] | None = None

    def score_fold(fold: tuple[Integers, Integers], strength: float) -> Floats:
        training, held_out = fold
        return fit(features[training], truth[training], strength).logits(features[held_out])

    with ThreadPoolExecutor(processors()) as pool:
        for done, strength in enumerate(strengths, 1):
            if cancel.is_set():
                raise Cancelled
            logits = np.empty((len(truth), len(snapshot.classes)), np.float32)
            scores = pool.map(score_fold, folds, [strength] * len(folds))
            for (_, held_out), fold_logits in zip(folds, scores, strict=True):
                logits[held_out] = fold_logits
            loss = log_loss(logits, truth)
            values = {"strength": strength, "validation_loss": loss, **validation_shares(logits, truth)}
            on_event(Progress("fit", done, len(strengths), values))
            if best is None or loss < best[1]:
                best = (strength, loss, logits)
    assert best is not None
    return best[0], best[2]


def _check_groups(classes: Sequence[str], truth: Integers, groups: Integers) -> None:
    """Raise InputError for a class that cannot be both learnt and checked on."""
    _, first = np.unique(groups, return_index=True)
    counts = Counter(truth[first].tolist())
    short = [classes[label] for label in np.unique(truth).tolist() if counts[label] < FEWEST_GROUPS]
    if short:
        others = f", and so have {len(short) - 1:,} others" if len(short) > 1 else ""
        raise InputError(
            f"The class “{short[0]}” has too few different images to train on{others}.",
            "Give every class at least two images that are not copies of each other, nor of another class's.",
        )


def _folds(truth: Integers, groups: Integers, seed: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield training and held-out positions, stratified by class, near-duplicates on the same side.

    Whole groups are dealt out by the class of their first image; scikit-learn's StratifiedGroupKFold does the same
    by search, which takes longer than all the fits.
    """
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    group_class = truth[first]
    rarest = min(Counter(group_class.tolist()).values())
    splitter = StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=seed)
    for _, held_out_groups in splitter.split(group_class, group_class):
        held_out = np.isin(members, held_out_groups)
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out)
