"""Intervals that hold the truth 95 times of 100."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.evaluation.intervals import Resamples, small_sample_widening, wilson_interval


def test_wilson_by_the_book() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_wilson_holds_the_share(one: int, other: int) -> None:
    successes, trials = sorted((one, other))
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low <= successes / trials <= high
        assert high > low


def test_wilson_covers() -> None:
    source = np.random.default_rng(0)
    shares = source.uniform(0.02, 0.98, 4000)
    trials = source.integers(30, 800, 4000)
    successes = source.binomial(trials, shares)
    held = [
        low <= share <= high
        for share, (low, high) in zip(shares, map(wilson_interval, successes.tolist(), trials.tolist()), strict=True)
    ]
    assert 0.93 <= np.mean(held) <= 0.97


def test_no_images() -> None:
    assert wilson_interval(0, 0) == (0, 1)


def test_few_groups_widen_as_students_t() -> None:
    for groups in (5, 6, 10, 30, 1000):
        t, freedom = stats.t.ppf(0.975, groups - 1), groups - 1
        expected = t / stats.norm.ppf(0.975) * np.sqrt(groups / freedom)
        assert small_sample_widening(groups) == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_handful_of_groups_says_nothing(groups: int) -> None:
    """Forty near-duplicates that are alike would otherwise have intervals of no width."""
    drawn = Resamples(np.arange(40) % groups)
    alike = np.full(40, 0.3)
    assert drawn.mean_interval(alike) == (-1, 1)
    assert drawn.loss_interval(alike, 36.0) == (0, 36)
    assert drawn.gap_interval(alike, np.zeros(40, int), 15) == (0, 1)


def test_a_mean_is_known_worse_from_few_groups() -> None:
    values = np.tile([-1.0, 0.0, 0.0, 1.0, 0.5], 8)
    low, high = Resamples(np.arange(40) % 5).mean_interval(values)
    alone = Resamples(np.arange(40)).mean_interval(values)
    assert -1 <= low < alone[0] < values.mean() < alone[1] < high <= 1


def test_a_single_large_loss_may_be_one_of_about_five() -> None:
    """Resamples without it hardly vary; their interval must not reach without end for that."""
    losses = np.full(500, 1e-3)
    losses[0] = 5.0
    low, high = Resamples(np.arange(500)).loss_interval(losses, 36.0)
    assert 0 <= low < losses.mean()
    assert 3 * losses.mean() < high < 7 * losses.mean()
