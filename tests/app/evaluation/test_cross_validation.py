"""Cross-validation: every image is predicted once, by models that saw nothing of its group."""

import threading

import numpy as np
import pytest

from app.errors import Cancelled, InputError
from app.evaluation import cross_validation as module
from app.evaluation.cross_validation import cross_validate, group_folds

WIDTH = 24


def data(per_class: int, classes: int = 3, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    centres = np.random.default_rng(1).gamma(0.5, 1.0, (classes, WIDTH))
    truth = np.repeat(np.arange(classes), per_class)
    features = centres[truth] + np.random.default_rng(2).gamma(1.0, noise, (len(truth), WIDTH))
    return features.astype(np.float32), truth


def run(features: np.ndarray, truth: np.ndarray, groups: np.ndarray, repeats: int = 2) -> module.OutOfFold:
    return cross_validate(features, truth, groups, lambda done, total: None, threading.Event(), repeats=repeats)


def test_every_image_gets_probabilities_and_clear_classes_are_found() -> None:
    features, truth = data(20)
    counted: list[tuple[int, int]] = []
    found = cross_validate(
        features, truth, np.arange(len(truth)), lambda *count: counted.append(count), threading.Event()
    )
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert (found.probabilities.argmax(axis=1) == truth).mean() > 0.9
    assert (found.folds, found.repeats) == (5, 3)
    assert counted == [(done, 15) for done in range(1, 16)]


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_on_both_sides_and_each_image_is_held_out_once(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = np.sort(random.integers(0, 25, 80))
    truth = groups % 3
    held = np.zeros(80, int)
    for training, held_out in group_folds(truth, groups, 5, seed):
        assert not set(groups[training]) & set(groups[held_out])
        assert len(training) + len(held_out) == 80
        held[held_out] += 1
    assert (held == 1).all()


def test_labels_by_chance_are_not_predicted_however_many_copies_there_are() -> None:
    """Copies in one group must not help: with them on both sides, every one would be right."""
    random = np.random.default_rng(3)
    originals = random.gamma(1.0, 1.0, (60, 10 * WIDTH)).astype(np.float32)
    features, groups = np.repeat(originals, 3, axis=0), np.repeat(np.arange(60), 3)
    truth = np.repeat(random.integers(0, 2, 60), 3)
    honest = run(features, truth, groups)
    leaking = run(features, truth, np.arange(len(truth)))
    assert (honest.probabilities.argmax(axis=1) == truth).mean() < 0.7
    assert (leaking.probabilities.argmax(axis=1) == truth).mean() > 0.9


def test_classes_of_two_images_are_enough() -> None:
    features, truth = data(2)
    found = run(features, truth, np.arange(len(truth)))
    assert found.folds == 2
    assert np.isfinite(found.probabilities).all()


def test_a_class_in_one_group_is_refused() -> None:
    features, truth = data(4)
    with pytest.raises(InputError, match="too few different images"):
        run(features, truth, np.where(truth == 1, 99, np.arange(len(truth))))


def test_it_can_be_stopped() -> None:
    features, truth = data(4)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        cross_validate(features, truth, np.arange(len(truth)), lambda done, total: None, cancel)
