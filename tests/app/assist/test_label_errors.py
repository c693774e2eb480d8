"""Wrong labels come first, and no image is judged by its own copy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.assist import label_errors
from app.assist.label_errors import find_label_errors

WIDTH = 12
Features = NDArray[np.float32]
Integers = NDArray[np.int64]


def clouds(labels: Integers, distance: float = 4, seed: int = 0) -> Features:
    """Return features [N, WIDTH], positive, of classes that lie `distance` standard deviations from one point."""
    source = np.random.default_rng(seed)
    centres = 20 + distance * np.eye(WIDTH)[labels]
    return np.maximum(source.standard_normal((len(labels), WIDTH)) + centres, 0).astype(np.float32)


def test_flipped_labels_come_first() -> None:
    truth = np.arange(400) % 4
    flipped = np.random.default_rng(1).choice(400, 20, replace=False)
    labels = truth.copy()
    labels[flipped] = (truth[flipped] + 1) % 4
    found = find_label_errors(clouds(truth), labels, np.arange(400))
    assert len(set(found.order[:22]) & set(flipped)) >= 19
    assert (found.likely == truth).mean() > 0.97
    assert found.given[flipped].mean() < 0.1
    assert np.delete(found.given, flipped).mean() > 0.85


def test_probabilities_are_as_sure_as_they_are_right() -> None:
    truth = np.arange(3000) % 2
    found = find_label_errors(clouds(truth, distance=1), truth, np.arange(3000))
    right = found.likely == truth
    assert 0.7 < right.mean() < 0.8
    assert np.where(right, found.given, 1 - found.given).mean() == pytest.approx(right.mean(), abs=0.02)


def test_copies_do_not_vouch_for_each_other() -> None:
    """Six copies of one photo with one wrong label outvote the class only where they are on both sides of the folds."""
    truth = np.arange(60) % 3
    features, labels, groups = clouds(truth), truth.copy(), np.arange(60)
    copies = np.arange(0, 18, 3)  # all of class 0
    features[copies] = features[0] + np.float32(30) * np.eye(WIDTH, dtype=np.float32)[5]
    features[1::3] += np.float32(30) * np.eye(WIDTH, dtype=np.float32)[5]  # where class 1 really lies
    apart = find_label_errors(features, labels, groups)
    groups[copies] = 0
    together = find_label_errors(features, labels, groups)
    assert set(together.order[:6].tolist()) == set(copies.tolist())
    assert (together.likely[copies] == 1).all()
    assert together.given[copies].max() < apart.given[copies].min()


def test_a_class_of_one_photo_cannot_be_judged() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    groups = np.array([0, 1, 2, 3, 4, 5, 6, 6])
    found = find_label_errors(clouds(labels), labels, groups)
    assert set(found.order.tolist()) == set(range(6))
    assert np.isnan(found.given[6:]).all()
    assert found.likely[6:].tolist() == [-1, -1]


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0, 0], [0, 1]])
def test_too_little_to_compare_judges_nothing(labels: list[int]) -> None:
    values = np.array(labels, np.int64)
    found = find_label_errors(clouds(values), values, np.arange(len(values)))
    assert found.order.tolist() == []
    assert found.likely.tolist() == [-1] * len(values)


@given(
    pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=40),
    scale=st.sampled_from([0.0, 1e-6, 1.0, 1e4]),
)
def test_whatever_is_judged_has_a_probability(pairs: list[tuple[int, int]], scale: float) -> None:
    labels, groups = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = find_label_errors(clouds(labels) * np.float32(scale), labels, groups)
    judged = np.flatnonzero(found.likely >= 0)
    assert sorted(found.order.tolist()) == judged.tolist()
    assert np.isnan(found.given).sum() == len(labels) - len(judged)
    assert ((found.given[judged] >= 0) & (found.given[judged] <= 1)).all()
    assert (np.diff(found.given[found.order]) >= 0).all()
    assert set(found.likely[judged].tolist()) <= set(labels.tolist())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=60))
def test_a_group_is_in_one_fold_and_folds_are_even(pairs: list[tuple[int, int]]) -> None:
    labels, groups = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    folds = label_errors._folds(labels, groups)
    sizes = np.zeros(label_errors.FOLDS, np.int64)
    for group in set(groups.tolist()):
        (fold,) = set(folds[groups == group].tolist())
        sizes[fold] += 1
    assert sizes.max() - sizes.min() <= 1


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(90) % 3
    features = clouds(labels, 1)
    whole = find_label_errors(features, labels, np.arange(90))
    monkeypatch.setattr(label_errors, "ROWS_AT_ONCE", 7)
    blocks = find_label_errors(features, labels, np.arange(90))
    np.testing.assert_allclose(blocks.given, whole.given, atol=1e-4)
