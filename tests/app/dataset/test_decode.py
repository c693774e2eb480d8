"""Image files of every promised kind, and what is wrong with the others."""

import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset import decode
from app.dataset.decode import UnreadableImage, decode_image, read_image
from app.errors import InputError
from tests.hostile.images import Hostile, encoded, photo, readable, red_corner, unreadable, write_hostile


def named(hostile: Hostile) -> str:
    return hostile.name.encode("ascii", "replace").decode()[:40]


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """OpenCV keeps its log to itself; what libjpeg and libpng write themselves it cannot stop."""
    yield
    printed = capfd.readouterr()
    assert "WARN" not in printed.err
    assert "ERROR" not in printed.err
    assert not printed.out


@pytest.mark.parametrize("hostile", list(readable()), ids=named)
def test_odd_files_are_read_right(hostile: Hostile) -> None:
    image = decode_image(hostile.data)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.shape == (*(hostile.size or ()), 3)
    np.testing.assert_allclose(image[0, 0], hostile.corner or (), atol=2)


@pytest.mark.parametrize("hostile", list(unreadable()), ids=named)
def test_broken_files_are_refused_in_one_sentence(hostile: Hostile) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_image(hostile.data)
    assert caught.value.message.endswith((".", ".)"))
    assert "\n" not in caught.value.message
    assert isinstance(caught.value, InputError)


def test_there_are_enough_kinds() -> None:
    assert len(list(readable())) > 30
    assert len(list(unreadable())) > 30


def test_files_are_read_whatever_their_names(tmp_path: Path) -> None:
    for name, hostile in write_hostile(tmp_path).items():
        if hostile.size:
            assert read_image(tmp_path / name).shape[:2] == hostile.size
        else:
            with pytest.raises(UnreadableImage):
                read_image(tmp_path / name)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_orientation_is_applied_once(orientation: int, suffix: str) -> None:
    turned = next(one for one in readable() if one.name == f"turned-{orientation}.{suffix}")
    upright = cv2.cvtColor(red_corner(), cv2.COLOR_BGR2RGB).astype(int)
    assert np.abs(decode_image(turned.data) - upright).mean() < 4


def test_the_words_name_the_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def problem(name: str) -> str:
        with pytest.raises(UnreadableImage) as caught:
            read_image(tmp_path / name)
        return caught.value.message

    write_hostile(tmp_path)
    (tmp_path / "folder.jpg").mkdir()
    assert problem("empty.jpg") == "The file is empty."
    assert problem("text.png").startswith("The file is no JPEG")
    assert problem("bomb.png") == "The image has 60,000 × 60,000 pixels, more than 256 megapixels."
    assert problem("much-of-nothing.tif") == "The file claims 15,000 × 15,000 pixels in 1,116 bytes."
    assert problem("half.png").startswith("The image is damaged")
    assert problem("gone.png") == "The file is not there any more."
    assert problem("folder.jpg") == "The file is not there any more."
    monkeypatch.setattr(decode, "MOST_BYTES", 10)
    assert problem("grey.jpg") == "The file is larger than 0 MB."


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").write_bytes(encoded(".png", photo()))
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableImage, match=r"cannot be read \(Permission denied\)"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".bmp", ".tif"])
def test_damage_anywhere_never_crashes(suffix: str) -> None:
    source = random.Random(suffix)
    whole = encoded(suffix, photo(height=30, width=40))
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(source.choice([1, 3, 30])):
            data[source.randrange(min(len(data), 300)) if source.random() < 0.5 else source.randrange(len(data))] = (
                source.randrange(256)
            )
        try:
            image = decode_image(bytes(data[: source.randrange(len(data) + 1)] if source.random() < 0.2 else data))
        except UnreadableImage:
            continue
        assert image.ndim == 3
        assert image.shape[2] == 3


@pytest.mark.parametrize(
    ("at_least", "size"), [(None, (1200, 1600)), (900, (1200, 1600)), (700, (600, 800)), (150, (150, 200))]
)
def test_a_jpeg_can_be_decoded_smaller(at_least: int | None, size: tuple[int, int]) -> None:
    image = photo(height=1200, width=1600)
    assert decode_image(encoded(".jpg", image), at_least).shape[:2] == size
    assert decode_image(encoded(".bmp", image), at_least).shape[:2] == (1200, 1600)


def test_too_little_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise cv2.error("Insufficient memory")

    monkeypatch.setattr(cv2, "imdecode", fail)
    with pytest.raises(UnreadableImage, match="cannot be decoded"):
        decode_image(encoded(".jpg", photo()))
