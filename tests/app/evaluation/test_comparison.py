"""Two runs compared: on the images they share, with near-duplicates once, and in words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from app.errors import InputError
from app.evaluation.comparison import compare_reviews, exact_sign_test, verdict
from app.evaluation.metrics import evaluate
from app.evaluation.review import Review

LABELS = ("cat", "dog")


def review(truth: Sequence[int], wrong: Sequence[int], first: int = 0, groups: Sequence[int] = ()) -> Review:
    """Return a run that is wrong on the given places; its images are named from `first` on."""
    true = np.array(truth)
    predicted = true.copy()
    predicted[list(wrong)] = 1 - predicted[list(wrong)]
    names = [f"{first + place}.jpg" for place in range(len(true))]
    evaluation = evaluate(np.eye(2)[predicted] * 0.8 + 0.1, true, LABELS, names)
    return Review(replace(evaluation, groups=tuple(groups)))


@pytest.mark.parametrize(("ups", "downs"), [(0, 0), (1, 0), (5, 5), (12, 3), (3, 12), (40, 18), (300, 210)])
def test_the_test_is_the_binomial_one(ups: int, downs: int) -> None:
    expected = 1.0 if ups + downs == 0 else binomtest(ups, ups + downs).pvalue
    assert exact_sign_test(ups, downs) == pytest.approx(expected)


def test_a_clear_difference_is_said_to_be_one() -> None:
    truth = [0, 1] * 100
    found = compare_reviews(review(truth, range(40)), review(truth, range(10)))
    assert (found.images, found.right, found.only_right) == (200, (160, 190), (0, 30))
    assert found.gain == pytest.approx(0.15)
    assert 0 < found.gain_interval[0] < 0.15 < found.gain_interval[1]
    assert len(found.disagreements) == 30
    assert verdict(found, 4, 5) == "Run 5 is right on 30 more of 200 images; that is more than chance (p < 0.001)."
    assert found.classes[0].recall == (pytest.approx(0.8), pytest.approx(0.95))


def test_a_small_difference_could_be_chance() -> None:
    truth = [0, 1] * 50
    found = compare_reviews(review(truth, [1, 2]), review(truth, [1, 2, 3]))
    assert verdict(found, 1, 2) == "Run 1 is right on 1 more of 100 images; that could be chance (p = 1.000)."


def test_equal_runs_are_called_equal() -> None:
    found = compare_reviews(review([0, 1, 0], [0]), review([0, 1, 0], [1]))
    assert verdict(found, 1, 2) == "Runs 1 and 2 are right on equally many of 3 images."


def test_only_images_of_both_tests_count() -> None:
    found = compare_reviews(review([0, 1] * 10, []), review([0, 1] * 10, [0, 15], first=10))
    assert (found.images, found.tested, found.right) == (10, (20, 20), (10, 9))
    with pytest.raises(InputError, match="no test image in common"):
        compare_reviews(review([0, 1], []), review([0, 1], [], first=10))


def test_near_duplicates_speak_once() -> None:
    truth, groups = [0, 1] * 20, [0] * 10 + list(range(1, 31))
    apart = compare_reviews(review(truth, range(10)), review(truth, []))
    together = compare_reviews(review(truth, range(10), groups=groups), review(truth, [], groups=groups))
    assert apart.is_more_than_chance
    assert together.gain == apart.gain
    assert together.chance == 1
    assert not together.is_more_than_chance
