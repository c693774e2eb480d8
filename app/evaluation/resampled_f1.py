"""Macro-F1 and its 95% interval, from images drawn again and again: a corrected label moves that image alone."""

import numpy as np

from app.evaluation.intervals import PERCENTILES, Counts, Floats, Interval, Resamples

# Images added before drawing, one right and one wrong, in fractions spread over the classes. Without them a test
# without an error would have an interval of no width: see docs/decisions.
IMAGINED = 1.0


class ResampledF1:
    """What each resample counts of N images: `hits` [R, K], and images of a class plus those named so [R, K].

    How often an image is drawn never changes, so that intervals before and after a correction differ by it alone.
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """

    def __init__(self, resamples: Resamples, predicted: Counts, truth: Counts, classes: int, seed: int = 0):
        """Count for predicted and true classes [N], from 0 to `classes`."""
        self._resamples = resamples
        self._predicted = predicted
        self._truth = truth.copy()
        own = np.eye(classes)
        hit = (truth == predicted).astype(np.float64)
        self._hits, self._either = _imagined(resamples, len(truth), classes, seed)
        self._hits += resamples.sums_by_kind(hit, truth, classes)
        ones = np.ones(len(truth))
        for kinds in (truth, predicted):
            self._either += resamples.sums_by_kind(ones, kinds, classes)
        self._own = own

    def interval(self, truth: Counts) -> Interval:
        """Return the smoothed percentile interval, within 0 to 1, for true classes [N]; it holds the measured value."""
        self._correct(truth)
        low, high = np.percentile(_macro_f1(self._hits, self._either), PERCENTILES)
        measured = macro_f1(truth, self._predicted, len(self._own))
        return float(min(low, measured)), float(max(high, measured))

    def _correct(self, truth: Counts) -> None:
        changed = np.flatnonzero(truth != self._truth)
        drawn = self._resamples.drawn(changed)
        for classes, sign in ((self._truth[changed], -1), (truth[changed], 1)):
            moved = sign * self._own[classes]
            self._either += drawn @ moved
            self._hits += drawn @ (moved * (classes == self._predicted[changed])[:, np.newaxis])
        self._truth[changed] = truth[changed]


def macro_f1(truth: Counts, predicted: Counts, classes: int) -> float:
    """Return the mean of F1 over the classes that occur in true or predicted classes [N]."""
    hits = np.bincount(truth[truth == predicted], minlength=classes)
    either = np.bincount(truth, minlength=classes) + np.bincount(predicted, minlength=classes)
    return float(_macro_f1(*(counts[np.newaxis].astype(np.float64) for counts in (hits, either)))[0])


def _macro_f1(hits: Floats, either: Floats) -> Floats:
    f1 = 2 * hits / np.maximum(either, 1)
    mean: Floats = f1.sum(axis=1) / np.maximum((either > 0).sum(axis=1), 1)
    return mean


def _imagined(resamples: Resamples, images: int, classes: int, seed: int) -> tuple[Floats, Floats]:
    """Return hits and images of a class or named so [R, K] of images that are imagined, drawn as groups are."""
    source = np.random.default_rng(seed)
    size = images / resamples.groups
    mean = IMAGINED / size
    right: Floats = source.poisson(mean / classes, (resamples.count, classes)) * np.float64(size)
    either: Floats = 2 * right
    wrong = np.repeat(np.arange(resamples.count), source.poisson(mean, resamples.count))
    true = source.integers(0, classes, len(wrong))
    other = (true + source.integers(1, max(2, classes), len(wrong))) % classes
    for kinds in (true, other):
        np.add.at(either, (wrong, kinds), size)
    return right, either
