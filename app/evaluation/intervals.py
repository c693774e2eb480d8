"""95 % intervals: Wilson's for a share, the bootstrap for anything else."""

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

NORMAL_QUANTILE = 1.959963984540054  # of 0.975
RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the score interval of a share, within 0 to 1; (0, 1) without trials.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, NORMAL_QUANTILE**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    spread = NORMAL_QUANTILE / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    low = 0.0 if successes == 0 else max(0.0, centre - spread)
    high = 1.0 if successes == trials else min(1.0, centre + spread)
    return low, high


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], NDArray[np.float64]], images: int, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile interval of a statistic over resampled images.

    `statistic` maps how often each image was drawn, [resamples, images], to [resamples] values.
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """
    draws = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), RESAMPLES)
    low, high = np.percentile(statistic(draws), PERCENTILES)
    return float(low), float(high)
