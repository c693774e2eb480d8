"""Figures and curves of every answer alike: is this image of that class? As scikit-learn's `average="micro"`."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.evaluation.curves import Booleans, Curve, Floats, Integers, thinned
from app.evaluation.intervals import MOST_FOR_AVERAGE_PRECISION, MOST_FOR_ROC, Interval, curve_interval, group_count
from app.evaluation.report import AverageFigures


class MicroRanking:
    """All scores [N, C] in one order, in which only the N true ones have to be looked up."""

    def __init__(self, probabilities: Floats, groups: Integers):
        """Take `groups` [N] from 0 upwards, the same for near-duplicates."""
        flat = probabilities.ravel()
        self._classes = probabilities.shape[1]
        self._groups = groups
        order = np.argsort(-flat, kind="stable")
        self._image = order // self._classes  # of each answer, the highest score first
        scores = flat[order]
        last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of each run of equal scores
        self._ends = np.append(0, last + 1)
        self._thresholds = scores[last].astype(np.float64)
        self._steps = np.empty(len(flat), np.int64)
        self._steps[order] = np.repeat(np.arange(len(last)), np.diff(self._ends))

    def measure(self, truth: Integers, used: Booleans) -> AverageFigures:
        """Return the figures for true classes [N]; curves have a point for each threshold that adds a true answer."""
        images = np.flatnonzero(used)
        steps, own, added = np.unique(
            self._steps[images * self._classes + truth[images]], return_inverse=True, return_counts=True
        )
        before, accepted = self._ends[steps], self._ends[steps + 1]
        lengths = np.diff(np.stack([before, accepted], axis=1).ravel(), prepend=0, append=len(self._image))
        if not used.all():
            so_far = np.append(0, np.cumsum(used[self._image]))
            before, accepted = so_far[before], so_far[accepted]
        ranked = _Ranked(added, accepted * 1.0, before * 1.0, len(images) * (self._classes - 1))
        groups = self._groups[used]

        def interval(area: float, pulls: tuple[Floats, Floats], most: float) -> Interval:
            on_any, on_own = pulls
            pull = np.bincount(self._image, weights=np.repeat(on_any, lengths), minlength=len(used))[used] + on_own[own]
            return curve_interval(area, pull, groups, most * group_count(groups))

        return AverageFigures(
            ranked.average_precision,
            interval(ranked.average_precision, ranked.precision_pulls(), MOST_FOR_AVERAGE_PRECISION),
            ranked.roc_auc,
            interval(ranked.roc_auc, ranked.roc_pulls(), MOST_FOR_ROC),
            *ranked.curves(self._thresholds[steps]),
        )


@dataclass(frozen=True)
class _Ranked:
    """The S thresholds that add true answers, so many of them `added`; `others` are the answers that are not true.

    They accept `accepted` answers, and a little above them `before`.
    """

    added: Integers
    accepted: Floats
    before: Floats
    others: int

    @cached_property
    def hits(self) -> Floats:
        return np.cumsum(self.added, dtype=np.float64)

    @cached_property
    def precision(self) -> Floats:
        return np.asarray(self.hits / self.accepted)

    @property
    def images(self) -> float:
        return float(self.hits[-1])

    @cached_property
    def average_precision(self) -> float:
        return float(self.added @ self.precision / self.images)

    @cached_property
    def below(self) -> Floats:
        """Return for each threshold the share of untrue answers that score lower, half of those that reach it just."""
        above, level = self.before - (self.hits - self.added), self.accepted - self.before - self.added
        return np.asarray((self.others - above - level / 2) / self.others)

    @cached_property
    def roc_auc(self) -> float:
        return float(self.added @ self.below / self.images)

    def precision_pulls(self) -> tuple[Floats, Floats]:
        """Return how answers pull average precision: above, at, between and below thresholds [2 S + 1], in turn.

        And how much more a true answer does at each of the thresholds [S]. As
        `Ranked.average_precision_influence` of the curves of one class.
        """
        gained = self.added / self.accepted / self.images
        later = np.cumsum(gained[::-1])[::-1]
        later_precision = np.cumsum((gained * self.precision)[::-1])[::-1]
        own = (self.precision - self.average_precision) / self.images + later
        return -np.append(np.repeat(later_precision, 2), 0.0), own

    def roc_pulls(self) -> tuple[Floats, Floats]:
        """Return the same for the area under the ROC curve; see `Ranked.roc_auc_influence`."""
        between = np.append(0.0, self.hits)
        above = np.append(np.stack([between[:-1], self.hits - self.added / 2], axis=1).ravel(), self.images)
        pull = (above / self.images - self.roc_auc) / self.others
        return pull, (self.below - self.roc_auc) / self.images - pull[1::2]

    def curves(self, thresholds: Floats) -> tuple[Curve, Curve]:
        """Return precision over recall, and recall over the false positive rate."""
        images, everything = self.images, self.images + self.others
        recall, falling = np.append(self.hits, images) / images, np.append(thresholds, 0.0)
        precision = np.append(self.precision, images / everything)
        false_positives = np.append(self.accepted - self.hits, self.others) / self.others
        return (
            thinned(np.append(recall[::-1], 0.0), np.append(precision[::-1], 1.0), np.append(falling[::-1], 1.0)),
            thinned(np.append(0.0, false_positives), np.append(0.0, recall), np.append(1.0, falling)),
        )
