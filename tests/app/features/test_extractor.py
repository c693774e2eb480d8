"""A cache of an older version is completed without the network."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset.appearance import appearance
from app.dataset.decode import read_image
from app.errors import Cancelled
from app.features.cache import FeatureCache
from app.features.extractor import Extractor, ImageFile, fill_cache

WIDTH = 4


def no_network() -> Extractor:
    raise AssertionError("the network is not needed")


@pytest.fixture
def files(tmp_path: Path) -> list[ImageFile]:
    """Write three pictures and one file that is no picture."""
    found = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        pixels = np.random.default_rng(number).integers(0, 256, (20 + number, 30, 3), np.uint8)
        path.write_bytes(b"text" if number == 3 else cv2.imencode(".png", pixels)[1].tobytes())
        found.append(ImageFile(path, f"{number:032x}"))
    return found


@pytest.fixture
def cache(tmp_path: Path, files: list[ImageFile]) -> FeatureCache:
    """Return a cache of all files' features, as written before anything was measured."""
    cache = FeatureCache(tmp_path, "net", WIDTH)
    cache.append([file.digest for file in files], np.ones((4, WIDTH), np.float32), [1, 2, 3, 4])
    return cache


def test_what_was_not_measured_is_measured(files: list[ImageFile], cache: FeatureCache) -> None:
    moved = ImageFile(files[0].path.with_name("gone.png"), files[0].digest)
    counts = []
    done = fill_cache(no_network, cache, [moved, *files], lambda *count: counts.append(count[:2]), threading.Event())
    assert done.problems == {}, "its features are there, so an image that is lost is not lost to training"
    assert counts == [(4, 4)]
    found = cache.appearances([file.digest for file in files])
    assert found[1] == appearance(read_image(files[1].path))
    assert found["height"].tolist() == [20, 21, 22, 0]
    assert cache.unmeasured([file.digest for file in files]) == [3]


def test_measuring_can_be_cancelled(files: list[ImageFile], cache: FeatureCache) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        fill_cache(no_network, cache, files, lambda *count: None, cancel)


def test_a_full_cache_reads_no_file(files: list[ImageFile], cache: FeatureCache) -> None:
    records = [appearance(np.zeros((5, 5, 3), np.uint8))] * 4
    cache.add_appearances([file.digest for file in files], records)
    counts: list[int] = []
    lost = [ImageFile(Path("nowhere.png"), file.digest) for file in files]
    assert fill_cache(no_network, cache, lost, lambda done, total, rate: counts.append(done), threading.Event())
    assert counts == []
