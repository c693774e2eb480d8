"""Images of the same photo are one group."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.dataset.perceptual_hash import MIRRORED
from app.features import duplicates
from app.features.duplicates import group_near_duplicates

WIDTH = 32


def hashes(*values: int) -> NDArray[np.uint64]:
    return np.array(values, np.uint64)


def random_photos(count: int, seed: int = 0, width: int = WIDTH) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    source = np.random.default_rng(seed)
    return source.integers(0, 1 << 64, count, np.uint64), source.standard_normal((count, width)).astype(np.float32)


def test_different_photos_stay_apart() -> None:
    values, features = random_photos(500)
    assert group_near_duplicates(values, features).tolist() == list(range(500))
    assert group_near_duplicates(values, None).tolist() == list(range(500))


def test_copies_come_together_whatever_their_place() -> None:
    values, features = random_photos(600)
    values[555], features[555] = values[3] ^ np.uint64(0b1011), features[3] * 2
    values[300], features[300] = values[599] ^ np.uint64(MIRRORED), features[599]
    groups = group_near_duplicates(values, features)
    assert groups[555] == groups[3]
    assert groups[300] == groups[599]
    assert len(set(groups.tolist())) == 598


def test_features_decide_between_near_hashes() -> None:
    one = np.zeros((1, WIDTH), np.float32)
    one[0, 0] = 1
    other = np.roll(one, 1)
    assert group_near_duplicates(hashes(5, 5), np.vstack([one, other])).tolist() == [0, 1]
    assert group_near_duplicates(hashes(5, 5), np.vstack([one, one + other])).tolist() == [0, 0]
    # The further the hashes, the nearer the features must be.
    assert group_near_duplicates(hashes(0, 0x3FF), np.vstack([one, one + other])).tolist() == [0, 1]
    assert group_near_duplicates(hashes(0, 0x3FF), np.vstack([one, one])).tolist() == [0, 0]


def test_groups_are_closed() -> None:
    assert group_near_duplicates(hashes(0b111000, 0, 0b111, 1 << 60 | 1 << 50 | 1 << 40 | 0xF0F0), None).tolist() == [
        0,
        0,
        0,
        1,
    ]


@given(st.lists(st.sampled_from([0, 1, 3, 7, 15, 31, 63, 127, 255, 1 << 40]), min_size=1, max_size=30))
def test_grouping_does_not_depend_on_the_order(values: list[int]) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    groups = group_near_duplicates(hashes(*values), None)
    shuffled = group_near_duplicates(hashes(*values)[order], None)
    together = groups[order][:, None] == groups[order]
    assert (together == (shuffled[:, None] == shuffled)).all()


@pytest.mark.parametrize("many", [0.0, 1.0])
def test_both_ways_to_the_cosines_agree(many: float, monkeypatch: pytest.MonkeyPatch) -> None:
    values, features = random_photos(700)
    source = np.random.default_rng(1)
    copies = source.integers(0, 700, 300)
    values = np.concatenate([values, values[copies] ^ np.uint64(1)])
    noise = source.standard_normal((300, WIDTH)).astype(np.float32)
    features = np.concatenate([features, features[copies] + 0.3 * noise])
    monkeypatch.setattr(duplicates, "MANY", many)
    groups = group_near_duplicates(values, features)
    assert (groups[700:] == groups[copies]).all()


def test_no_images_and_features_of_zeros() -> None:
    assert group_near_duplicates(hashes(), np.empty((0, WIDTH), np.float32)).tolist() == []
    assert group_near_duplicates(hashes(1, 1), np.zeros((2, WIDTH), np.float32)).tolist() == [0, 1]


def test_ten_thousand_images_take_about_a_second() -> None:
    values, features = random_photos(10_000, width=1280)
    start = time.perf_counter()
    group_near_duplicates(values, features)
    assert time.perf_counter() - start < 5, "far above the second it takes on an idle machine"
