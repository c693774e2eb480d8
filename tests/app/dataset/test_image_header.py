"""The size an image claims."""

import struct

import pytest

from app.dataset.image_header import read_header
from tests.app.server.serving import encoded


def image_size(data: bytes) -> tuple[int, int] | None:
    header = read_header(data)
    return None if header is None else (header.width, header.height)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".gif"])
def test_sizes_of_real_files(suffix: str) -> None:
    assert image_size(encoded((10, 200, 90), suffix, size=(123, 45))) == (123, 45)


def test_jpeg_behind_a_large_application_block() -> None:
    plain = encoded((1, 2, 3), ".jpg", size=(31, 17))
    block = b"\xff\xe1" + struct.pack(">H", 60_000) + bytes(59_998)
    assert image_size(plain[:2] + block + b"\xff" + plain[2:]) == (31, 17)


def test_webp_kinds() -> None:
    extended = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
    lossless = b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 99 | 49 << 14)
    assert image_size(extended) == (640, 480)
    assert image_size(lossless) == (100, 50)
    assert image_size(b"RIFF\0\0\0\0WEBPJUNK" + bytes(20)) is None


def test_bmp_kinds() -> None:
    top_down = b"BM" + bytes(12) + struct.pack("<Iii", 40, 20, -10)
    old = b"BM" + bytes(12) + struct.pack("<IHH", 12, 20, 10)
    assert image_size(top_down) == (20, 10)
    assert image_size(old) == (20, 10)


def test_big_endian_tiff() -> None:
    entries = struct.pack(">HHIHH", 256, 3, 1, 70, 0) + struct.pack(">HHII", 257, 4, 1, 50)
    assert image_size(b"MM\x00*" + struct.pack(">IH", 8, 2) + entries) == (70, 50)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".gif"])
def test_every_beginning_is_survived(suffix: str) -> None:
    data = encoded((10, 200, 90), suffix, size=(9, 7))
    assert {image_size(data[:length]) for length in range(len(data))} <= {None, (9, 7)}


def test_the_first_of_two_tags_counts() -> None:
    directory = b"".join(struct.pack("<HHII", *entry) for entry in ((256, 4, 1, 900), (257, 4, 1, 7), (256, 4, 1, 5)))
    header = read_header(b"II*\0\x08\0\0\0" + struct.pack("<H", 3) + directory)
    assert header is not None
    assert (header.width, header.height) == (900, 7)
