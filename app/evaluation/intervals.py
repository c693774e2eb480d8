"""95% intervals: Wilson's for a share, the bootstrap for macro-F1."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

NORMAL_QUANTILE = 1.959963984540054  # of 0.975
RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)
# Images added to the table before it is resampled, one right and one wrong, in fractions spread over the classes.
# Without them a test without an error would have an interval of no width: see docs/decisions.
IMAGINED = 1.0

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the score interval of a share, within 0 to 1; (0, 1) without trials.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, NORMAL_QUANTILE**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    spread = sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    spread *= NORMAL_QUANTILE / (1 + square / trials)
    low = 0.0 if successes == 0 else max(0.0, centre - spread)
    high = 1.0 if successes == trials else min(1.0, centre + spread)
    return low, high


def macro_f1_interval(confusion: Counts, seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the smoothed percentile bootstrap interval of macro-F1, within 0 to 1, for counts [true, predicted].

    To draw images again is to draw cells of their confusion matrix, which is quick however many images there are.
    The interval always holds the measured value. Raises ValueError for a table without images.
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """
    images = int(confusion.sum())
    if images == 0:
        raise ValueError("no images")
    cells, weights = _cells(confusion)
    draws = np.random.default_rng(seed).multinomial(images, weights / weights.sum(), resamples)
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
    true, predicted = (np.eye(classes)[axis] for axis in cells)  # [K, classes]
    hits = draws @ (true * predicted)
    either = draws @ (true + predicted)
    f1 = np.divide(2 * hits, either, out=np.zeros_like(hits), where=either > 0)
    mean: Floats = f1.sum(axis=1) / np.maximum((either > 0).sum(axis=1), 1)
    return mean
