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
PERCENTILES = (2.5, 97.5)
ONE_SIDED = 95
MOST_POTS = 2000  # of groups that are drawn together where there are more: drawing takes the same time for any number
# An area's variance is itself hardly known near 1: it counts as resting on no more than so many times the images of
# the rarer side. By simulation, see docs/decisions.
MOST_FOR_AVERAGE_PRECISION, MOST_FOR_ROC = 1.5, 3.0
GAP_WIDENING = 1.2  # by simulation: without it the interval of the calibration error holds the truth in 89 of 100
# Fewer groups than this have nothing to draw from: every value that is possible at all is in the interval then.
FEWEST_GROUPS = 5
# A resample without the few large losses seems to know its mean far too well. At a quarter of what the sample varies a
# single large loss may be one of up to five, about as many as Poisson's distribution allows.
LEAST_SPREAD = 0.25

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
    widening = small_sample_widening(group_count(groups))
    trials = min(unrelated_images(value, influence, groups) / widening**2, most)
    return wilson_interval(value * trials, trials)


def unrelated_images(share: float, influence: Floats, groups: Counts) -> float:
    """Return how many unrelated images would make a share vary as much as it does; as many as groups at 0 and 1."""
    together = np.bincount(groups, weights=influence)
    variance = float(together @ together)
    if not 0 < share < 1 or variance < np.finfo(np.float32).tiny:
        return float(group_count(groups))
    return share * (1 - share) / variance


def group_count(groups: Counts) -> int:
    """Return how many groups there are among the numbers [N], from 0 upwards, of images."""
    return int(np.count_nonzero(np.bincount(groups)))


def small_sample_widening(groups: int) -> float:
    """Return how much wider an interval by the spread among so many groups, from 2, has to be than among very many.

    Student's t in place of the normal quantile, and a spread that is not taken for smaller than it is: Hesterberg,
    "What teachers should know about the bootstrap", The American Statistician 69 (2015). The quantile is that of
    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5: from 5 groups within 0.3%.
    """
    z, freedom = NORMAL_QUANTILE, max(1, groups - 1)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return t / z * sqrt((freedom + 1) / freedom)


