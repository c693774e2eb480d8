"""Intervals that hold the truth 95 times of 100."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from app.evaluation.intervals import macro_f1_interval, wilson_interval


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


def true_macro_f1(table: np.ndarray) -> float:
    return float(np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))))


@pytest.mark.parametrize(("classes", "images"), [(2, 100), (3, 300), (10, 460)])
def test_the_bootstrap_covers(classes: int, images: int) -> None:
    source = np.random.default_rng(classes)
    held = []
    for draw in range(500):
        wrong = source.dirichlet(np.ones(classes), classes) * source.uniform(0.05, 0.3)
        table = wrong + np.diag(1 - wrong.sum(axis=1))
        table *= source.dirichlet(np.full(classes, 5.0))[:, np.newaxis]
        counts = source.multinomial(images, table.ravel()).reshape(classes, classes)
        low, high = macro_f1_interval(counts, seed=draw, resamples=400)
        held.append(low <= true_macro_f1(table) <= high)
    assert 0.93 <= np.mean(held) <= 0.975


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_the_interval_holds_the_measured_value(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs).T
    counts = np.zeros((4, 4), np.int64)
    np.add.at(counts, (true, predicted), 1)
    low, high = macro_f1_interval(counts, resamples=50)
    measured = f1_score(true, predicted, average="macro", zero_division=0.0)
    assert 0 <= low <= measured + 1e-12
    assert measured - 1e-12 <= high <= 1


def test_a_test_without_errors_is_not_certain() -> None:
    low, high = macro_f1_interval(np.diag([15, 15]))
    assert 0.75 < low < 0.95
    assert high == 1
    larger, _ = macro_f1_interval(np.diag([150, 150]))
    assert larger > low


def test_the_seed_decides() -> None:
    counts = np.array([[50, 9], [12, 40]])
    assert macro_f1_interval(counts, seed=1) == macro_f1_interval(counts, seed=1)
    assert macro_f1_interval(counts, seed=1) != macro_f1_interval(counts, seed=2)


def test_no_images() -> None:
    assert wilson_interval(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="no images"):
        macro_f1_interval(np.zeros((2, 2), np.int64))


def test_many_images_and_classes_are_quick() -> None:
    counts = np.random.default_rng(0).poisson(0.1, (100, 100)) + np.diag(np.full(100, 90))
    start = time.perf_counter()
    macro_f1_interval(counts)
    assert time.perf_counter() - start < 5, "far above the half second it takes on an idle machine"
