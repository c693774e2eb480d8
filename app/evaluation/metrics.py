"""Every figure of an evaluation, in numpy: scikit-learn agrees with each, and other labels are measured at once.

The window measures anew whenever a label is corrected, so nothing heavy is imported here.
"""

from collections.abc import Sequence
from math import log

import numpy as np

from app.errors import InputError
from app.evaluation.calibration import BINS
from app.evaluation.class_board import LEFT_OUT, ClassBoard
from app.evaluation.curves import MOST_POINTS, Booleans, Floats, Integers
from app.evaluation.intervals import Resamples, share_interval
from app.evaluation.macro_ranking import MacroRanking
from app.evaluation.micro_ranking import MicroRanking
from app.evaluation.report import AverageFigures, Evaluation, Figures, ScoredImage
from app.evaluation.resampled_f1 import ResampledF1, macro_f1

__all__ = ["LEFT_OUT", "MOST_POINTS", "Scoreboard", "evaluate"]

SUM_TOLERANCE = 1e-3
FEW_CLASSES, MANY_CLASSES = 3, 10  # one right of 2, 3 or 5 guesses
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
MOST_LOSS = -log(LEAST_PROBABILITY)


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
        self._confidence = probabilities.max(axis=1)
        self._bins = np.minimum((self._confidence * BINS).astype(np.int64), BINS - 1)
        self._ranks = _ranks(probabilities)
        self._classes = ClassBoard(probabilities, self.labels, self.predicted, self.groups)
        self._micro = MicroRanking(probabilities, self.groups)
        self._macro = MacroRanking(probabilities)
        self._drawn: tuple[bytes, Resamples, ResampledF1] | None = None

    def measure(self, truth: Integers) -> Figures:
        """Return every figure for true classes [N], LEFT_OUT for images to leave out; raises InputError without any."""
        used = truth != LEFT_OUT
        images = int(used.sum())
        if not images:
            raise InputError("There are no images to measure on.", "Add labelled images.")
        true, predicted, groups = truth[used], self.predicted[used], self.groups[used]
        right = true == predicted
        count = len(self.labels)
        losses = _losses(self.probabilities if used.all() else self.probabilities[used], true)
        gaps, bins = self._confidence[used] - right, self._bins[used]
        resamples, resampled_f1 = self._resamples(used, true)
        guesses = self._guesses()
        among = self._ranks[used, true] < (guesses or 1)
        per_class = self._classes.measure(truth, used)
        return Figures(
            images=images,
            accuracy=float(right.mean()),
            interval=share_interval(right, groups),
            macro_f1=macro_f1(true, predicted, count),
            macro_f1_interval=(0.0, 1.0) if resamples.too_few else resampled_f1.interval(true),
            log_loss=float(losses.mean()),
            log_loss_interval=resamples.loss_interval(losses, MOST_LOSS),
            top_k=guesses,
            top_accuracy=float(among.mean()) if guesses else None,
            top_interval=share_interval(among, groups) if guesses else None,
            calibration_error=float(np.abs(np.bincount(bins, weights=gaps)).sum() / images),
            calibration_interval=resamples.gap_interval(gaps, bins, BINS),
            per_class=per_class,
            micro=self._micro.measure(truth, used),
            macro=self._mean_of_classes(truth, used),
            confusion=_confusion(true, predicted, count),
        )

    def _mean_of_classes(self, truth: Integers, used: Booleans) -> AverageFigures:
        average_precision, roc_auc = self._classes.mean_average_precision(), self._classes.mean_roc_auc()
        return AverageFigures(*average_precision, *roc_auc, *self._macro.measure(truth, used))

    def _guesses(self) -> int | None:
        classes = len(self.labels)
        if classes < FEW_CLASSES:
            return None
        return 2 if classes == FEW_CLASSES else 3 if classes <= MANY_CLASSES else 5

    def _resamples(self, used: Booleans, true: Integers) -> tuple[Resamples, ResampledF1]:
        """Return the resamples of these images; drawn anew only where other images are measured on."""
        key = used.tobytes()
        if self._drawn is None or self._drawn[0] != key:
            drawn = Resamples(self.groups[used])
            self._drawn = key, drawn, ResampledF1(drawn, self.predicted[used], true, len(self.labels))
        return self._drawn[1:]


def _confusion(true: Integers, predicted: Integers, classes: int) -> tuple[tuple[int, ...], ...]:
    counts = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    return tuple(tuple(row) for row in counts.tolist())


def _losses(probabilities: Floats, truth: Integers) -> Floats:
    """Return the log loss [N] of each image in nats, of rows that sum to 1 exactly."""
    given = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    share = given / probabilities.sum(axis=1, dtype=np.float64)
    losses: Floats = -np.log(np.clip(share, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
    return losses


def _ranks(probabilities: Floats) -> Integers:
    """Return how many classes are guessed before each one [N, C]; of equals, the first in the list is."""
    ranks = np.empty(probabilities.shape, np.int64)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    np.put_along_axis(ranks, order, np.arange(probabilities.shape[1])[np.newaxis], axis=1)
    return ranks
