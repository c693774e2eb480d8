"""Every figure of an evaluation, by scikit-learn wherever it has it.

scikit-learn is imported inside: the window reads stored figures and never computes them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError
from app.evaluation.intervals import macro_f1_interval, wilson_interval
from app.evaluation.report import ClassFigures, Curve, Evaluation, ScoredImage

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_POINTS = 200
SUM_TOLERANCE = 1e-3


def evaluate(
    probabilities: Floats, truth: Integers, labels: Sequence[str], paths: Sequence[str], protocol: str = ""
) -> Evaluation:
    """Compute the figures of probabilities [N, C] for true classes [N] and image paths [N].

    Rows are calibrated probabilities, 0 to 1, that sum to 1; the most probable class is the prediction. Macro-F1 is
    the mean over the classes that occur as truth or prediction. A figure that has nothing to be computed from, such
    as the recall of a class without images, is None. Raises InputError for no images, fewer than two labels,
    shapes that do not belong together, and answers that are not probabilities.
    """
    from sklearn.metrics import confusion_matrix, f1_score, log_loss

    _check(probabilities, truth, labels, paths)
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(len(labels))
    right = int((predicted == truth).sum())
    present = np.union1d(truth, predicted)
    confusion = confusion_matrix(truth, predicted, labels=classes)
    return Evaluation(
        labels=tuple(labels),
        images=len(truth),
        accuracy=right / len(truth),
        interval=wilson_interval(right, len(truth)),
        macro_f1=float(f1_score(truth, predicted, labels=present, average="macro", zero_division=0.0)),
        macro_f1_interval=macro_f1_interval(confusion),
        log_loss=float(log_loss(truth, probabilities / probabilities.sum(axis=1, keepdims=True), labels=classes)),
        per_class=tuple(
            _class_figures(label, probabilities[:, index], truth == index, predicted == index)
            for index, label in enumerate(labels)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        predictions=tuple(
            ScoredImage(path, int(true), int(best), float(row[best]), tuple(row.tolist()))
            for path, true, best, row in zip(paths, truth, predicted, probabilities, strict=True)
        ),
        protocol=protocol,
    )


def _check(probabilities: Floats, truth: Integers, labels: Sequence[str], paths: Sequence[str]) -> None:
    if len(truth) == 0:
        raise InputError("There are no images to measure on.", "Add labelled images.")
    if len(labels) < 2:
        raise InputError("There is only one class, and nothing to tell apart.", "Add a second class.")
    if probabilities.shape != (len(truth), len(labels)) or len(paths) != len(truth):
        raise InputError("Probabilities, true classes and labels do not belong together.")
    wrong_sum = abs(probabilities.sum(axis=1) - 1) > SUM_TOLERANCE
    if not np.isfinite(probabilities).all() or (probabilities < 0).any() or wrong_sum.any():
        raise InputError("The model gave answers that are not probabilities.", "Train again.")
    if truth.min() < 0 or truth.max() >= len(labels):
        raise InputError("A true class is not one of the labels.")


def _class_figures(
    label: str, scores: Floats, is_class: NDArray[np.bool_], is_predicted: NDArray[np.bool_]
) -> ClassFigures:
    from sklearn.metrics import average_precision_score, roc_auc_score

    images, hits, named = int(is_class.sum()), int((is_class & is_predicted).sum()), int(is_predicted.sum())
    both = 0 < images < len(is_class)
    return ClassFigures(
        label=label,
        images=images,
        precision=hits / named if named else None,
        precision_interval=wilson_interval(hits, named) if named else None,
        recall=hits / images if images else None,
        recall_interval=wilson_interval(hits, images) if images else None,
        f1=2 * hits / (images + named) if images + named else None,
        average_precision=float(average_precision_score(is_class, scores)) if images else None,
        roc_auc=float(roc_auc_score(is_class, scores)) if both else None,
        pr=_pr_curve(is_class, scores) if images else None,
        roc=_roc_curve(is_class, scores) if both else None,
    )


def _pr_curve(is_class: NDArray[np.bool_], scores: Floats) -> Curve:
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(is_class, scores)
    # The last point, recall 0, has no threshold: nothing is accepted there.
    return _thinned(recall, precision, np.append(thresholds, 1.0))


def _roc_curve(is_class: NDArray[np.bool_], scores: Floats) -> Curve:
    from sklearn.metrics import roc_curve

    false_positives, true_positives, thresholds = roc_curve(is_class, scores)
    # The first point, where nothing is accepted, has an infinite threshold.
    return _thinned(false_positives, true_positives, np.minimum(thresholds, 1.0))


def _thinned(x: Floats, y: Floats, thresholds: Floats) -> Curve:
    """Keep at most 200 points, evenly along the curve, both ends among them and none of them moved."""
    kept = np.arange(len(x))
    if len(x) > MOST_POINTS:
        walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        kept = np.searchsorted(walked, np.linspace(0, walked[-1], MOST_POINTS - 1))
        kept = np.unique(np.append(np.minimum(kept, len(x) - 1), len(x) - 1))
    return Curve(tuple(x[kept].tolist()), tuple(y[kept].tolist()), tuple(thresholds[kept].tolist()))
