"""What charts of scores show: reliability, histograms, accuracy against coverage, and classes in an order to read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation.calibration import BINS
from app.evaluation.curves import Booleans, Floats, Integers, thinned
from app.evaluation.report import Curve

TINY = 1e-12


@dataclass(frozen=True)
class Reliability:
    """Bins of confidence, those without images left out: mean confidence, share right and number of images of each."""

    bins: Integers
    confidence: Floats
    accuracy: Floats
    counts: Integers
    error: float


def confidence_bins(confidence: Floats, count: int = BINS) -> Integers:
    """Return the number of each one's bin [N], of `count` equal ones from 0 to 1."""
    return np.minimum((confidence * count).astype(np.int64), count - 1)


def reliability(probabilities: Floats, truth: Integers) -> Reliability:
    """Compare confidence and accuracy of probabilities [N, C] in 15 bins; a calibrated model has them equal."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    places = confidence_bins(confidence)
    counts = np.bincount(places, minlength=BINS)
    filled = np.flatnonzero(counts)
    sums = np.bincount(places, weights=confidence, minlength=BINS)[filled]
    hits = np.bincount(places, weights=right, minlength=BINS)[filled]
    error = float(np.abs(sums - hits).sum() / max(1, len(truth)))
    return Reliability(filled, sums / counts[filled], hits / counts[filled], counts[filled], error)


def uncalibrated(probabilities: Floats, temperature: float) -> Floats:
    """Return the probabilities [N, C] that the model gave before they were calibrated with a temperature."""
    powers = temperature * np.log(np.maximum(probabilities.astype(np.float64), TINY))
    shares = np.exp(powers - powers.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def accuracy_by_coverage(confidence: Floats, right: Booleans) -> Curve:
    """Return the share of images answered, x, and how many of those are right, y, at each threshold of confidence.

    An image is answered where its confidence is at least the threshold; thresholds fall along the curve.
    """
    order = np.argsort(-confidence, kind="stable")
    scores = confidence[order].astype(np.float64)
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = np.cumsum(right[order])[last]
    return thinned((last + 1.0) / len(scores), hits / (last + 1.0), scores[last])


def most_confused_first(confusion: NDArray[np.int64]) -> list[int]:
    """Return the classes, those with the most mistakes, made or drawn, first."""
    wrong = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diag(confusion)
    return [int(index) for index in np.argsort(-wrong, kind="stable")]


def confused_together(confusion: NDArray[np.int64]) -> list[int]:
    """Return the classes in an order that has those side by side which are taken for each other.

    The two groups that are confused most, on average over their pairs, are joined until none are confused; the ends
    that are more alike meet. Classes that are never confused come last.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    alike = shares + shares.T
    np.fill_diagonal(alike, 0)
    chains = [[index] for index in range(len(confusion))]
    between = alike.copy()
    while True:
        one, other = divmod(int(between.argmax()), len(between))
        if between[one, other] <= 0:
            break
        joined = _joined(chains[one], chains[other], alike)
        sizes = len(chains[one]), len(chains[other])
        mean = (between[one] * sizes[0] + between[other] * sizes[1]) / sum(sizes)
        between[one], between[:, one] = mean, mean
        between[one, one] = 0
        between[other], between[:, other] = 0, 0
        chains[one], chains[other] = joined, []
    chains.sort(key=lambda chain: (len(chain) == 1, -len(chain), chain))
    return [index for chain in chains for index in chain]


def _joined(one: list[int], other: list[int], alike: Floats) -> list[int]:
    ways = [(left, right) for left in (one, one[::-1]) for right in (other, other[::-1])]
    left, right = max(ways, key=lambda way: alike[way[0][-1], way[1][0]])
    return left + right
