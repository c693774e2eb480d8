"""The cache of decoded pictures: once per content, exactly the preprocessing's pixels, safe to cut short or delete."""

import shutil
import threading
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from app.dataset.decode import read_image
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.engines.pixel_cache import PixelCache
from app.engines.snapshot import SnapshotImage
from app.errors import Cancelled, EngineError
from app.onnx_sessions import open_session

SIDE = 48


def ignore(done: int, total: int) -> None:
    """Hear and do nothing."""


@pytest.fixture
def images(garments: Path) -> list[SnapshotImage]:
    paths = sorted(garments.rglob("*.jpg"))[:5]
    digests = [blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in paths]
    return [SnapshotImage(str(path), digest, 0, None) for path, digest in zip(paths, digests, strict=True)]


def digests_of(images: list[SnapshotImage]) -> list[str]:
    return [image.digest for image in images]


def test_pictures_are_those_of_the_preprocessing(tmp_path: Path, images: list[SnapshotImage]) -> None:
    cache = PixelCache(tmp_path, SIDE)
    cache.fill([*images, images[0]], ignore, threading.Event())
    pictures = PixelCache(tmp_path, SIDE).pictures(digests_of(images))
    session = open_session(preprocess_graph(SIDE).SerializeToString())
    for place, image in enumerate(images):
        expected = session.run([PIXELS], {IMAGE: read_image(Path(image.path))[None]})[0][0]
        np.testing.assert_array_equal(pictures[[place]][0], expected)
    assert len(pictures) == 5


def test_only_new_contents_are_decoded(tmp_path: Path, images: list[SnapshotImage]) -> None:
    PixelCache(tmp_path, SIDE).fill(images[:3], ignore, threading.Event())
    counts: list[tuple[int, int]] = []
    PixelCache(tmp_path, SIDE).fill(images, lambda done, total: counts.append((done, total)), threading.Event())
    assert counts == [(2, 2)]


def test_what_was_cut_short_is_decoded_again(tmp_path: Path, images: list[SnapshotImage]) -> None:
    PixelCache(tmp_path, SIDE).fill(images, ignore, threading.Event())
    whole = PixelCache(tmp_path, SIDE).pictures(digests_of(images))[[0, 1, 2, 3, 4]]
    pixels = next(tmp_path.rglob("pixels.u8"))
    with pixels.open("r+b") as stream:
        stream.truncate(2 * SIDE * SIDE * 3 + 7)
    cache = PixelCache(tmp_path, SIDE)
    cache.fill(images, ignore, threading.Event())
    np.testing.assert_array_equal(cache.pictures(digests_of(images))[[0, 1, 2, 3, 4]], whole)
    shutil.rmtree(tmp_path / "pixels")
    with pytest.raises(KeyError):
        PixelCache(tmp_path, SIDE).pictures(digests_of(images))


def test_a_file_that_vanished_is_a_sentence(tmp_path: Path) -> None:
    gone = SnapshotImage(str(tmp_path / "gone.jpg"), "0" * 32, 0, None)
    with pytest.raises(EngineError, match=r"gone\.jpg” cannot be read any more") as caught:
        PixelCache(tmp_path, SIDE).fill([gone], ignore, threading.Event())
    assert caught.value.hint == "The file is not there any more."


def test_it_stops_when_asked_to_and_keeps_what_is_done(tmp_path: Path, images: list[SnapshotImage]) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        PixelCache(tmp_path, SIDE).fill(images, ignore, cancel)
    assert len(PixelCache(tmp_path, SIDE).pictures(digests_of(images))) == 5
