"""Curves over all classes: micro, every answer alike, and macro, every class alike."""

from collections.abc import Sequence

import numpy as np

from app.evaluation.curves import Booleans, Floats, Integers, Ranking, thinned
from app.evaluation.report import AverageFigures, Curve

STEPS = 100  # of thresholds from 0 to 1, and as many where the scores are


class MicroRanking:
    """All scores [N, C] in one order, in which only the N true ones have to be looked up."""

    def __init__(self, probabilities: Floats):
        flat = probabilities.ravel()
        self._classes = probabilities.shape[1]
        self._order = np.argsort(-flat, kind="stable")
        scores = flat[self._order]
        self._last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of each run of equal scores
        self._thresholds = scores[self._last].astype(np.float64)
        self._steps = np.empty(len(flat), np.int64)
        self._steps[self._order] = np.repeat(np.arange(len(self._last)), np.diff(self._last, prepend=-1))

    def measure(self, truth: Integers, used: Booleans) -> AverageFigures:
        """Return the figures of every answer alike, as scikit-learn's `average="micro"`.

        The curves have a point for each threshold that accepts another true answer.
        """
        images = np.flatnonzero(used)
        steps, added = np.unique(self._steps[images * self._classes + truth[images]], return_counts=True)
        accepted, before = self._last[steps] + 1.0, np.append(-1, self._last)[steps] + 1.0
        if not used.all():
            so_far = np.append(0, np.cumsum(np.repeat(used, self._classes)[self._order]))
            accepted, before = so_far[accepted.astype(np.int64)] * 1.0, so_far[before.astype(np.int64)] * 1.0
        hits, everything = np.cumsum(added) * 1.0, len(images) * self._classes
        others = everything - len(images)
        above, level = before - (hits - added), accepted - before - added
        precision = hits / accepted
        pairs = added @ (others - above - level / 2)
        thresholds = np.append(self._thresholds[steps], 0.0)
        recall = np.append(hits, len(images)) / len(images)
        return AverageFigures(
            float(added @ precision / len(images)),
            float(pairs / (len(images) * others)),
            thinned(
                np.append(recall[::-1], 0.0),
                np.append(np.append(precision, len(images) / everything)[::-1], 1.0),
                np.append(thresholds[::-1], 1.0),
            ),
            thinned(
                np.append(0.0, np.append(accepted - hits, others) / others),
                np.append(0.0, recall),
                np.append(1.0, thresholds),
            ),
        )


def macro_average(probabilities: Floats, truth: Integers, rankings: Sequence[Ranking] | None = None) -> AverageFigures:
    """Return the mean over the classes with images and others beside them, at each of the same thresholds.

    `rankings` are of the columns of the probabilities, if they are known. Precision is the mean over the classes that
    the threshold leaves an answer. Averaging at thresholds is described in Fawcett, "An introduction to ROC analysis",
    Pattern Recognition Letters 27 (2006), section 7.
    """
    images = np.bincount(truth, minlength=probabilities.shape[1])
    measured = np.flatnonzero((images > 0) & (images < len(truth)))
    if not len(measured):
        return AverageFigures(None, None, None, None)
    thresholds = _thresholds(probabilities)
    accepted = np.empty((len(thresholds), len(measured)))
    hits = np.empty_like(accepted)
    for column, index in enumerate(measured.tolist()):
        rising = np.sort(probabilities[:, index]) if rankings is None else rankings[index].rising
        own = np.sort(probabilities[truth == index, index])
        accepted[:, column] = len(rising) - np.searchsorted(rising, thresholds)
        hits[:, column] = len(own) - np.searchsorted(own, thresholds)
    recall = (hits / images[measured]).mean(axis=1)
    false_positives = ((accepted - hits) / (len(truth) - images[measured])).mean(axis=1)
    answering = (accepted > 0).sum(axis=1)
    shares = np.divide(hits, accepted, out=np.zeros_like(hits), where=accepted > 0)
    precision = np.where(answering > 0, shares.sum(axis=1) / np.maximum(answering, 1), 1.0)
    pr = Curve(tuple(recall.tolist()), tuple(precision.tolist()), tuple(thresholds.tolist()))
    backwards = slice(None, None, -1)
    roc = Curve(
        tuple(false_positives[backwards].tolist()),
        tuple(recall[backwards].tolist()),
        tuple(thresholds[backwards].tolist()),
    )
    return AverageFigures(None, None, pr, roc)


def _thresholds(probabilities: Floats) -> Floats:
    """Return thresholds from 0 to 1, rising: even ones, and those between which equally many best scores lie."""
    shares = np.linspace(0, 1, STEPS + 1)
    return np.unique(np.concatenate([shares, np.quantile(probabilities.max(axis=1), shares)]).astype(np.float64))
