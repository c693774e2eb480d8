"""Curves over all classes: micro, every answer alike, and macro, every class alike."""

import numpy as np

from app.evaluation.curves import Booleans, Floats, Integers, Ranking
from app.evaluation.report import AverageFigures, Curve

STEPS = 100  # of thresholds from 0 to 1, and as many where the scores are


def micro_average(ranking: Ranking, truth: Integers, used: Booleans, classes: int) -> AverageFigures:
    """Return the figures of all scores [N * C] taken together, as scikit-learn's `average="micro"`."""
    is_class = (truth[:, np.newaxis] == np.arange(classes)).ravel()
    ranked = ranking.of_class(is_class, np.repeat(used, classes))
    return AverageFigures(ranked.average_precision, ranked.roc_auc, ranked.pr_curve(), ranked.roc_curve())


def macro_average(probabilities: Floats, truth: Integers) -> AverageFigures:
    """Return the mean over the classes with images and others beside them, at each of the same thresholds.

    Precision is the mean over the classes that the threshold leaves an answer. Averaging at thresholds is described
    in Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006), section 7.
    """
    images = np.bincount(truth, minlength=probabilities.shape[1])
    measured = np.flatnonzero((images > 0) & (images < len(truth)))
    if not len(measured):
        return AverageFigures(None, None, None, None)
    thresholds = _thresholds(probabilities)
    accepted = np.empty((len(thresholds), len(measured)))
    hits = np.empty_like(accepted)
    for column, index in enumerate(measured):
        scores, own = probabilities[:, index], probabilities[truth == index, index]
        accepted[:, column] = len(scores) - np.searchsorted(np.sort(scores), thresholds)
        hits[:, column] = len(own) - np.searchsorted(np.sort(own), thresholds)
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
