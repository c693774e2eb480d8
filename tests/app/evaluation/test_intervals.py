"""Intervals that hold the truth 95 times of 100."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.intervals import wilson_interval


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
