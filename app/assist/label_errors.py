"""Labels that are likely wrong: a model that never saw the image, nor a copy of it, does not believe them.

The model is linear discriminant analysis: Gaussian classes that share one covariance, which is shrunk towards a
multiple of the identity. It is fitted in closed form, once for each fold. What was tried is in docs/decisions.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.assist.reduction import FeatureRows
from app.features.rooted import root_normalised

FOLDS = 5
DIMENSIONS = 512  # features that are looked at: those that vary most
SAMPLE = 4096  # images by which that is judged
SHRINKAGE = 0.3  # share of the identity in the covariance
SHARPNESS = (0.01, 4.0)  # factor of the scores, least and most
STEPS = 14  # of halving that interval
ROWS_AT_ONCE = 4096
FEWEST_CLASSES = 2
SEED = 0

Integers = NDArray[np.int64]
Features = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelErrors:
    """What a model thinks of labels; `order` lists the positions it could judge, the most suspicious first.

    `given` [N] is the out-of-fold probability of the given label, NaN where it could not be judged: no image of the
    class outside the image's own group is left to learn from. `likely` [N] is the most probable class, or -1.
    """

    order: Integers
    given: Floats
    likely: Integers


def find_label_errors(features: FeatureRows, labels: Integers, groups: Integers) -> LabelErrors:
    """Judge N labels 0 to C-1 by non-negative features [N, D]; images of one photo share a number in `groups` [N]."""
    given, likely = np.full(len(labels), np.nan), np.full(len(labels), -1, np.int64)
    with threadpool_limits(limits=1, user_api="blas"):  # with more, each small step waits for a busy processor
        scores = _out_of_fold_scores(_Coordinates.of(features), labels, _folds(labels, groups))
    own = np.take_along_axis(scores, labels[:, np.newaxis], axis=1)[:, 0]
    judged = np.flatnonzero(np.isfinite(own) & (np.isfinite(scores).sum(axis=1) >= FEWEST_CLASSES))
    if len(judged):
        probabilities = _probabilities(scores[judged], labels[judged])
        given[judged] = probabilities[np.arange(len(judged)), labels[judged]]
        likely[judged] = probabilities.argmax(axis=1)
    return LabelErrors(judged[np.argsort(given[judged], kind="stable")], given, likely)


def _folds(labels: Integers, groups: Integers) -> Integers:
    """Deal groups out to folds by chance, each class as evenly as can be."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    shuffled = np.random.default_rng(SEED).permutation(len(first))
    dealt = shuffled[np.argsort(labels[first[shuffled]], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[dealt] = np.arange(len(first)) % FOLDS
    return fold[group]


@dataclass(frozen=True)
class _Coordinates:
    """Some rooted features of each image, without their mean in a sample so that little is lost to rounding."""

    features: FeatureRows
    kept: Integers
    centre: Features

    @classmethod
    def of(cls, features: FeatureRows) -> "_Coordinates":
        sample = root_normalised(features[:: -(-features.shape[0] // SAMPLE) or 1])
        if not len(sample):
            sample = np.zeros((1, features.shape[1]), np.float32)
        kept = np.sort(np.argsort(-sample.var(axis=0), kind="stable")[:DIMENSIONS])
        return cls(features, kept, sample.mean(axis=0)[kept])

    def rows(self, positions: Integers) -> Features:
        """Return the coordinates [len(positions), P] of some images."""
        return np.take(root_normalised(self.features[positions]), self.kept, axis=1) - self.centre


def _out_of_fold_scores(coordinates: _Coordinates, labels: Integers, folds: Integers) -> Floats:
    """Return log likelihoods [N, C] up to a constant per row; -inf for a class that the other folds do not have."""
    classes = int(labels.max(initial=-1)) + 1
    scores = np.full((len(labels), max(classes, 1)), -np.inf)
    parts = [_Sums.of(coordinates, labels, np.flatnonzero(folds == fold), classes) for fold in range(FOLDS)]
    whole = _Sums(*(sum(values) for values in zip(*(part.values() for part in parts), strict=True)))
    for fold, part in enumerate(parts):
        rows = np.flatnonzero(folds == fold)
        if not len(rows):
            continue
        known, weights, offsets = (whole - part).discriminants()
        for some in _blocks(rows):
            scores[np.ix_(some, known)] = coordinates.rows(some) @ weights + offsets
    return scores


@dataclass(frozen=True)
class _Sums:
    """All that the model needs to know of some images: counts [C], sums [C, P], products [P, P]."""

    counts: NDArray[np.int64]
    sums: Features
    products: Features

    @classmethod
    def of(cls, coordinates: _Coordinates, labels: Integers, rows: Integers, classes: int) -> "_Sums":
        width = len(coordinates.kept)
        sums, products = np.zeros((classes, width), np.float32), np.zeros((width, width), np.float32)
        for some in _blocks(rows):
            block = coordinates.rows(some)
            products += block.T @ block
            members = (np.arange(classes)[:, np.newaxis] == labels[some]).astype(np.float32)
            sums += members @ block
        return cls(np.bincount(labels[rows], minlength=classes), sums, products)

    def values(self) -> tuple[NDArray[np.int64], Features, Features]:
        return self.counts, self.sums, self.products

    def __sub__(self, other: "_Sums") -> "_Sums":
        return _Sums(self.counts - other.counts, self.sums - other.sums, self.products - other.products)

    def discriminants(self) -> tuple[Integers, Features, Features]:
        """Return the classes that have images, weights [P, known] and offsets [known] of their scores."""
        known = np.flatnonzero(self.counts)
        counts = self.counts[known].astype(np.float32)[:, np.newaxis]
        means = self.sums[known] / counts
        covariance = (self.products - (means * counts).T @ means) / max(1, counts.sum())
        width = len(covariance)
        variance = max(float(np.trace(covariance)) / width, 0)
        covariance *= 1 - SHRINKAGE
        covariance[np.diag_indices(width)] += SHRINKAGE * variance or 1
        weights = np.linalg.solve(covariance, means.T)
        return known, weights, -0.5 * np.einsum("cd,dc->c", means, weights)


def _probabilities(scores: Floats, labels: Integers) -> Floats:
    """Turn scores into probabilities, as sure as the labels bear out: the likelihood of all labels is the largest."""
    below = scores - scores.max(axis=1, keepdims=True)
    seen = np.maximum(below, -sys.float_info.max)  # a class not known has probability 0, and 0 · -inf is no number
    own = seen[np.arange(len(labels)), labels].mean()
    low, high = np.log(SHARPNESS)
    for _ in range(STEPS):
        middle = (low + high) / 2
        too_sharp = (_softmax(np.exp(middle) * below) * seen).sum(axis=1).mean() > own
        low, high = (low, middle) if too_sharp else (middle, high)
    return _softmax(np.exp((low + high) / 2) * below)


def _softmax(below: Floats) -> Floats:
    powers = np.exp(below)
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _blocks(rows: Integers) -> Iterator[Integers]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]
