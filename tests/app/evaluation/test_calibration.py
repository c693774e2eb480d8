"""Confidence that means what it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from app.errors import InputError
from app.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    softmax,
)


def scores(seed: int, images: int = 2000, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits and classes that the logits' own softmax describes exactly."""
    source = np.random.default_rng(seed)
    logits = source.normal(0, 2, (images, classes))
    return logits, np.array([source.choice(classes, p=row) for row in softmax(logits)])


@pytest.mark.parametrize("factor", [0.2, 0.5, 1.0, 3.0, 8.0])
def test_a_known_temperature_is_found(factor: float) -> None:
    logits, truth = scores(1)
    assert fit_temperature(logits * factor, truth) == pytest.approx(factor, rel=0.1)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(2, 6), st.floats(0.01, 100))
def test_it_is_never_worse_than_one(seed: int, images: int, classes: int, scale: float) -> None:
    source = np.random.default_rng(seed)
    logits, truth = source.normal(0, scale, (images, classes)), source.integers(0, classes, images)
    temperature = fit_temperature(logits, truth)
    assert 0.05 <= temperature <= 20.001
    assert negative_log_likelihood(logits, truth, temperature) <= negative_log_likelihood(logits, truth)


def test_it_has_nearly_the_lowest_log_loss() -> None:
    logits, truth = scores(2)
    found = negative_log_likelihood(logits * 4, truth, fit_temperature(logits * 4, truth))
    lowest = min(negative_log_likelihood(logits * 4, truth, temperature) for temperature in np.geomspace(1, 16, 200))
    assert found <= lowest + 1e-3


@pytest.mark.parametrize("images", [6, 60, 600])
def test_all_right_does_not_make_it_certain(images: int) -> None:
    truth = np.arange(images) % 3
    logits = np.eye(3)[truth] * 0.5
    confidence = softmax(logits, fit_temperature(logits, truth)).max()
    assert 1 - 2 / images < confidence < 1 - 0.2 / images


def test_it_helps_on_images_it_has_not_seen() -> None:
    logits, truth = scores(3)
    logits *= 3
    temperature = fit_temperature(logits[:1000], truth[:1000])
    before = expected_calibration_error(softmax(logits[1000:]), truth[1000:])
    after = expected_calibration_error(softmax(logits[1000:], temperature), truth[1000:])
    assert after < 0.05 < before


def test_the_loss_is_scikit_learns() -> None:
    logits, truth = scores(4)
    assert negative_log_likelihood(logits, truth, 2.0) == pytest.approx(log_loss(truth, softmax(logits, 2.0)))


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1e4, -1e4], [0.0, 1e4]])
    assert softmax(logits).tolist() == [[1, 0], [0, 1]]
    assert np.isfinite(negative_log_likelihood(logits, np.array([1, 0])))


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    # Said 0.9, right half the time; said 0.6, always right.
    assert expected_calibration_error(probabilities, np.array([0, 1, 1, 1])) == pytest.approx((0.4 + 0.4) / 2)
    assert expected_calibration_error(np.eye(3), np.arange(3)) == 0


def test_what_cannot_be_calibrated() -> None:
    assert fit_temperature(np.empty((0, 3)), np.empty(0, int)) == 1
    for logits, truth in (
        (np.array([[np.nan, 1.0]]), np.array([0])),
        (np.ones((2, 2)), np.array([0])),
        (np.ones(2), np.array([0, 1])),
    ):
        with pytest.raises(InputError, match="cannot be calibrated"):
            fit_temperature(logits, truth)


@pytest.mark.parametrize("factor", [0.2, 0.5, 1.0, 2.0, 5.0])
def test_it_is_not_worse_on_images_it_was_not_fitted_on(factor: float) -> None:
    """Over- and underconfident models get better, every time; an honest one loses next to nothing on average."""
    changes = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        logits = random.normal(0, 2, (800, 4))
        truth = (softmax(logits).cumsum(axis=1) > random.random((800, 1))).argmax(axis=1)
        fitted, held_out = slice(0, 400), slice(400, 800)
        temperature = fit_temperature(factor * logits[fitted], truth[fitted])
        before = negative_log_likelihood(factor * logits[held_out], truth[held_out])
        after = negative_log_likelihood(factor * logits[held_out], truth[held_out], temperature)
        changes.append(after - before)
    assert np.mean(changes) < 0.003
    assert factor == 1.0 or max(changes) < 0