class Resamples:
    """Groups of images drawn again and again, with replacement; made once for figures that are sums over images."""

    def __init__(self, groups: Counts, seed: int = 0, resamples: int = RESAMPLES):
        """Draw for `groups` [N] of numbers from 0 upwards."""
        source = np.random.default_rng(seed)
        _, own = np.unique(groups, return_inverse=True)
        self.count = resamples
        self.groups = int(own.max(initial=-1)) + 1
        self._pots = source.permutation(self.groups)[own] % MOST_POTS
        self._pot_count = min(self.groups, MOST_POTS)
        self._draws = _draws(source, self._pot_count, resamples)
        self._totals = self.sums(np.ones((len(groups), 1)))  # [resamples, 1] images in each

    def drawn(self, images: Counts) -> Floats:
        """Return how often each resample has these images [resamples, K]."""
        times: Floats = self._draws[:, self._pots[images]]
        return times

    def sums(self, values: Floats) -> Floats:
        """Return the sums [resamples, K] over drawn images of their values [N, K]."""
        pots = np.stack(
            [np.bincount(self._pots, weights=column, minlength=self._pot_count) for column in values.T], axis=1
        )
        drawn: Floats = self._draws @ pots
        return drawn

    def sums_by_kind(self, values: Floats, kinds: Counts, count: int) -> Floats:
        """Return the sums [resamples, count] of values [N] over drawn images of each kind [N], from 0 to `count`."""
        pots = np.bincount(self._pots * count + kinds, weights=values, minlength=self._pot_count * count)
        drawn: Floats = self._draws @ pots.reshape(self._pot_count, count)
        return drawn

    @property
    def too_few(self) -> bool:
        """Tell whether there are too few groups for resamples to say how much a figure varies."""
        return self.groups < FEWEST_GROUPS

    def mean_interval(self, values: Floats) -> Interval:
        """Return the percentile interval, widened for few groups, of the mean of values [N] from -1 to 1."""
        if self.too_few:
            return -1.0, 1.0
        means = self.sums(values[:, np.newaxis]) / self._totals
        low, high = np.percentile(means, PERCENTILES)
        mean, widening = float(values.mean()), small_sample_widening(self.groups)
        return max(-1.0, mean - widening * (mean - float(low))), min(1.0, mean + widening * (float(high) - mean))

    def loss_interval(self, losses: Floats, most: float) -> Interval:
        """Return the interval of the mean of losses [N] from 0 to `most`, of which a few may be far larger than others.

        The bootstrap-t interval, which knows that a sample without the large losses varies too little: Efron and
        Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 12.5.
        """
        if self.too_few:
            return 0.0, most
        lost, images = (
            np.bincount(self._pots, weights=one, minlength=self._pot_count) for one in (losses, np.ones(len(losses)))
        )
        columns = np.stack([lost, images, lost**2, lost * images, images**2], axis=1)
        (mean,), (spread,) = _mean_and_spread(columns.sum(axis=0, keepdims=True))
        means, spreads = _mean_and_spread(self._draws @ columns)
        away = (means - mean) / np.maximum(spreads, max(LEAST_SPREAD * spread, np.finfo(np.float32).tiny))
        low, high = np.percentile(away, PERCENTILES)
        return max(0.0, float(mean - high * spread)), min(most, float(mean - low * spread))

    def gap_interval(self, gaps: Floats, bins: Counts, count: int) -> Interval:
        """Return the interval of the expected calibration error, from confidence minus right [N] and bins [N].

        The error of a sample is larger than the true one, and that of a sample of the sample larger again: the interval
        is mirrored at the measured value, which it always holds (the basic bootstrap; Davison and Hinkley, "Bootstrap
        Methods", 1997). It begins at 0 where chance alone makes as large an error in 5 of 100 samples: such an
        interval misses the truth on one side only. Chance is known from one group less for each bin with images.
        """
        if self.too_few:
            return 0.0, 1.0
        share = np.bincount(bins, weights=gaps, minlength=count) / len(gaps)
        measured = float(np.abs(share).sum())
        shares = self.sums_by_kind(gaps, bins, count) / self._totals
        low, middle, high = np.percentile(np.abs(shares).sum(axis=1), (PERCENTILES[0], 50, PERCENTILES[1]))
        low, high = middle - GAP_WIDENING * (middle - low), middle + GAP_WIDENING * (high - middle)
        unbiased = sqrt(self.groups / max(1, self.groups - np.unique(bins).size))
        chance = unbiased * np.percentile(np.abs(shares - share).sum(axis=1), ONE_SIDED)
        least = 2 * measured - float(high) if measured > chance else 0.0
        return max(0.0, min(least, measured)), max(measured, 2 * measured - float(low))


def _mean_and_spread(sums: Floats) -> tuple[Floats, Floats]:
    """Return the mean over images [R] and its standard error [R] by groups, from sums over groups [R, 5].

    The sums are those of a group's values and images, and of the squares and products of the two.
    """
    values, images, squares, products, sizes = sums.T
    means: Floats = values / images
    variance = squares - 2 * means * products + means**2 * sizes
    return means, np.sqrt(np.maximum(variance, 0)) / images


def _draws(source: np.random.Generator, pots: int, resamples: int) -> Floats:
    """Return how often each pot is in each of the samples [resamples, pots], which have as many as there are pots.

    Counting what was drawn takes a third of the time of drawing the counts, which are multinomial.
    """
    drawn = source.integers(max(1, pots), size=(resamples, pots), dtype=np.int32)
    cells = drawn + pots * np.arange(resamples, dtype=np.int32)[:, np.newaxis]
    counts: Floats = np.bincount(cells.ravel(), minlength=resamples * pots).reshape(resamples, pots).astype(np.float64)
    return counts
