"""Ranking the points of a sweep: by validation figures alone, with the spread over seeds."""

import pytest

from app.project.records import DONE, FAILED, Measured, RunRow
from app.sweeps.plan import Plan
from app.sweeps.results import PointResult, mean_interval, ranked, verdict

PLAN = Plan("quick", ({"head": "logistic"}, {"head": "svm"}), 3)


def done(number: int, validation: float, test: float) -> RunRow:
    measured = Measured(validation, (validation - 0.1, validation + 0.1), 100)
    return RunRow(number, "quick", DONE, "", accuracy=test, interval=(0.0, 1.0), validation=measured)


def point(place: int, *validation: float, test: float = 0.5) -> PointResult:
    return PointResult(PLAN.points[place], tuple(done(number, one, test) for number, one in enumerate(validation)))


def test_the_interval_of_a_mean_is_students() -> None:
    assert mean_interval([1.0]) is None
    low, high = mean_interval([1.0, 2.0, 3.0]) or (0.0, 0.0)
    assert (low, high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)


def test_points_are_ranked_by_validation_and_never_by_test() -> None:
    poor, good = point(0, 0.7, 0.7, test=0.99), point(1, 0.8, 0.8, test=0.1)
    assert ranked([poor, good]) == [good, poor]


def test_a_run_that_failed_counts_for_nothing_but_is_kept() -> None:
    broken = RunRow(9, "quick", FAILED, "", "No memory.")
    result = PointResult(PLAN.points[0], (done(1, 0.8, 0.5), broken, None))
    assert (result.mean, result.interval, result.failed) == (0.8, None, [broken])
    assert ranked([PointResult(PLAN.points[0], (broken,))]) == []


def test_the_verdict_says_whether_seeds_could_make_the_lead() -> None:
    clear = verdict(PLAN, [point(0, 0.80, 0.81, 0.82), point(1, 0.70, 0.71, 0.72)])
    assert clear.startswith("Best on the validation images: Classifier logistic with 81.0%. The next, Classifier svm,")
    assert clear.endswith("is 10.0 points behind (+10.0 to +10.0 over 3 seeds): more than another seed would make.")
    assert verdict(PLAN, [point(0, 0.80, 0.75), point(1, 0.74, 0.79)]).endswith("no more than another seed would make.")
    assert "one run each cannot tell" in verdict(PLAN, [point(0, 0.80), point(1, 0.74)])
    assert verdict(PLAN, [PointResult({}, (None,))]) == "No run has been measured yet."
