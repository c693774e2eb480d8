"""Macro-F1 of images drawn again: it holds the truth, and a corrected label is as if it had always been so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from app.evaluation.intervals import Interval, Resamples
from app.evaluation.resampled_f1 import ResampledF1, macro_f1


def interval_of(true: np.ndarray, predicted: np.ndarray, classes: int, seed: int = 0, resamples: int = 300) -> Interval:
    drawn = Resamples(np.arange(len(true)), seed, resamples)
    return ResampledF1(drawn, predicted, true, classes, seed).interval(true)


def true_macro_f1(table: np.ndarray) -> float:
    return float(np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))))


@pytest.mark.parametrize(("classes", "images"), [(2, 100), (3, 300), (10, 460)])
def test_it_covers(classes: int, images: int) -> None:
    source = np.random.default_rng(classes)
    drawn, held = Resamples(np.arange(images), resamples=1000), []
    for draw in range(500):
        wrong = source.dirichlet(np.ones(classes), classes) * source.uniform(0.05, 0.3)
        table = wrong + np.diag(1 - wrong.sum(axis=1))
        table *= source.dirichlet(np.full(classes, 5.0))[:, np.newaxis]
        true, predicted = np.divmod(source.choice(classes**2, images, p=table.ravel()), classes)
        low, high = ResampledF1(drawn, predicted, true, classes, draw).interval(true)
        held.append(low <= true_macro_f1(table) <= high)
    assert 0.93 <= np.mean(held) <= 0.97


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_it_holds_the_measured_value(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs).T
    low, high = interval_of(true, predicted, 4, resamples=50)
    measured = f1_score(true, predicted, average="macro", zero_division=0.0)
    assert macro_f1(true, predicted, 4) == pytest.approx(measured)
    assert 0 <= low <= measured + 1e-12
    assert measured - 1e-12 <= high <= 1


@given(st.integers(0, 1000))
def test_a_corrected_label_is_as_if_it_had_always_been_so(seed: int) -> None:
    source = np.random.default_rng(seed)
    true, predicted, groups = (source.integers(0, most, 60) for most in (4, 4, 25))
    drawn = Resamples(groups, resamples=40)
    corrected = ResampledF1(drawn, predicted, true, 4)
    for _ in range(3):
        true = true.copy()
        true[source.integers(0, 60, 5)] = source.integers(0, 4, 5)
        found, afresh = corrected.interval(true), ResampledF1(drawn, predicted, true, 4).interval(true)
        assert found == pytest.approx(afresh, abs=1e-12)


def test_one_correction_hardly_moves_the_interval() -> None:
    """Draws that were made anew would move its ends by more than the correction does.

    An end stays where it is if the samples there did not draw the image.
    """
    source = np.random.default_rng(0)
    true = np.arange(1000) % 5
    predicted = np.where(source.random(1000) < 0.2, source.integers(0, 5, 1000), true)
    board = ResampledF1(Resamples(np.arange(1000)), predicted, true, 5)
    before = board.interval(true)
    place = int(np.flatnonzero(true != predicted)[0])
    true[place] = predicted[place]
    after = board.interval(true)
    assert before < after
    assert before[0] <= after[0] < before[0] + 0.004
    assert before[1] <= after[1] < before[1] + 0.004


def test_without_errors_it_is_not_certain() -> None:
    few, many = np.arange(30) % 2, np.arange(300) % 2
    low, high = interval_of(few, few, 2)
    assert 0.75 < low < 0.95
    assert high == 1
    assert interval_of(many, many, 2)[0] > low


def test_the_seed_decides() -> None:
    true = np.arange(100) % 2
    predicted = np.where(np.arange(100) % 7, true, 1 - true)
    assert interval_of(true, predicted, 2, 1) == interval_of(true, predicted, 2, 1)
    assert interval_of(true, predicted, 2, 1) != interval_of(true, predicted, 2, 2)
