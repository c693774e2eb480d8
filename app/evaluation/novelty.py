"""How little an image is like any of the classes: a score from its features, so that "none of these" can be said.

Each class is regressed, as 1 inside and 0 outside, on Gaussian similarities to training images. Far from everything,
all of these memberships are 0. Each is compared with what is usual for images of its class; the best counts, and its
lead over the second. So does how far the nearest training images are, against how far those are from their own
neighbours (Breunig et al., "LOF: identifying density-based local outliers", 2000).
Measured against other scores in docs/decisions.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh
from scipy.special import expit

from app.errors import InputError

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

PROJECTED = 256  # dimensions kept of the features: as good as all of them
LANDMARKS = 1024
SHARPNESS = 2.0  # similarity is exp(-SHARPNESS * squared distance); rooted features are at most 2 apart
PENALTY = 0.1
FOLDS = 5
TINY = 1e-12
JITTERS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)  # of the mean diagonal; more where many images are copies of one
NEIGHBOURS = 10
FURTHEST = 4.0  # squared distance of two rooted features
LEAST_REACH = 0.05  # so that a heap of copies is no measure of distance
# The score is a sum, through the logistic function: usual images of a class get about 0.2, and far ones 1.
LEAD = 0.5  # weight of the best membership's lead over the second
STRAYING = 2.0  # weight of the ratio of distances
MIDDLE = 1.2  # sum that makes 0.5
STEEPNESS = 3.0


@dataclass(frozen=True)
class Novelty:
    """The fitted score: mean [D], components [P, D], landmarks [M, P], weights [M, classes], and how to judge by them.

    `scale` and `bias` [classes] bring memberships to 1 for usual images of a class. `reach` [M] is the mean distance of
    a landmark to its nearest ones.
    """

    mean: Floats
    components: Floats
    landmarks: Floats
    weights: Floats
    scale: Floats
    bias: Floats
    reach: Floats

    def scores(self, features: Floats) -> Floats:
        """Return the novelty [N], 0 (like a class) to 1 (like none), of a network's features [N, D]."""
        squares = self._squares(features)
        memberships: Floats = similarities(squares) @ self.weights
        return _novelty(memberships, self.scale, self.bias, straying(squares, self.reach))

    def memberships(self, features: Floats) -> Floats:
        """Return how much features [N, D] are like each class [N, classes], 1 being usual for images of it."""
        result: Floats = similarities(self._squares(features)) @ self.weights * self.scale + self.bias
        return result

    def _squares(self, features: Floats) -> Floats:
        centred = rooted(features) - self.mean
        return squared_distances(centred, centred @ self.components.T, self.landmarks)


def _novelty(memberships: Floats, scale: Floats, bias: Floats, strayed: Floats) -> Floats:
    second, best = np.partition(memberships, -2, axis=1)[:, -2:].T
    likest = (memberships * scale + bias).max(axis=1)
    total = STRAYING * strayed - likest - LEAD * (best - second)
    novelty: Floats = expit(STEEPNESS * (total - MIDDLE)).astype(np.float32)
    return novelty


def straying(squares: Floats, reach: Floats) -> Floats:
    """Return how much further rows [N] are from the nearest landmarks than those usually are from theirs.

    Takes squared distances [N, M] and the landmarks' reach [M].
    """
    nearest = _nearest(squares)
    result: Floats = _mean_distance(squares, nearest) / reach[nearest].mean(axis=1)
    return result


def _nearest(squares: Floats) -> Integers:
    count = min(NEIGHBOURS, squares.shape[1])
    nearest: Integers = np.argpartition(squares, count - 1, axis=1)[:, :count]
    return nearest


def _mean_distance(squares: Floats, nearest: Integers) -> Floats:
    mean: Floats = np.sqrt(np.take_along_axis(squares, nearest, axis=1)).mean(axis=1)
    return mean


def rooted(features: Floats) -> Floats:
    """Give features [N, D] length 1 after taking roots, the signs kept; zeros stay zeros."""
    result: Floats = np.sign(features) * np.sqrt(np.abs(features) / _summed(features))
    return result


def side_by_side(views: Sequence[Floats]) -> Floats:
    """Join what several networks see of images, features [N, D] each, to features [N, views · D] of equal weight."""
    return np.hstack([one / _summed(one) for one in views])


def _summed(features: Floats) -> Floats:
    """Return the sum [N, 1] of the sizes of features [N, D], which is never 0."""
    total: Floats = np.maximum(np.abs(features).sum(axis=1, keepdims=True), TINY)
    return total


def squared_distances(centred: Floats, projected: Floats, landmarks: Floats) -> Floats:
    """Return the squared distance [N, M] of rows [N, D], projected [N, P], to landmarks [M, P].

    What the projection leaves out of a row counts as distance, so that a row from elsewhere is like nothing.
    """
    squares = (centred**2).sum(axis=1)[:, np.newaxis] + (landmarks**2).sum(axis=1) - 2 * projected @ landmarks.T
    result: Floats = np.maximum(squares, 0).astype(np.float32)
    return result


