"""The figures of each class, and the mean of their areas; only the classes that a changed label concerns are new."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.evaluation.curves import Booleans, Floats, Integers, Ranked, Ranking
from app.evaluation.intervals import (
    MOST_FOR_AVERAGE_PRECISION,
    MOST_FOR_ROC,
    curve_interval,
    f1_interval,
    group_count,
    share_interval,
    unrelated_images,
)
from app.evaluation.report import ClassFigures, Interval

LEFT_OUT = -1  # the true class of an image that is not measured on
Area = tuple[float | None, Interval | None]


class _Areas(NamedTuple):
    """The order of images for a class, and how each pulls its average precision and its ROC area [2, N]."""

    ranked: Ranked
    pull: Floats


class ClassBoard:
    """Scores [N, C] in order for each class, ready to be measured against any true classes of their images."""

    def __init__(self, probabilities: Floats, labels: Sequence[str], predicted: Integers, groups: Integers):
        """Take `groups` [N] from 0 upwards, the same for near-duplicates."""
        self._labels = labels
        self._predicted = predicted
        self._groups = groups
        self._rankings = [Ranking(column) for column in probabilities.T]
        self._truth = np.full(len(predicted), LEFT_OUT)
        self._figures: dict[int, ClassFigures] = {}
        self._pull = np.zeros((2, 0))  # of each used image on the sums of average precisions and ROC areas

    def measure(self, truth: Integers, used: Booleans) -> tuple[ClassFigures, ...]:
        """Return the figures of each class for true classes [N]."""
        count = len(self._labels)
        if len(self._figures) == count and np.array_equal(self._truth != LEFT_OUT, used):
            changed = self._truth != truth
            fresh = sorted({*truth[changed].tolist(), *self._truth[changed].tolist()})
            for index in fresh:
                self._pull = self._pull - self._areas(index, self._truth, used).pull
        else:
            fresh, self._pull = list(range(count)), np.zeros((2, int(used.sum())))
        for index in fresh:
            areas = self._areas(index, truth, used)
            self._pull = self._pull + areas.pull
            self._figures[index] = self._class_figures(index, truth, used, areas)
        self._truth = truth.copy()
        return tuple(self._figures[index] for index in range(count))

    def mean_average_precision(self) -> Area:
        """Return the mean over the classes that were measured, as scikit-learn's `average="macro"`."""
        values = [one.average_precision for one in self._figures.values() if one.average_precision is not None]
        return self._mean(values, self._pull[0], MOST_FOR_AVERAGE_PRECISION)

    def mean_roc_auc(self) -> Area:
        """Return the mean over the classes that were measured, as scikit-learn's `average="macro"`."""
        values = [one.roc_auc for one in self._figures.values() if one.roc_auc is not None]
        return self._mean(values, self._pull[1], MOST_FOR_ROC)

    def _mean(self, values: Sequence[float], pull: Floats, most: float) -> Area:
        if not values:
            return None, None
        groups = self._groups[self._truth != LEFT_OUT]
        mean = float(np.mean(values))
        return mean, curve_interval(mean, pull / len(values), groups, most * group_count(groups))

    def _areas(self, index: int, truth: Integers, used: Booleans) -> _Areas:
        is_class = truth == index
        ranked = self._rankings[index].of_class(is_class, used)
        pull = np.zeros((2, len(ranked.order)))
        if ranked.images:
            pull[0] = ranked.average_precision_influence()
        if ranked.images and ranked.others:
            pull[1] = ranked.roc_auc_influence()
        return _Areas(ranked, pull)

    def _class_figures(self, index: int, truth: Integers, used: Booleans, areas: _Areas) -> ClassFigures:
        groups, ranked = self._groups[used], areas.ranked
        is_class, is_named = (truth == index)[used], (self._predicted == index)[used]
        hit = is_class & is_named
        images, named, hits = int(is_class.sum()), int(is_named.sum()), int(hit.sum())
        both = 0 < images < len(is_class)
        mine, others = (group_count(groups[some]) for some in (is_class, ~is_class))
        most = MOST_FOR_AVERAGE_PRECISION * mine, MOST_FOR_ROC * min(mine, others)
        return ClassFigures(
            label=self._labels[index],
            images=images,
            precision=hits / named if named else None,
            precision_interval=share_interval(hit[is_named], groups[is_named]) if named else None,
            recall=hits / images if images else None,
            recall_interval=share_interval(hit[is_class], groups[is_class]) if images else None,
            f1=2 * hits / (images + named) if images + named else None,
            f1_interval=_f1_interval(hit, is_class | is_named, is_class, is_named, groups),
            average_precision=ranked.average_precision if images else None,
            average_precision_interval=curve_interval(ranked.average_precision, areas.pull[0], groups, most[0])
            if images
            else None,
            roc_auc=ranked.roc_auc if both else None,
            roc_auc_interval=curve_interval(ranked.roc_auc, areas.pull[1], groups, most[1]) if both else None,
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
