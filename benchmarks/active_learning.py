"""How many labels suggestions save on the way to 85 % on validation photos, against labelling in random order.

A user is simulated who labels 20 random photos of DATA_TRAIN, then 20 at a time: in the order of `by_uncertainty`, or
at random. After each 20 the quick engine's head is fitted as in training, its strength chosen by cross-validation, and
asked about all photos of DATA_VALIDATION. Five seeds; each draws the first photos and the random order.
Prints `saved` (share of the labels saved, of the means), `interval` (95 %, bootstrap over seeds), `labels_suggested`
and `labels_random` (per seed, as soon as 85 % is reached), `mean_suggested` and `mean_random`.
Usage: python benchmarks/active_learning.py DATA_TRAIN DATA_VALIDATION [--goal SHARE] [--seeds N]
"""

import argparse
import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.assist.analysis import analyse
from app.assist.order import by_uncertainty
from app.assist.suggest import UNLABELLED, Suggester, check_labels
from app.engines.linear_head import Projection, fit_logistic
from app.engines.protocol import Event
from app.engines.quick_training import choose_strength
from app.engines.snapshot import Snapshot
from app.errors import InputError
from app.features.backbones import DEFAULT_BACKBONE
from app.features.duplicates import group_near_duplicates
from app.features.rooted import root_normalised
from app.files import HOME_VARIABLE
from app.project.project import open_or_create
from benchmarks.result import print_result, say

GOAL = 0.85
SEEDS = 5
AT_ONCE = 20
RESAMPLED = 10_000
CACHE = "cache"


@dataclass(frozen=True)
class Photos:
    """Photos [N] with features [N, D], true classes [N], and near-duplicate groups [N]."""

    features: NDArray[np.float32]
    truth: NDArray[np.int64]
    groups: NDArray[np.int64]


def ignore(event: Event) -> None:
    """Take no notice of an event."""


def photos_of(folder: Path, data: tuple[Path, Path]) -> list[Photos]:
    """Compute the features of both folders in a project of their own."""
    cancel = threading.Event()
    with open_or_create(folder, "Photos") as project:
        for one in data:
            project.add_folder(one, lambda done, total: None, cancel)
        analysis = analyse(project, ignore, cancel)
        truth, features = analysis.labels(), analysis.features[:]
        groups = group_near_duplicates(analysis.hashes, features)
        parts = [[row.path.is_relative_to(one) for row in analysis.images] for one in data]
    return [Photos(features[part], truth[part], groups[part]) for part in map(np.array, parts)]


def accuracy(pool: Photos, labelled: NDArray[np.int64], validation: Photos, seed: int) -> float:
    """Train the quick engine's head on some photos and return its share of right answers on the validation photos."""
    class_ids, truth = np.unique(pool.truth[labelled], return_inverse=True)
    names = tuple(str(one) for one in class_ids)
    snapshot = Snapshot("quick", DEFAULT_BACKBONE, "logistic", seed, CACHE, names, ())
    rooted = root_normalised(pool.features[labelled])
    with threadpool_limits(limits=1):
        projection = Projection.fit(rooted)
        projected = projection.apply(rooted)
        try:
            strength, _ = choose_strength(snapshot, projected, truth, pool.groups[labelled], ignore, threading.Event())
        except InputError:  # a class with one photo cannot be trained on
            return 0.0
        head = fit_logistic(projected, truth, strength)
    logits = head.logits(projection.apply(root_normalised(validation.features)))
    return float(np.mean(class_ids[logits.argmax(axis=1)] == validation.truth))


def labels_needed(pool: Photos, validation: Photos, suggester: Suggester | None, seed: int, goal: float) -> int:
    """Label until the goal is reached and return how many labels that took; all photos if it never is."""
    order = np.random.default_rng(seed).permutation(len(pool.truth))
    labels = np.full(len(pool.truth), UNLABELLED)
    labels[order[:AT_ONCE]] = pool.truth[order[:AT_ONCE]]
    while True:
        labelled = np.flatnonzero(labels != UNLABELLED)
        if len(labelled) == len(labels) or accuracy(pool, labelled, validation, seed) >= goal:
            return len(labelled)
        following = order[labels[order] == UNLABELLED]
        if suggester is not None and ready(labels):
            suggestions = suggester.suggest(labels)
            following = by_uncertainty(suggestions, suggester.coordinates, suggestions.unlabelled)
        labels[following[:AT_ONCE]] = pool.truth[following[:AT_ONCE]]


def ready(labels: NDArray[np.int64]) -> bool:
    """Tell whether there are enough labels to suggest others."""
    try:
        check_labels(labels)
    except InputError:
        return False
    return True


def saved(suggested: NDArray[np.float64], at_random: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of labels saved, for labels [..., seeds]."""
    return np.asarray(1 - suggested.mean(axis=-1) / at_random.mean(axis=-1))


def main(data: tuple[Path, Path], goal: float, seeds: int, folder: Path) -> None:
    """Measure both orders and print what suggestions save."""
    os.environ[HOME_VARIABLE] = str(folder / "home")
    say("features")
    pool, validation = photos_of(folder / "project", data)
    suggester = Suggester(pool.features)
    needed: dict[str, list[int]] = {"suggested": [], "random": []}
    for seed in range(seeds):
        needed["suggested"].append(labels_needed(pool, validation, suggester, seed, goal))
        needed["random"].append(labels_needed(pool, validation, None, seed, goal))
        say(f"seed {seed}: {needed['suggested'][-1]} labels suggested, {needed['random'][-1]} at random")
    suggested, at_random = (np.array(needed[order], float) for order in ("suggested", "random"))
    drawn = np.random.default_rng(0).integers(0, seeds, (RESAMPLED, seeds))
    low, high = np.percentile(saved(suggested[drawn], at_random[drawn]), [2.5, 97.5])
    print_result(
        saved=float(saved(suggested, at_random)),
        interval=[round(float(low), 3), round(float(high), 3)],
        goal=goal,
        photos=len(pool.truth),
        validation_photos=len(validation.truth),
        labels_suggested=needed["suggested"],
        labels_random=needed["random"],
        mean_suggested=float(suggested.mean()),
        mean_random=float(at_random.mean()),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure how many labels suggestions save.")
    parser.add_argument("train", metavar="DATA_TRAIN", type=Path)
    parser.add_argument("validation", metavar="DATA_VALIDATION", type=Path)
    parser.add_argument("--goal", metavar="SHARE", type=float, default=GOAL, help="default: 0.85")
    parser.add_argument("--seeds", metavar="N", type=int, default=SEEDS, help="default: 5")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        both = (options.train.expanduser().resolve(), options.validation.expanduser().resolve())
        main(both, options.goal, options.seeds, Path(temporary))
