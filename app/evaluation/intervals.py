"""95% intervals: Wilson's score interval for shares, the bootstrap for the rest, near-duplicates counted together.

Images of one group (near-duplicates, a burst, a patient) tell less than as many unrelated ones. A figure's
interval is that of the number of unrelated images that would vary as much: Korn and Graubard, "Confidence intervals
for proportions with small expected number of positive counts", Survey Methodology 24 (1998).
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

NORMAL_QUANTILE = 1.959963984540054  # of 0.975
RESAMPLES = 500
LEAST_RESAMPLES = 200
MOST_DRAWN_CELLS = 500_000  # of a confusion matrix in all resamples: a corrected label must not be waited for
PERCENTILES = (2.5, 97.5)
MOST_POTS = 2000  # of groups that are drawn together where there are more: drawing takes the same time for any number
GAP_WIDENING = 1.2  # by simulation: without it the interval of the calibration error holds the truth in 89 of 100
# Images added to the table before it is resampled, one right and one wrong, in fractions spread over the classes.
# Without them a test without an error would have an interval of no width: see docs/decisions.
IMAGINED = 1.0

Interval = tuple[float, float]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def wilson_interval(successes: float, trials: float) -> Interval:
    """Return the score interval of a share, within 0 to 1; (0, 1) without trials.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, NORMAL_QUANTILE**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    spread = sqrt(max(0.0, share * (1 - share)) / trials + square / (4 * trials**2))
    spread *= NORMAL_QUANTILE / (1 + square / trials)
    low = 0.0 if successes == 0 else max(0.0, centre - spread)
    high = 1.0 if successes == trials else min(1.0, centre + spread)
    return low, high


def share_interval(right: NDArray[np.bool_], groups: Counts) -> Interval:
    """Return the interval of the share of N images that are right; `groups` [N] are numbers from 0 upwards."""
    if not len(right):
        return 0.0, 1.0
    share = float(right.mean())
    trials = min(unrelated_images(share, (right - share) / len(right), groups), len(right))
    return wilson_interval(share * trials, trials)


def f1_interval(hits: int, images: int, named: int, trials: float | None = None) -> Interval:
    """Return the interval of F1 of a class: `hits` of its `images` are among those `named` so.

    F1 grows with the share of hits among all images that are of the class or named so, and Wilson's interval of
    that share is carried over. Flores et al., "Confidence intervals for the F1 score: a comparison of four methods",
    arXiv 2309.14621 (2023). `trials` are as many unrelated images of those, if they are fewer.
    """
    either = images + named - hits
    trials = either if trials is None else trials
    low, high = wilson_interval(hits / either * trials, trials)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def curve_interval(value: float, influence: Floats, groups: Counts, most: float) -> Interval:
    """Return the interval of an area, 0 to 1, from the influence [N] of each image on it.

    `most` unrelated images are the most that it may rest on: the variance of an area near 1 is itself hardly known.
    """
    trials = min(unrelated_images(value, influence, groups), most)
    return wilson_interval(value * trials, trials)


def unrelated_images(share: float, influence: Floats, groups: Counts) -> float:
    """Return how many unrelated images would make a share vary as much as it does; as many as groups at 0 and 1."""
    together = np.bincount(groups, weights=influence)
    variance = float(together @ together)
    if not 0 < share < 1 or variance < np.finfo(np.float32).tiny:
        return float((np.bincount(groups) > 0).sum())
    return share * (1 - share) / variance


