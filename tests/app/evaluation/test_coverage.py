"""A simulation: 95% intervals hold the true value in 93 to 97 of 100 samples, near-duplicates among them or not.

The truth is a large sample of the same kind. The share is taken over samples of two kinds and sizes: that of a single
setting would itself be uncertain by two or three points.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from app.evaluation.calibration import BINS
from app.evaluation.intervals import Resamples
from app.evaluation.metrics import Scoreboard
from app.evaluation.report import Figures, Interval

DRAWS = 120
# Classes, how well they are told apart, groups of images, and the most near-duplicates in a group.
SETTINGS = (
    (3, 1.3, 150, 1), (3, 1.3, 500, 1), (5, 2.0, 300, 1), (5, 2.0, 800, 1),
    (3, 1.3, 150, 3), (3, 1.3, 500, 3), (5, 2.0, 300, 3), (5, 2.0, 800, 3),
)  # fmt: skip
LARGE = 100_000
Setting = tuple[int, float, int, int]
Values = dict[str, tuple[float, Interval]]  # of the figures that can be measured


def draw(source: np.random.Generator, images: int, classes: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Return scores [images, classes] that are more sure of themselves than they are right, and the truth."""
    shares = np.linspace(1, 2, classes)
    truth = source.choice(classes, images, p=shares / shares.sum())
    scores = np.exp(1.3 * sharpness * (source.normal(size=(images, classes)) + sharpness * np.eye(classes)[truth]))
    return scores / scores.sum(axis=1, keepdims=True), truth


def values_of(found: Figures) -> Values:
    assert found.top_accuracy is not None
    assert found.top_interval is not None
    values: Values = {
        "accuracy": (found.accuracy, found.interval),
        "macro-F1": (found.macro_f1, found.macro_f1_interval),
        "log loss": (found.log_loss, found.log_loss_interval),
        "top-k": (found.top_accuracy, found.top_interval),
    }
    for name, mean in (("micro", found.micro), ("macro", found.macro)):
        for area in ("average_precision", "roc_auc"):
            values[f"{name} {area}"] = (getattr(mean, area), getattr(mean, f"{area}_interval"))
    for name in ("precision", "recall", "f1", "average_precision", "roc_auc"):
        values[name] = (getattr(found.per_class[1], name), getattr(found.per_class[1], f"{name}_interval"))
    return {name: pair for name, pair in values.items() if pair[0] is not None}


def coverage(source: np.random.Generator, settings: Sequence[Setting]) -> dict[str, float]:
    """Return for each figure in which share of samples of these settings its interval holds the truth."""
    held: dict[str, list[bool]] = {}
    for classes, sharpness, images, copies in settings:
        labels = [f"{index}" for index in range(classes)]
        probabilities, truth = draw(source, LARGE, classes, sharpness)
        expected = values_of(Scoreboard(probabilities, labels).measure(truth))
        for _ in range(DRAWS):
            probabilities, truth = draw(source, images, classes, sharpness)
            groups = np.repeat(np.arange(images), source.integers(1, copies + 1, images))
            board = Scoreboard(probabilities[groups], labels, groups)
            for name, (_, (low, high)) in values_of(board.measure(truth[groups])).items():
                held.setdefault(name, []).append(low <= expected[name][0] <= high)
    return {name: round(float(np.mean(values)), 3) for name, values in held.items()}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_intervals_cover() -> None:
    shares = coverage(np.random.default_rng(2), SETTINGS)
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares


@pytest.mark.slow
@pytest.mark.parametrize(("images", "least"), [(20, 0.86), (50, 0.89)])
def test_intervals_of_few_images_hardly_hold_less(images: int, least: float) -> None:
    """Of 20 and 50 groups; means over classes of a handful of images each are known worst."""
    settings = [(*kind, images, copies) for kind in ((3, 1.3), (5, 2.0)) for copies in (1, 3)]
    shares = coverage(np.random.default_rng(3), settings)
    means = {name: shares.pop(name) for name in ("macro average_precision", "macro-F1")}
    assert all(least <= share for share in means.values()), means
    assert all(0.91 <= share <= 0.98 for share in shares.values()), shares
    assert 0.93 <= shares["log loss"] <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("overconfidence", [1.0, 1.3, 1.8])
def test_the_interval_of_the_calibration_error_covers(overconfidence: float) -> None:
    """It is the hardest to hold: from no error at all, where it must begin at 0, to a large one."""
    source = np.random.default_rng(7)

    def draw_gaps(images: int) -> tuple[np.ndarray, np.ndarray]:
        chance = source.beta(4, 1.5, images)
        odds = (chance / (1 - chance)) ** overconfidence
        confidence = odds / (1 + odds)
        gaps = confidence - (source.random(images) < chance)
        return gaps, np.minimum((confidence * BINS).astype(int), BINS - 1)

    gaps, bins = draw_gaps(1_000_000)
    expected = np.abs(np.bincount(bins, weights=gaps)).sum() / len(gaps)
    held = []
    for images in (150, 500, 2000):
        for seed in range(150):
            gaps, bins = draw_gaps(images)
            low, high = Resamples(np.arange(images), seed, 300).gap_interval(gaps, bins, BINS)
            held.append(low <= expected <= high)
    assert 0.93 <= np.mean(held) <= 0.97
