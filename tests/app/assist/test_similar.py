"""The images most like the selected ones come first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.assist import similar
from app.assist.similar import most_similar, unit_rows

WIDTH = 6


def random_features(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)


def test_the_nearest_to_any_selected_image_come_first() -> None:
    features = np.zeros((5, WIDTH), np.float32)
    features[0, 0] = 1  # selected
    features[1, 1] = 1  # selected
    features[2, :2] = 3, 1
    features[3, 2] = 1
    features[4, :2] = 0.1, 1
    found = most_similar(features, [0, 1], 10)
    assert found.positions.tolist() == [4, 2, 3]
    np.testing.assert_allclose(found.cosines, [1 / np.sqrt(1.01), 3 / np.sqrt(10), 0], rtol=1e-6)


@given(
    count=st.integers(1, 40),
    chosen=st.sets(st.integers(0, 39), min_size=1, max_size=8),
    number=st.integers(1, 50),
    seed=st.integers(0, 99),
)
def test_it_is_what_all_cosines_say(count: int, chosen: set[int], number: int, seed: int) -> None:
    features = random_features(count, seed)
    selected = sorted({one % count for one in chosen})
    cosines = (unit_rows(features) @ unit_rows(features).T)[:, selected].max(axis=1)
    rest = [position for position in range(count) if position not in selected]
    found = most_similar(features, selected, number)
    assert len(found.positions) == min(number, len(rest))
    assert set(found.positions.tolist()) <= set(rest)
    np.testing.assert_allclose(found.cosines, sorted(cosines[rest], reverse=True)[:number], atol=1e-5)
    np.testing.assert_allclose(found.cosines, cosines[found.positions], atol=1e-5)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    features = random_features(50)
    whole = most_similar(features, range(20), 30)
    monkeypatch.setattr(similar, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(similar, "SELECTED_AT_ONCE", 3)
    blocks = most_similar(features, range(20), 30)
    assert blocks.positions.tolist() == whole.positions.tolist()
    np.testing.assert_allclose(blocks.cosines, whole.cosines, atol=1e-6)


def test_size_of_features_does_not_matter_and_equals_keep_their_order() -> None:
    features = np.ones((4, WIDTH), np.float32) * np.array([[1], [5], [0.1], [2]], np.float32)
    assert most_similar(features, [1], 9).positions.tolist() == [0, 2, 3]


def test_nothing_selected_or_nothing_left_finds_nothing() -> None:
    features = random_features(3)
    assert most_similar(features, [], 5).positions.tolist() == []
    assert most_similar(features, [0, 1, 2, 2], 5).positions.tolist() == []
    assert most_similar(features, [0], 0).cosines.tolist() == []


def test_features_of_zeros_are_like_nothing() -> None:
    features = np.zeros((3, WIDTH), np.float32)
    features[2] = 1
    assert most_similar(features, [0], 5).cosines.tolist() == [0, 0]


def test_a_selected_image_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        most_similar(random_features(3), [3], 5)