def similarities(squares: Floats) -> Floats:
    """Return Gaussian similarities, 0 to 1, for squared distances."""
    result: Floats = np.exp(-SHARPNESS * squares)
    return result


def fit_novelty(features: Floats, truth: Integers, groups: Integers, seed: int = 0) -> tuple[Novelty, Floats]:
    """Fit to features [N, D], classes [N] and near-duplicate groups [N]; also return out-of-fold novelty [N].

    Every class weighs the same, however many images it has. Raises InputError for fewer than two classes.
    """
    classes = int(truth.max(initial=0)) + 1
    if len(np.unique(truth)) < 2:
        raise InputError("There is only one class, and nothing to tell apart.", "Add a second class.")
    mean, components = _main_directions(rooted(features))
    centred = rooted(features) - mean
    projected: Floats = centred @ components.T
    chosen = np.sort(np.random.default_rng(seed).permutation(len(truth))[:LANDMARKS])
    landmarks = projected[chosen]
    squares = squared_distances(centred, projected, landmarks)
    similar = similarities(squares)
    weight = (len(truth) / (classes * np.bincount(truth, minlength=classes)[truth])).astype(np.float32)
    penalty = PENALTY * similarities(squared_distances(landmarks, landmarks, landmarks)).astype(np.float64)
    folds = _fold_of(groups, seed)
    members = [np.flatnonzero(folds == fold) for fold in range(FOLDS)]
    moments = [_moments(similar[rows], truth[rows], weight[rows], classes) for rows in members]
    products, sums = (sum(parts) for parts in zip(*moments, strict=True))
    held_out = np.zeros((len(truth), classes), np.float32)
    for rows, (product, total) in zip(members, moments, strict=True):
        if len(rows):
            held_out[rows] = similar[rows] @ _solved(products - product, sums - total, penalty)
    scale, bias = _usual(held_out, truth)
    others = np.where(groups[:, np.newaxis] == groups[chosen], np.float32(FURTHEST), squares)
    reach = np.maximum(_mean_distance(others[chosen], _nearest(others[chosen])), LEAST_REACH)
    novelty = Novelty(mean, components, landmarks, _solved(products, sums, penalty), scale, bias, reach)
    return novelty, _novelty(held_out, scale, bias, straying(others, reach))


def _usual(memberships: Floats, truth: Integers) -> tuple[Floats, Floats]:
    """Return a factor and a summand for each class that bring the mean membership of its own images [N, C] to 1.

    Classes that are hard to tell from others have low memberships. The mean over all classes is added to each before
    it is divided: without it, the scatter of a hard class would be blown up.
    """
    classes = memberships.shape[1]
    own = memberships[np.arange(len(truth)), truth]
    count = np.bincount(truth, minlength=classes)
    usual = np.maximum(np.bincount(truth, own, minlength=classes) / np.maximum(count, 1), TINY)
    floor = usual[count > 0].mean()
    usual = np.where(count > 0, usual, floor)
    return (1 / (usual + floor)).astype(np.float32), (floor / (usual + floor)).astype(np.float32)


def _main_directions(unit: Floats) -> tuple[Floats, Floats]:
    """Return the mean [D] and the principal components [P, D]."""
    mean: Floats = unit.mean(axis=0)
    centred = unit - mean
    width = unit.shape[1]
    count = min(PROJECTED, *unit.shape)
    _, directions = eigh(centred.T @ centred, subset_by_index=[width - count, width - 1])
    return mean, np.ascontiguousarray(directions.T, np.float32)


def _fold_of(groups: Integers, seed: int) -> Integers:
    """Return the fold [N] of every image: whole groups, dealt out by chance."""
    _, members = np.unique(groups, return_inverse=True)
    count = int(members.max(initial=0)) + 1
    dealt: Integers = (np.random.default_rng(seed).permutation(count) % FOLDS)[members]
    return dealt


def _moments(
    similar: Floats, truth: Integers, weight: Floats, classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weighted products [M, M] of similarities [N, M], and their sums by class [M, classes]."""
    weighted = similar * weight[:, np.newaxis]
    sums = weighted.T @ np.eye(classes, dtype=np.float32)[truth]
    return (similar.T @ weighted).astype(np.float64), sums.astype(np.float64)


def _solved(products: NDArray[np.float64], sums: NDArray[np.float64], penalty: NDArray[np.float64]) -> Floats:
    matrix = products + penalty
    diagonal = np.eye(len(matrix)) * max(1.0, float(np.trace(matrix)) / len(matrix))
    for jitter in JITTERS:
        with suppress(LinAlgError):
            factor = cho_factor(matrix + jitter * diagonal, lower=True)
            break
    solution: Floats = cho_solve(factor, sums).astype(np.float32)
    return solution
