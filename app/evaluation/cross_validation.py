"""Repeated stratified group cross-validation of the quick engine: one honest prediction for every image.

Each image is predicted by models that saw neither it nor its group; the strength of those and their calibration are
chosen inside the folds they learnt from.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from app.engines.linear_head import HEADS, STRENGTHS, Projection, log_loss
from app.errors import Cancelled, InputError
from app.evaluation.calibration import fit_temperature, softmax
from app.features.rooted import root_normalised
from app.parallel import processors

FOLDS = 5
REPEATS = 3
FEWEST_GROUPS = 2
INNER_FOLDS = 4  # of which one chooses strength and temperature

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Fold = tuple[Integers, Integers]
OnCount = Callable[[int, int], None]


@dataclass(frozen=True)
class OutOfFold:
    """Probabilities [N, C], the mean over the repeats, and how many folds and repeats there were."""

    probabilities: NDArray[np.float64]
    folds: int
    repeats: int


def cross_validate(
    features: Floats,
    truth: Integers,
    groups: Integers,
    on_count: OnCount,
    cancel: threading.Event,
    head: str = "logistic",
    seed: int = 0,
    repeats: int = REPEATS,
) -> OutOfFold:
    """Predict every image of features [N, D], classes [N] from 0 upwards without gaps, and groups [N], out of fold.

    Raises InputError where a class has fewer than two groups, and Cancelled.
    """
    fewest = _fewest_groups(truth, groups)
    if fewest < FEWEST_GROUPS:
        raise InputError(
            "A class has too few different images for cross-validation.",
            "Give every class at least two images that are not copies of each other.",
        )
    rooted = root_normalised(features)
    classes = int(truth.max()) + 1
    folds = [fold for repeat in range(repeats) for fold in group_folds(truth, groups, FOLDS, seed + repeat)]
    total = np.zeros((len(truth), classes))

    def score(fold: Fold) -> NDArray[np.float64]:
        if cancel.is_set():
            raise Cancelled
        training, held_out = fold
        return _fold_probabilities(rooted, truth, groups, training, held_out, head, seed)

    with threadpool_limits(limits=1), ThreadPoolExecutor(processors()) as pool:
        for done, ((_, held_out), probabilities) in enumerate(zip(folds, pool.map(score, folds), strict=True), 1):
            total[held_out] += probabilities
            on_count(done, len(folds))
    return OutOfFold(total / total.sum(axis=1, keepdims=True), len(folds) // repeats, repeats)


def group_folds(truth: Integers, groups: Integers, most: int, seed: int) -> Iterator[Fold]:
    """Yield training and held-out positions: stratified by class, at most `most` folds, whole groups on one side."""
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    group_class = truth[first]
    rarest = min(Counter(group_class.tolist()).values())
    splitter = StratifiedKFold(max(2, min(most, rarest)), shuffle=True, random_state=seed)
    for _, held_out_groups in splitter.split(group_class, group_class):
        held_out = np.isin(members, held_out_groups)
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _fewest_groups(truth: Integers, groups: Integers) -> int:
    _, first = np.unique(groups, return_index=True)
    counts = Counter(truth[first].tolist())
    return min(counts[label] for label in np.unique(truth).tolist())


def _fold_probabilities(
    rooted: Floats, truth: Integers, groups: Integers, training: Integers, held_out: Integers, head: str, seed: int
) -> NDArray[np.float64]:
    """Fit on the training positions alone, and return calibrated probabilities of the held-out ones."""
    projection = Projection.fit(rooted[training])
    inside, outside = projection.apply(rooted[training]), projection.apply(rooted[held_out])
    known = truth[training]
    strength, temperature = _chosen(inside, known, groups[training], head, seed)
    logits = HEADS[head](inside, known, strength).logits(outside)
    probabilities = np.zeros((len(held_out), int(truth.max()) + 1))
    probabilities[:, np.unique(known)] = softmax(logits, temperature)
    return probabilities


def _chosen(features: Floats, truth: Integers, groups: Integers, head: str, seed: int) -> tuple[float, float]:
    """Return strength and temperature, chosen on a part of the training images that the trial fits did not see."""
    if _fewest_groups(truth, groups) < FEWEST_GROUPS:
        return STRENGTHS[len(STRENGTHS) // 2], 1.0
    learnt, tried = next(group_folds(truth, groups, INNER_FOLDS, seed))
    numbers, known = np.unique(truth[learnt], return_inverse=True)
    tried = tried[np.isin(truth[tried], numbers)]
    checked = np.searchsorted(numbers, truth[tried])
    logits = {
        strength: HEADS[head](features[learnt], known, strength).logits(features[tried]) for strength in STRENGTHS
    }
    best = min(STRENGTHS, key=lambda strength: log_loss(logits[strength], checked))
    return best, fit_temperature(logits[best], checked)