def macro_f1_interval(
    confusion: Counts, seed: int = 0, resamples: int | None = None, images: int | None = None
) -> Interval:
    """Return the smoothed percentile bootstrap interval of macro-F1, within 0 to 1, for counts [true, predicted].

    To draw images again is to draw cells of their confusion matrix, which is quick however many images there are.
    `images` are as many unrelated images as the counts are worth, where near-duplicates are among them.
    The interval always holds the measured value. Raises ValueError for a table without images.
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """
    counted = int(confusion.sum())
    if counted == 0:
        raise ValueError("no images")
    cells, weights = _cells(confusion)
    drawn = counted if images is None else max(1, min(images, counted))
    if resamples is None:
        resamples = max(LEAST_RESAMPLES, min(RESAMPLES, MOST_DRAWN_CELLS // len(weights)))
    draws = np.random.default_rng(seed).multinomial(drawn, weights / weights.sum(), resamples)
    low, high = np.percentile(_macro_f1(draws, cells, len(confusion)), PERCENTILES)
    true, predicted = np.nonzero(confusion)
    measured = _macro_f1(confusion[true, predicted][np.newaxis], (true, predicted), len(confusion))[0]
    return float(min(low, measured)), float(max(high, measured))


def _cells(confusion: Counts) -> tuple[tuple[Counts, Counts], Floats]:
    """Return rows and columns of the cells that can be drawn, and their weights."""
    classes = len(confusion)
    right = np.eye(classes, dtype=bool)
    imagined = np.where(right, IMAGINED / classes, IMAGINED / max(1, classes * (classes - 1)))
    weights = confusion.astype(np.float64) + imagined
    true, predicted = np.nonzero(weights)
    return (true, predicted), weights[true, predicted]


def _macro_f1(draws: Counts, cells: tuple[Counts, Counts], classes: int) -> Floats:
    """Return macro-F1 [D] for draws [D, K] of K cells, over the classes that occur in each draw."""
    true, predicted = (np.eye(classes, dtype=np.float32)[axis] for axis in cells)  # [K, classes]
    counts = draws.astype(np.float32)  # whole numbers: exact up to 16 million images
    right = cells[0] == cells[1]
    hits = np.zeros((len(draws), classes), np.float32)
    hits[:, cells[0][right]] = counts[:, right]
    either = counts @ (true + predicted)
    f1 = np.divide(2 * hits, either, out=np.zeros_like(hits), where=either > 0)
    mean: Floats = f1.sum(axis=1, dtype=np.float64) / np.maximum((either > 0).sum(axis=1), 1)
    return mean


class Resamples:
    """Groups of images drawn again and again, with replacement; made once for figures that are sums over images."""

    def __init__(self, groups: Counts, seed: int = 0, resamples: int = RESAMPLES):
        """Draw for `groups` [N] of numbers from 0 upwards."""
        source = np.random.default_rng(seed)
        _, own = np.unique(groups, return_inverse=True)
        count = int(own.max(initial=-1)) + 1
        self._pots = source.permutation(count)[own] % MOST_POTS
        self._pot_count = min(count, MOST_POTS)
        shares = np.full(self._pot_count, 1 / max(1, self._pot_count))
        self._draws = source.multinomial(self._pot_count, shares, resamples).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Return the sums [resamples, K] over drawn images of their values [N, K]."""
        pots = np.stack(
            [np.bincount(self._pots, weights=column, minlength=self._pot_count) for column in values.T], axis=1
        )
        drawn: Floats = self._draws @ pots
        return drawn

    def mean_interval(self, values: Floats) -> Interval:
        """Return the percentile interval of the mean of values [N]."""
        totals = self.sums(np.stack([values, np.ones(len(values))], axis=1))
        low, high = np.percentile(totals[:, 0] / np.maximum(totals[:, 1], 1), PERCENTILES)
        return float(low), float(high)

    def gap_interval(self, gaps: Floats, bins: Counts, count: int) -> Interval:
        """Return the interval of the expected calibration error, from confidence minus right [N] and bins [N].

        The error of a sample is larger than the true one, and that of a sample of the sample larger again: the interval
        is mirrored at the measured value, which it always holds (the basic bootstrap; Davison and Hinkley, "Bootstrap
        Methods", 1997). It begins at 0 where chance alone makes as large an error.
        """
        columns = np.zeros((len(gaps), count + 1))
        columns[np.arange(len(gaps)), bins] = gaps
        columns[:, count] = 1
        share = columns[:, :count].sum(axis=0) / max(1, len(gaps))
        measured = float(np.abs(share).sum())
        totals = self.sums(columns)
        shares = totals[:, :count] / np.maximum(totals[:, count:], 1)
        low, middle, high = np.percentile(np.abs(shares).sum(axis=1), (PERCENTILES[0], 50, PERCENTILES[1]))
        low, high = middle - GAP_WIDENING * (middle - low), middle + GAP_WIDENING * (high - middle)
        chance = np.percentile(np.abs(shares - share).sum(axis=1), PERCENTILES[1])
        least = 2 * measured - float(high) if measured > chance else 0.0
        return max(0.0, min(least, measured)), max(measured, 2 * measured - float(low))
