"""Curves and areas of one class against the rest, in numpy: scikit-learn agrees, and the window stays quick.

An order of the images by score is made once; figures for other labels of the same images follow from it at once.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.evaluation.report import Curve

MOST_POINTS = 200

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Ranked:
    """What each threshold accepts: `thresholds` [T], the highest first, and so many `hits` [T] among `accepted` [T].

    `order` [N] are the images' positions, the highest score first, `steps` [N] the threshold of each in that order,
    `is_class` [N] whether each in that order is of the class.
    """

    thresholds: Floats
    hits: Floats
    accepted: Floats
    order: Integers
    steps: Integers
    is_class: Booleans

    @property
    def images(self) -> int:
        """Return how many images are of the class."""
        return int(self.hits[-1])

    @property
    def others(self) -> int:
        """Return how many images are not."""
        return len(self.order) - self.images

    @cached_property
    def _precision(self) -> Floats:
        return np.asarray(self.hits / self.accepted)

    @cached_property
    def average_precision(self) -> float:
        """Return the mean of precision, weighted by the recall that each threshold adds; needs an image of the class.

        As scikit-learn's `average_precision_score`.
        """
        return float(np.diff(self.hits, prepend=0) @ self._precision / self.images)

    @cached_property
    def roc_auc(self) -> float:
        """Return the share of pairs, one of the class and one not, that are in the right order; needs both.

        As scikit-learn's `roc_auc_score`.
        """
        below, level = self._others_below
        hits = np.diff(self.hits, prepend=0)
        return float(hits @ (below + level / 2) / (self.images * self.others))

    @cached_property
    def _others_below(self) -> tuple[Floats, Floats]:
        """Return per threshold how many images of other classes score lower, and how many just so."""
        misses = self.accepted - self.hits
        return self.others - misses, np.diff(misses, prepend=0)

    def average_precision_influence(self) -> Floats:
        """Return how much each of N images pulls average precision up or down; their squares add up to its variance."""
        gained = np.diff(self.hits, prepend=0) / self.accepted / self.images
        later = np.cumsum(gained[::-1])[::-1]
        later_precision = np.cumsum((gained * self._precision)[::-1])[::-1]
        own = (self._precision - self.average_precision) / self.images + later
        return self._by_image(np.where(self.is_class, own[self.steps], 0) - later_precision[self.steps])

    def roc_auc_influence(self) -> Floats:
        """Return how much each of N images pulls the area under the ROC curve up or down.

        DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
        characteristic curves", Biometrics 44 (1988); for groups Obuchowski, Biometrics 53 (1997).
        """
        below, level = self._others_below
        mine = ((below + level / 2) / self.others - self.roc_auc) / self.images
        above = (self.hits - np.diff(self.hits, prepend=0) / 2) / self.images
        theirs = (above - self.roc_auc) / self.others
        return self._by_image(np.where(self.is_class, mine[self.steps], theirs[self.steps]))

    def _by_image(self, ranked: Floats) -> Floats:
        values = np.empty(len(ranked))
        values[self.order] = ranked
        return values

    def pr_curve(self) -> Curve:
        """Return recall and precision, thresholds rising; the last point, recall 0, accepts nothing."""
        recall = np.append((self.hits / self.images)[::-1], 0.0)
        return thinned(recall, np.append(self._precision[::-1], 1.0), np.append(self.thresholds[::-1], 1.0))

    def roc_curve(self) -> Curve:
        """Return false positive rate and recall, thresholds falling; the first point accepts nothing."""
        false_positives = np.append(0.0, (self.accepted - self.hits) / self.others)
        return thinned(false_positives, np.append(0.0, self.hits / self.images), np.append(1.0, self.thresholds))


class Ranking:
    """Scores [N] in order, for any labels of their images."""

    def __init__(self, scores: Floats):
        self._order = np.argsort(-scores, kind="stable")
        self._scores = scores[self._order]

    def of_class(self, is_class: Booleans, used: Booleans | None = None) -> Ranked:
        """Rank images [N] against each other, only those that are `used` [N]; positions count used images only."""
        order, scores = self._order, self._scores
        if used is not None and not used.all():
            kept = used[order]
            scores = scores[kept]
            order = (np.cumsum(used) - 1)[order[kept]]
            is_class = is_class[used]
        mine = is_class[order]
        last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        steps = np.repeat(np.arange(len(last)), np.diff(last, prepend=-1))
        hits = np.cumsum(mine, dtype=np.float64)[last]
        return Ranked(scores[last].astype(np.float64), hits, last + 1.0, order, steps, mine)


def thinned(x: Floats, y: Floats, thresholds: Floats) -> Curve:
    """Keep at most 200 points, evenly along the curve, both ends among them and none of them moved."""
    kept = np.arange(len(x))
    if len(x) > MOST_POINTS:
        walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        kept = np.searchsorted(walked, np.linspace(0, walked[-1], MOST_POINTS - 1))
        kept = np.unique(np.append(np.minimum(kept, len(x) - 1), len(x) - 1))
    return Curve(tuple(x[kept].tolist()), tuple(y[kept].tolist()), tuple(thresholds[kept].tolist()))
