"""The feature cache: what goes in comes out, and a write cut short loses only itself."""

from pathlib import Path

import numpy as np
import pytest

from app.dataset.appearance import APPEARANCE
from app.features.cache import INDEX_ROW, CachedFeatures, FeatureCache

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


def records(*widths: int) -> list[np.ndarray]:
    found = np.zeros(len(widths), APPEARANCE)
    found["width"] = widths
    return list(found)


def test_appearances_come_back_and_are_missed_where_an_older_version_wrote(tmp_path: Path, cache: FeatureCache) -> None:
    one, other = digest(1), digest(2 << 120)
    assert cache.unmeasured([other, one, digest(9), other]) == [0, 1]
    cache.append([digest(3)], rows(3), [33], records(30))
    assert cache.appearances([digest(3), other])["width"].tolist() == [30, 0]
    cache.add_appearances([other], records(20))
    again = FeatureCache(tmp_path, "net", WIDTH)
    assert again.appearances([one, other, digest(3)])["width"].tolist() == [0, 20, 30]
    assert again.unmeasured([digest(3), one, other]) == [1]
    again.add_appearances([one], records(10))
    assert again.unmeasured([digest(3), one, other]) == []
    np.testing.assert_array_equal(again.features([one, other, digest(3)]), rows(1, 2, 3))
    with pytest.raises(KeyError):
        again.appearances([digest(9)])


def test_appearances_cut_short_are_missed_and_written_again(tmp_path: Path, cache: FeatureCache) -> None:
    cache.append([digest(3), digest(4)], rows(3, 4), [33, 44], records(30, 40))
    path = tmp_path / "features" / "net" / "appearances.bin"
    path.write_bytes(path.read_bytes()[:-1])
    again = FeatureCache(tmp_path, "net", WIDTH)
    assert again.unmeasured([digest(3), digest(4)]) == [1]
    again.append([digest(5)], rows(5), [55], records(50))
    assert again.appearances([digest(3), digest(5)])["width"].tolist() == [30, 50]
    again.add_appearances([digest(4)], records(41))
    assert again.appearances([digest(3), digest(4), digest(5)])["width"].tolist() == [30, 41, 50]


def test_rows_can_be_read_by_slices_and_positions(cache: FeatureCache) -> None:
    cached = CachedFeatures(cache, [digest(2 << 120), digest(1), digest(1)])
    assert cached.shape == (3, WIDTH)
    np.testing.assert_array_equal(cached[1:], rows(1, 1))
    np.testing.assert_array_equal(cached[np.array([2, 0])], rows(1, 2))
    assert cached.appearances()["width"].tolist() == [0, 0, 0]
