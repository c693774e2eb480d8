"""Curves of every class alike, rare ones as much as common ones."""

import numpy as np

from app.evaluation.curves import Booleans, Curve, Floats, Integers

STEPS = 100  # of thresholds from 0 to 1, and as many where the scores are


class MacroRanking:
    """Where all scores [N, C] are among thresholds, so that what each threshold accepts is only counted."""

    def __init__(self, probabilities: Floats):
        self._probabilities = probabilities
        self._accepted: tuple[bytes, Floats, Floats] | None = None

    def measure(self, truth: Integers, used: Booleans) -> tuple[Curve, Curve] | tuple[None, None]:
        """Return the mean curves over the classes with images and others beside them, or none without such classes.

        Precision is the mean over the classes that the threshold leaves an answer. Averaging at thresholds is described
        in Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006), section 7.
        """
        true = truth[used]
        images = np.bincount(true, minlength=self._probabilities.shape[1])
        measured = (images > 0) & (images < len(true))
        if not measured.any():
            return None, None
        thresholds, accepted = self._accepted_of(used)
        accepted = accepted[:, measured]
        hits = self._reaching(thresholds, self._probabilities[np.flatnonzero(used), true], true)[:, measured]
        recall = (hits / images[measured]).mean(axis=1)
        false_positives = ((accepted - hits) / (len(true) - images[measured])).mean(axis=1)
        answering = (accepted > 0).sum(axis=1)
        shares = np.divide(hits, accepted, out=np.zeros_like(hits), where=accepted > 0)
        precision = np.where(answering > 0, shares.sum(axis=1) / np.maximum(answering, 1), 1.0)
        pr, roc = (recall, precision, thresholds), (false_positives[::-1], recall[::-1], thresholds[::-1])
        return Curve(*(tuple(one.tolist()) for one in pr)), Curve(*(tuple(one.tolist()) for one in roc))

    def _accepted_of(self, used: Booleans) -> tuple[Floats, Floats]:
        """Return thresholds [T], and how many images that are used each accepts for each class [T, C]."""
        key = used.tobytes()
        if self._accepted is None or self._accepted[0] != key:
            scores = self._probabilities[used]
            thresholds = _thresholds(scores)
            classes = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
            self._accepted = key, thresholds, self._reaching(thresholds, scores.ravel(), classes.ravel())
        return self._accepted[1:]

    def _reaching(self, thresholds: Floats, scores: Floats, classes: Integers) -> Floats:
        """Return how many of scores [M] of classes [M] reach each threshold, by class [T, C]."""
        width = self._probabilities.shape[1]
        reached = np.searchsorted(thresholds, scores, side="right")  # so many of the thresholds
        count = len(thresholds) + 1
        found = np.bincount(reached * width + classes, minlength=count * width).reshape(count, width)
        above: Floats = np.cumsum(found[:0:-1], axis=0)[::-1].astype(np.float64)
        return above


def _thresholds(probabilities: Floats) -> Floats:
    """Return thresholds from 0 to 1, rising: even ones, and those between which equally many best scores lie."""
    shares = np.linspace(0, 1, STEPS + 1)
    return np.unique(np.concatenate([shares, np.quantile(probabilities.max(axis=1), shares)]).astype(np.float64))
