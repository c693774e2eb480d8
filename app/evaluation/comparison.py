"""Two runs on the images that both were tested on: per class, image by image, and whether the difference is chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError
from app.evaluation.curves import Booleans, Floats, Integers
from app.evaluation.intervals import Interval, Resamples
from app.evaluation.review import Review
from app.project.records import ClassRow

CHANCE = 0.05  # a probability below it is called more than chance
RESAMPLES = 2000

Names = NDArray[Any]


@dataclass(frozen=True)
class ClassChange:
    """Recall, precision and F1 of one class in both runs, 0 to 1; None where there is nothing to compute them from."""

    label: str
    images: int
    recall: tuple[float | None, float | None]
    precision: tuple[float | None, float | None]
    f1: tuple[float | None, float | None]


@dataclass(frozen=True)
class Disagreement:
    """An image that the runs give different classes, with its label of now."""

    path: str
    label: str
    predicted: tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """Run B beside run A on the `images` that both were tested on; `tested` is how many each was tested on.

    `gain` is the accuracy of B minus that of A, -1 to 1, with its 95% interval; `chance` is the probability of a
    difference at least as large if both were equally good.
    """

    images: int
    tested: tuple[int, int]
    right: tuple[int, int]
    only_right: tuple[int, int]
    gain: float
    gain_interval: Interval
    chance: float
    classes: tuple[ClassChange, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def is_more_than_chance(self) -> bool:
        """Tell whether the test and the interval both speak against chance."""
        low, high = self.gain_interval
        return self.chance < CHANCE and not low <= 0 <= high


def exact_sign_test(ups: int, downs: int) -> float:
    """Return the two-sided probability of a split at least as uneven of changes that go either way alike.

    On images that only one of two models has right it is McNemar's test in its exact form: McNemar, "Note on the
    sampling error of the difference between correlated proportions or percentages", Psychometrika 12 (1947).
    """
    trials = ups + downs
    tail = sum(comb(trials, fewer) for fewer in range(min(ups, downs) + 1))
    return min(1.0, 2 * tail / 2**trials)


def compare_reviews(a: Review, b: Review, classes: Sequence[ClassRow] = ()) -> Comparison:
    """Compare two runs of one project by the labels of now; raises InputError where they share no test image.

    `classes` are those of the project, by whose names a class that was renamed between the runs is the same in both.
    Near-duplicates count once: a group speaks for the run that has more of its images right.
    """
    names = _names(a, classes), _names(b, classes)
    places = _shared(a, b, names)
    if not len(places[0]):
        raise InputError(
            "These runs have no test image in common.",
            "Train both on the same parts: images keep their part from run to run unless they are divided anew.",
        )
    truth = names[0][a.truth[places[0]]]
    named = names[0][a.predicted[places[0]]], names[1][b.predicted[places[1]]]
    right_a, right_b = named[0] == truth, named[1] == truth
    difference = right_b.astype(np.float64) - right_a
    groups = np.array(a.evaluation.groups or range(a.count), np.int64)[places[0]]
    ups, downs = _changed_groups(difference, groups)
    paths = [a.image(place).path for place in places[0].tolist()]
    return Comparison(
        len(truth),
        (a.count, b.count),
        (int(right_a.sum()), int(right_b.sum())),
        (int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())),
        float(difference.mean()),
        Resamples(groups, resamples=RESAMPLES).mean_interval(difference),
        exact_sign_test(ups, downs),
        tuple(_class_change(label, truth, named) for label in sorted(set(truth.tolist()))),
        tuple(
            Disagreement(path, str(label), (str(one), str(other)))
            for path, label, one, other in zip(paths, truth, *named, strict=True)
            if one != other
        ),
    )


def verdict(comparison: Comparison, a: int, b: int) -> str:
    """Say in a sentence whether run B differs from run A by more than chance."""
    more = comparison.right[1] - comparison.right[0]
    if more == 0:
        return f"Runs {a} and {b} are right on equally many of {image_count(comparison.images)}."
    better = b if more > 0 else a
    what = f"Run {better} is right on {abs(more)} more of {image_count(comparison.images)}"
    chance = "p < 0.001" if comparison.chance < 0.001 else f"p = {comparison.chance:.3f}"
    return f"{what}; that {'is more than' if comparison.is_more_than_chance else 'could be'} chance ({chance})."


def image_count(number: int) -> str:
    """Say how many images."""
    return "1 image" if number == 1 else f"{number} images"


def _shared(a: Review, b: Review, names: tuple[Names, Names]) -> tuple[Integers, Integers]:
    """Return the places in both of the images that are of one class in both."""
    of_b = {b.image(place).path: place for place in np.flatnonzero(b.used).tolist()}
    pairs = [
        (place, of_b[path])
        for place in np.flatnonzero(a.used).tolist()
        if (path := a.image(place).path) in of_b and names[0][a.truth[place]] == names[1][b.truth[of_b[path]]]
    ]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _names(review: Review, classes: Sequence[ClassRow]) -> Names:
    """Return the present name of each of the run's classes, or what it was called in the run."""
    now = {row.id: row.name for row in classes}
    return np.array(
        [now.get(review.class_ids.get(number, -1), label) for number, label in enumerate(review.labels)], np.object_
    )


def _changed_groups(difference: Floats, groups: Integers) -> tuple[int, int]:
    sums = np.bincount(groups, weights=difference)
    return int((sums > 0).sum()), int((sums < 0).sum())


def _class_change(label: str, truth: Names, named: Sequence[Names]) -> ClassChange:
    own: Booleans = truth == label
    images = int(own.sum())
    hits = [int((own & (names == label)).sum()) for names in named]
    called = [int((names == label).sum()) for names in named]
    recall = [_share(hit, images) for hit in hits]
    precision = [_share(hit, count) for hit, count in zip(hits, called, strict=True)]
    f1 = [_share(2 * hit, images + count) for hit, count in zip(hits, called, strict=True)]
    return ClassChange(label, images, (recall[0], recall[1]), (precision[0], precision[1]), (f1[0], f1[1]))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
