"""Every figure of an evaluation, in numpy: scikit-learn agrees with each, and other labels are measured at once.

The window measures anew whenever a label is corrected, so nothing heavy is imported here.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError
from app.evaluation.averages import MicroRanking, macro_average
from app.evaluation.calibration import BINS
from app.evaluation.curves import MOST_POINTS, Floats, Integers, Ranking
from app.evaluation.intervals import (
    Resamples,
    curve_interval,
    f1_interval,
    macro_f1_interval,
    share_interval,
    unrelated_images,
)
from app.evaluation.report import ClassFigures, Evaluation, Figures, Interval, ScoredImage

__all__ = ["LEFT_OUT", "MOST_POINTS", "Scoreboard", "evaluate"]

SUM_TOLERANCE = 1e-3
LEFT_OUT = -1  # the true class of an image that is not measured on
FEW_CLASSES, MANY_CLASSES = 3, 10  # one right of 2, 3 or 5 guesses
# An area's variance is itself hardly known near 1: it counts as resting on no more than so many times the images of
# the rarer side. By simulation, see docs/decisions.
MOST_FOR_AVERAGE_PRECISION, MOST_FOR_ROC = 1.5, 3.0
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)

Booleans = NDArray[np.bool_]


def evaluate(
    probabilities: Floats,
    truth: Integers,
    labels: Sequence[str],
    paths: Sequence[str],
    protocol: str = "",
    groups: Integers | None = None,
    temperature: float | None = None,
) -> Evaluation:
    """Compute the figures of probabilities [N, C] for true classes [N] and image paths [N].

    Rows are calibrated probabilities, 0 to 1, that sum to 1; the most probable class is the prediction. Images of one
    of the `groups` [N] are near-duplicates, which intervals reckon with; without groups there are none. A
    `temperature` is what the probabilities were calibrated with. Macro-F1 is the mean over the classes that occur as
    truth or prediction. A figure that has nothing to be computed from, such as the recall of a class without images,
    is None. Raises InputError for no images, fewer than two labels, shapes that do not belong together, and answers
    that are not probabilities.
    """
    _check(probabilities, truth, labels, paths)
    board = Scoreboard(probabilities, labels, groups)
    predicted = board.predicted
    return Evaluation(
        **vars(board.measure(truth)),
        labels=tuple(labels),
        predictions=tuple(
            ScoredImage(path, int(true), int(best), float(row[best]), tuple(row.tolist()))
            for path, true, best, row in zip(paths, truth, predicted, probabilities, strict=True)
        ),
        protocol=protocol,
        groups=tuple(board.groups.tolist()),
        temperature=temperature,
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


class Scoreboard:
    """Probabilities [N, C] of N images, ready to be measured against any true classes of them."""

    def __init__(self, probabilities: Floats, labels: Sequence[str], groups: Integers | None = None):
        """Put the images in order for every class; `groups` [N] are numbers, the same for near-duplicates."""
        self.probabilities = probabilities
        self.labels = tuple(labels)
        self.predicted: Integers = probabilities.argmax(axis=1)
        given = np.arange(len(probabilities)) if groups is None else groups
        self.groups: Integers = np.unique(given, return_inverse=True)[1].astype(np.int64)
        self._rankings = [Ranking(column) for column in probabilities.T]
        self._all_ranking = MicroRanking(probabilities)
        self._resamples: tuple[bytes, Resamples] | None = None
        self._known: tuple[Integers, tuple[ClassFigures, ...]] | None = None

    def measure(self, truth: Integers) -> Figures:
        """Return every figure for true classes [N], LEFT_OUT for images to leave out; raises InputError without any."""
        used = truth != LEFT_OUT
        images = int(used.sum())
        if not images:
            raise InputError("There are no images to measure on.", "Add labelled images.")
        true, predicted, groups = truth[used], self.predicted[used], self.groups[used]
        right = true == predicted
        classes = len(self.labels)
        confusion = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
        macro_f1, worth = _macro_f1(confusion, true, predicted, groups)
        probabilities = self.probabilities if used.all() else self.probabilities[used]
        losses = _losses(probabilities, true)
        gaps = probabilities.max(axis=1) - right
        bins = np.minimum((probabilities.max(axis=1) * BINS).astype(np.int64), BINS - 1)
        resamples = self._drawn(used)
        guesses = self._guesses()
        among = _rank(probabilities, true) < (guesses or 1)
        return Figures(
            images=images,
            accuracy=float(right.mean()),
            interval=share_interval(right, groups),
            macro_f1=macro_f1,
            macro_f1_interval=macro_f1_interval(confusion, images=worth),
            log_loss=float(losses.mean()),
            log_loss_interval=resamples.mean_interval(losses),
            top_k=guesses,
            top_accuracy=float(among.mean()) if guesses else None,
            top_interval=share_interval(among, groups) if guesses else None,
            calibration_error=float(np.abs(np.bincount(bins, weights=gaps)).sum() / images),
            calibration_interval=resamples.gap_interval(gaps, bins, BINS),
            per_class=self._per_class(truth, used),
            micro=self._all_ranking.measure(truth, used),
            macro=macro_average(probabilities, true, self._rankings if used.all() else None),
            confusion=tuple(tuple(row) for row in confusion.tolist()),
        )

    def _guesses(self) -> int | None:
        classes = len(self.labels)
        if classes < FEW_CLASSES:
            return None
        return 2 if classes == FEW_CLASSES else 3 if classes <= MANY_CLASSES else 5

    def _drawn(self, used: Booleans) -> Resamples:
        """Return the resamples of these images; drawn anew only where other images are measured on."""
        key = used.tobytes()
        if self._resamples is None or self._resamples[0] != key:
            self._resamples = key, Resamples(self.groups[used])
        return self._resamples[1]

    def _per_class(self, truth: Integers, used: Booleans) -> tuple[ClassFigures, ...]:
        """Return the figures of each class; those that no changed label concerns are known already."""
        fresh = set(range(len(self.labels)))
        if self._known is not None and np.array_equal(self._known[0] != LEFT_OUT, used):
            changed = self._known[0] != truth
            fresh = {*truth[changed].tolist(), *self._known[0][changed].tolist()}
        figures = tuple(
            self._class_figures(index, truth, used) if index in fresh or self._known is None else self._known[1][index]
            for index in range(len(self.labels))
        )
        self._known = truth.copy(), figures
        return figures

    def _class_figures(self, index: int, truth: Integers, used: Booleans) -> ClassFigures:
        groups = self.groups[used]
        is_class, is_named = (truth == index)[used], (self.predicted == index)[used]
        hit = is_class & is_named
        images, named, hits = int(is_class.sum()), int(is_named.sum()), int(hit.sum())
        both = 0 < images < len(is_class)
        ranked = self._rankings[index].of_class(truth == index, used)
        mine, others = (len(np.unique(groups[some])) for some in (is_class, ~is_class))
        return ClassFigures(
            label=self.labels[index],
            images=images,
            precision=hits / named if named else None,
            precision_interval=share_interval(hit[is_named], groups[is_named]) if named else None,
            recall=hits / images if images else None,
            recall_interval=share_interval(hit[is_class], groups[is_class]) if images else None,
            f1=2 * hits / (images + named) if images + named else None,
            f1_interval=_f1_interval(hit, is_class | is_named, is_class, is_named, groups),
            average_precision=ranked.average_precision if images else None,
            average_precision_interval=curve_interval(
                ranked.average_precision,
                ranked.average_precision_influence(),
                groups,
                MOST_FOR_AVERAGE_PRECISION * mine,
            )
            if images
            else None,
            roc_auc=ranked.roc_auc if both else None,
            roc_auc_interval=curve_interval(
                ranked.roc_auc, ranked.roc_auc_influence(), groups, MOST_FOR_ROC * min(mine, others)
            )
            if both
            else None,
            pr=ranked.pr_curve() if images else None,
            roc=ranked.roc_curve() if both else None,
        )


def _f1_interval(
    hit: Booleans, either: Booleans, is_class: Booleans, is_named: Booleans, groups: Integers
) -> Interval | None:
    count = int(either.sum())
    if not count:
        return None
    share = float(hit.sum() / count)
    trials = unrelated_images(share, (hit[either] - share) / count, groups[either])
    return f1_interval(int(hit.sum()), int(is_class.sum()), int(is_named.sum()), min(trials, count))


def _macro_f1(confusion: Integers, true: Integers, predicted: Integers, groups: Integers) -> tuple[float, int]:
    """Return macro-F1 over the classes that occur, and as how many unrelated images the images count."""
    either = confusion.sum(axis=0) + confusion.sum(axis=1)
    occurring = np.maximum(either, 1)
    f1 = 2 * np.diag(confusion) / occurring
    influence = 2 * (true == predicted) / occurring[true]
    influence = influence - f1[true] / occurring[true] - f1[predicted] / occurring[predicted]
    apart = float(influence @ influence)
    together = float((np.bincount(groups, weights=influence) ** 2).sum())
    if apart < np.finfo(np.float32).tiny:
        worth = len(np.unique(groups))
    else:
        worth = round(len(true) / max(1.0, together / apart))
    return float(f1.sum() / (either > 0).sum()), max(1, worth)


def _losses(probabilities: Floats, truth: Integers) -> Floats:
    """Return the log loss [N] of each image in nats, of rows that sum to 1 exactly."""
    given = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    share = given / probabilities.sum(axis=1, dtype=np.float64)
    losses: Floats = -np.log(np.clip(share, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
    return losses


def _rank(probabilities: Floats, truth: Integers) -> Integers:
    """Return how many classes were guessed before the true one [N]; of equals, the first in the list was."""
    own = probabilities[np.arange(len(truth)), truth][:, np.newaxis]
    earlier = np.arange(probabilities.shape[1]) < truth[:, np.newaxis]
    before: Integers = ((probabilities > own) | ((probabilities == own) & earlier)).sum(axis=1)
    return before
