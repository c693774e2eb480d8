"""Thumbnails are small, kept, and made again when they are damaged."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.dataset import thumbnails
from app.dataset.decode import UnreadableImage
from app.dataset.thumbnails import shrunk, thumbnail
from tests.hostile.bytes_of import exif_block, with_exif
from tests.hostile.images import encoded, plain, readable, red_corner, unreadable

DIGEST = "ab" + "0" * 30


def photo_file(folder: Path, height: int = 900, width: int = 1200) -> Path:
    path = folder / "photo.jpg"
    path.write_bytes(encoded(".jpg", red_corner(height, width)))
    return path


@pytest.mark.parametrize(("height", "width", "shape"), [
    (900, 1200, (96, 128)),
    (1200, 900, (128, 96)),
    (50, 60, (50, 60)),
    (5000, 2, (128, 1)),
    (3, 4000, (1, 128)),
    (129, 128, (128, 127)),
])  # fmt: skip
def test_sizes(tmp_path: Path, height: int, width: int, shape: tuple[int, int]) -> None:
    image = thumbnail(photo_file(tmp_path, height, width), DIGEST, tmp_path / "cache", 128)
    assert image.shape == (*shape, 3)
    assert image.dtype == np.uint8


def test_it_is_kept_and_then_the_image_is_not_read(tmp_path: Path) -> None:
    path = photo_file(tmp_path)
    first = thumbnail(path, DIGEST, tmp_path / "cache", 128)
    path.unlink()
    second = thumbnail(path, DIGEST, tmp_path / "cache", 128)
    assert np.abs(first.astype(int) - second).mean() < 3
    assert [str(file.relative_to(tmp_path)) for file in (tmp_path / "cache").rglob("*.*")] == [
        str(Path("cache/thumbnails/ab") / f"{DIGEST}-128.jpg")
    ]


@pytest.mark.parametrize("damage", [b"", b"nonsense", "half", "large"])
def test_damaged_ones_are_made_again(tmp_path: Path, damage: bytes | str) -> None:
    path = photo_file(tmp_path)
    good = thumbnail(path, DIGEST, tmp_path / "cache", 128)
    kept = tmp_path / "cache/thumbnails/ab" / f"{DIGEST}-128.jpg"
    if damage == "half":
        damage = kept.read_bytes()[:300]
    elif damage == "large":
        damage = path.read_bytes()
    assert isinstance(damage, bytes)
    kept.write_bytes(damage)
    np.testing.assert_array_equal(thumbnail(path, DIGEST, tmp_path / "cache", 128), good)
    assert kept.read_bytes() != damage


def test_colours_and_orientation(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_exif(encoded(".jpg", np.ascontiguousarray(np.rot90(red_corner(800, 1200)))), exif_block(6)))
    for _ in range(2):
        image = thumbnail(path, DIGEST, tmp_path / "cache", 120)
        assert image.shape == (80, 120, 3)
        np.testing.assert_allclose(image[5, 5], (254, 0, 0), atol=5)
        np.testing.assert_allclose(image[-5, -5], (255, 255, 255), atol=5)


def test_unreadable_images(tmp_path: Path) -> None:
    for number, hostile in enumerate(unreadable()):
        (tmp_path / "broken").write_bytes(hostile.data)
        with pytest.raises(UnreadableImage):
            thumbnail(tmp_path / "broken", f"{number:032x}", tmp_path / "cache", 64)
    with pytest.raises(UnreadableImage):
        thumbnail(tmp_path / "gone", DIGEST, tmp_path / "cache", 64)
    assert not (tmp_path / "cache").exists()


def test_odd_images(tmp_path: Path) -> None:
    for number, hostile in enumerate(readable()):
        (tmp_path / "odd").write_bytes(hostile.data)
        assert max(thumbnail(tmp_path / "odd", f"{number:032x}", tmp_path / "cache", 64).shape[:2]) <= 64


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    assert thumbnail(photo_file(tmp_path), DIGEST, tmp_path / "cache", 64).shape == (48, 64, 3)


def test_many_threads_at_once(tmp_path: Path) -> None:
    path = photo_file(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda _: thumbnail(path, DIGEST, tmp_path / "cache", 100), range(40)))
    assert {image.shape for image in images} == {(75, 100, 3)}
    assert len(list((tmp_path / "cache").rglob("*.*"))) == 1


def test_a_picture_that_cannot_be_encoded_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo_file(tmp_path)
    monkeypatch.setattr(thumbnails.cv2, "imencode", lambda *arguments: (False, None))
    assert thumbnail(path, DIGEST, tmp_path / "cache", 64).shape == (48, 64, 3)


def test_small_images_are_not_enlarged() -> None:
    image = plain(20, 30)
    assert shrunk(image, 30) is image
