"""Charts of scores: what they count, and the order in which classes are read."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from app.evaluation.calibration import expected_calibration_error, softmax
from app.evaluation.charts import (
    accuracy_by_coverage,
    confidence_bins,
    confused_together,
    most_confused_first,
    reliability,
    uncalibrated,
)


def test_reliability_agrees_with_scikit_learn() -> None:
    for seed in range(20):
        source = np.random.default_rng(seed)
        probabilities = source.dirichlet(np.ones(4), 300)
        truth = source.integers(0, 4, 300)
        found = reliability(probabilities, truth)
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
        accuracy, mean = calibration_curve(right, confidence, n_bins=15)
        assert found.accuracy == pytest.approx(accuracy)
        assert found.confidence == pytest.approx(mean)
        assert found.counts.sum() == 300
        assert found.error == pytest.approx(expected_calibration_error(probabilities, truth))


def test_what_was_before_calibration_comes_back() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 6)) * 4
    assert uncalibrated(softmax(logits, 2.5), 2.5) == pytest.approx(softmax(logits), abs=1e-9)


def test_accuracy_against_coverage_by_counting() -> None:
    confidence = np.array([0.9, 0.5, 0.9, 0.7])
    curve = accuracy_by_coverage(confidence, np.array([True, False, False, True]))
    assert curve.x == (0.5, 0.75, 1.0)
    assert curve.y == pytest.approx((0.5, 2 / 3, 0.5))
    assert curve.thresholds == (0.9, 0.7, 0.5)


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    assert confidence_bins(np.array([0.0, 0.05, 0.5, 1.0]), 10).tolist() == [0, 0, 5, 9]


def test_confused_classes_are_side_by_side() -> None:
    confusion = np.diag([50] * 6)
    for one, other in ((0, 3), (3, 5), (1, 4)):
        confusion[one, other] = 9
    order = confused_together(confusion)
    assert sorted(order) == list(range(6))
    places = {index: place for place, index in enumerate(order)}
    for one, other in ((0, 3), (3, 5), (1, 4)):
        assert abs(places[one] - places[other]) == 1
    assert order[-1] == 2


def test_hidden_clusters_of_two_hundred_classes_are_found() -> None:
    source = np.random.default_rng(0)
    cluster = source.permutation(np.repeat(np.arange(50), 4))
    confusion = np.diag(np.full(200, 20)) + 3 * (cluster[:, np.newaxis] == cluster)
    order = confused_together(confusion)
    assert sorted(order) == list(range(200))
    changes = sum(cluster[one] != cluster[other] for one, other in zip(order, order[1:], strict=False))
    assert changes == 49


def test_without_mistakes_classes_stay_in_their_order() -> None:
    assert confused_together(np.diag([3, 4, 5])) == [0, 1, 2]
    assert most_confused_first(np.array([[5, 0, 0], [0, 5, 2], [0, 0, 5]])) == [1, 2, 0]
