"""Suggestions: what must hold whatever the features and labels are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.assist.linear_model import PRIOR_IMAGES, fit, softmax
from app.assist.suggest import UNLABELLED, Suggester, check_labels
from app.errors import InputError

WIDTH = 24
Features = NDArray[np.float32]
Labels = NDArray[np.int64]


def images(classes: int, count: int, seed: int, noise: float = 0.5) -> tuple[Features, Labels]:
    """Make non-negative features [count, WIDTH] that tell the classes apart more or less, and the true classes."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    centres = rng.gamma(1.0, 1.0, (classes, WIDTH))
    return (centres[truth] * rng.gamma(1 / noise, noise, (count, WIDTH))).astype(np.float32), truth


def some_labels(truth: Labels, each: int, class_ids: Labels) -> Labels:
    """Label the first images of each class."""
    labels = np.full(len(truth), UNLABELLED)
    for one in np.unique(truth):
        labels[np.flatnonzero(truth == one)[:each]] = class_ids[one]
    return labels


CASES = {"classes": st.integers(2, 5), "each": st.integers(3, 9), "seed": st.integers(0, 99)}


@settings(max_examples=40, deadline=None)
@given(**CASES)
def test_probabilities_are_shares_and_labels_are_kept(classes: int, each: int, seed: int) -> None:
    features, truth = images(classes, 60, seed)
    class_ids = np.random.default_rng(seed).permutation(90)[:classes]
    labels = some_labels(truth, each, class_ids)
    found = Suggester(features).suggest(labels)
    assert found.class_ids.tolist() == sorted(class_ids.tolist())
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert ((found.confidence > 1 / classes - 1e-6) & (found.confidence <= 1)).all()
    labelled = labels != UNLABELLED
    np.testing.assert_array_equal(found.classes[labelled], labels[labelled])
    assert (found.confidence[labelled] == 1).all()
    assert set(found.classes[~labelled]) <= set(class_ids)
    np.testing.assert_array_equal(found.unlabelled, np.flatnonzero(~labelled))


@settings(max_examples=25, deadline=None)
@given(**CASES)
def test_the_order_of_the_images_does_not_matter(classes: int, each: int, seed: int) -> None:
    features, truth = images(classes, 60, seed)
    labels = some_labels(truth, each, np.arange(classes))
    order = np.random.default_rng(seed).permutation(60)
    found, shuffled = Suggester(features).suggest(labels), Suggester(features[order]).suggest(labels[order])
    np.testing.assert_allclose(shuffled.probabilities, found.probabilities[order], atol=2e-3)


@settings(max_examples=25, deadline=None)
@given(**CASES)
def test_the_numbers_of_the_classes_do_not_matter(classes: int, each: int, seed: int) -> None:
    features, truth = images(classes, 60, seed)
    suggester = Suggester(features)
    found = suggester.suggest(some_labels(truth, each, np.arange(classes)))
    renamed = suggester.suggest(some_labels(truth, each, 100 - np.arange(classes)))
    np.testing.assert_allclose(renamed.probabilities[:, ::-1], found.probabilities, atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(**CASES)
def test_a_left_out_image_gets_what_a_model_without_it_says(classes: int, each: int, seed: int) -> None:
    features, truth = images(classes, classes * each, seed)
    coordinates = Suggester(features).coordinates
    whole = fit(coordinates, truth, classes, 0.01)
    for image in range(0, len(truth), 5):
        rest = np.arange(len(truth)) != image
        without = fit(coordinates[rest], truth[rest], classes, 0.01).logits(coordinates[image : image + 1])
        expected, given_ = (one - one.mean() for one in (without[0], whole.left_out[image]))
        # Each has its own temperature: compare direction, not size.
        np.testing.assert_allclose(given_ * np.abs(expected).max() / np.abs(given_).max(), expected, atol=2e-2)


@pytest.mark.parametrize("counts", [(), (3,), (9, 2), (2, 2, 2, 2)])
def test_too_few_labels_are_a_sentence(counts: tuple[int, ...]) -> None:
    labels = np.full(30, UNLABELLED)
    labels[: sum(counts)] = np.repeat(np.arange(len(counts)), counts)
    with pytest.raises(InputError, match="too few labels"):
        check_labels(labels)
    with pytest.raises(InputError, match="Label three images in each of two classes"):
        Suggester(images(2, 30, 0)[0]).suggest(labels)


def test_two_classes_of_three_are_enough() -> None:
    features, truth = images(2, 80, seed=1, noise=0.2)
    found = Suggester(features).suggest(some_labels(truth, 3, np.array([4, 9])))
    assert np.mean(found.classes == np.array([4, 9])[truth]) > 0.9


def test_a_class_with_one_image_is_suggested_too() -> None:
    features, truth = images(3, 90, seed=2, noise=0.1)
    labels = some_labels(truth, 3, np.arange(3))
    labels[np.flatnonzero(labels == 2)[1:]] = UNLABELLED
    found = Suggester(features).suggest(labels)
    assert np.mean(found.classes[truth == 2] == 2) > 0.8
    assert np.isfinite(found.probabilities).all()


def test_confidence_is_how_often_a_suggestion_is_right() -> None:
    gaps = []
    for seed in range(20):
        features, truth = images(4, 1200, seed, noise=1.5)
        found = Suggester(features).suggest(some_labels(truth, 20, np.arange(4)))
        rest = found.unlabelled
        gaps.append(np.mean(found.confidence[rest]) - np.mean((found.classes == truth)[rest]))
    assert abs(np.mean(gaps)) < 0.03
    assert np.abs(gaps).max() < 0.15


def test_wrong_labels_disagree_most() -> None:
    features, truth = images(3, 300, seed=6, noise=0.3)
    class_ids = np.array([7, 2, 5])
    labels = some_labels(truth, 60, class_ids)
    wrong = np.flatnonzero(labels == 7)[:9]
    labels[wrong] = 5
    disagreement = Suggester(features).suggest(labels).disagreement
    assert set(np.argsort(-disagreement)[:9]) == set(wrong)
    assert ((disagreement >= 0) & (disagreement <= 1)).all()
    assert not disagreement[labels == UNLABELLED].any()


def test_images_that_are_all_alike_get_even_chances() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, -1, -1])
    found = Suggester(np.ones((8, WIDTH), np.float32)).suggest(labels)
    np.testing.assert_allclose(found.probabilities, 0.5, atol=1e-3)
    black = Suggester(np.zeros((8, WIDTH), np.float32)).suggest(labels)
    np.testing.assert_allclose(black.probabilities, 0.5, atol=1e-3)


def test_softmax_is_stable() -> None:
    found = softmax(np.array([[1000.0, 0.0], [-1000.0, -1000.0]], np.float32))
    np.testing.assert_allclose(found, np.array([[1, 0], [0.5, 0.5]], np.float32))


def test_with_many_labels_it_is_linear_discriminant_analysis() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    features, truth = images(3, 30000, seed=5, noise=1.0)
    coordinates = Suggester(features).coordinates
    model = fit(coordinates, truth, 3, PRIOR_IMAGES**-2)
    reference = LinearDiscriminantAnalysis(solver="lsqr").fit(coordinates, truth)
    assert np.mean(model.logits(coordinates).argmax(axis=1) == reference.predict(coordinates)) > 0.99
