"""The feature cache: what goes in comes out, and a write cut short loses only itself."""

from pathlib import Path

import numpy as np
import pytest

from app.features.cache import INDEX_ROW, FeatureCache

WIDTH = 5


def digest(number: int) -> str:
    return f"{number:032x}"


def rows(*numbers: int) -> np.ndarray:
    return np.array([[number + column / 10 for column in range(WIDTH)] for number in numbers], np.float32)


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    cache = FeatureCache(tmp_path, "net", WIDTH)
    cache.append([digest(1), digest(2 << 120)], rows(1, 2), [11, 2**64 - 1])
    return cache


def test_features_come_back_in_the_order_asked_for(cache: FeatureCache) -> None:
    np.testing.assert_array_equal(cache.features([digest(2 << 120), digest(1)]), rows(2, 1))
    assert cache.hashes([digest(2 << 120), digest(1)]).tolist() == [2**64 - 1, 11]


def test_they_are_there_after_a_restart(tmp_path: Path, cache: FeatureCache) -> None:
    again = FeatureCache(tmp_path, "net", WIDTH)
    np.testing.assert_array_equal(again.features([digest(1)]), rows(1))
    again.append([digest(3)], rows(3), [33])
    np.testing.assert_array_equal(FeatureCache(tmp_path, "net", WIDTH).features([digest(3)]), rows(3))


def test_missing_names_each_content_once(cache: FeatureCache) -> None:
    assert cache.missing([digest(1), digest(7), digest(7), digest(8)]) == [1, 3]
    assert cache.has(digest(1))
    assert not cache.has(digest(7))


def test_networks_are_kept_apart(tmp_path: Path, cache: FeatureCache) -> None:
    assert FeatureCache(tmp_path, "another", WIDTH).missing([digest(1)]) == [0]


@pytest.mark.parametrize("cut", [1, INDEX_ROW.itemsize - 1])
def test_an_index_cut_short_loses_its_last_row_only(tmp_path: Path, cache: FeatureCache, cut: int) -> None:
    path = tmp_path / "features" / "net" / "index.bin"
    path.write_bytes(path.read_bytes()[:-cut])
    again = FeatureCache(tmp_path, "net", WIDTH)
    assert again.missing([digest(1), digest(2 << 120)]) == [1]
    again.append([digest(4)], rows(4), [44])
    np.testing.assert_array_equal(FeatureCache(tmp_path, "net", WIDTH).features([digest(1), digest(4)]), rows(1, 4))


def test_features_without_an_index_row_are_dropped(tmp_path: Path, cache: FeatureCache) -> None:
    path = tmp_path / "features" / "net" / "features.f32"
    path.write_bytes(path.read_bytes() + b"half a row")
    again = FeatureCache(tmp_path, "net", WIDTH)
    again.append([digest(5)], rows(5), [55])
    np.testing.assert_array_equal(again.features([digest(1), digest(5)]), rows(1, 5))


def test_no_digests_give_no_rows(cache: FeatureCache) -> None:
    assert cache.features([]).shape == (0, WIDTH)
    assert cache.hashes([]).shape == (0,)
