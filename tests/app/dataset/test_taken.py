"""The time a photo was taken, out of what cameras write."""

import struct
from datetime import datetime
from pathlib import Path

import pytest

from app.dataset.taken import CHANGED, TAKEN, time_in, time_taken

TIME = b"2024:03:05 06:07:08\0"
EXPECTED = datetime(2024, 3, 5, 6, 7, 8)


def jpeg(order: str = "<", tag: int = TAKEN, text: bytes = TIME, nested: bool = True) -> bytes:
    """Build the beginning of a JPEG file with one time, in the first folder or in that of EXIF."""
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    if nested:
        first = struct.pack(order + "HHHIII", 1, 0x8769, 4, 1, 26, 0)
        second = struct.pack(order + "HHHIII", 1, tag, 2, len(text), 44, 0)
        block = header + first + second + text
    else:
        block = header + struct.pack(order + "HHHIII", 1, tag, 2, len(text), 26, 0) + text
    exif = b"Exif\0\0" + block
    other = b"\xff\xe0" + struct.pack(">H", 6) + b"JFIF"
    return b"\xff\xd8" + other + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + b"\xff\xda"


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_and_folders(order: str, tmp_path: Path) -> None:
    assert time_in(jpeg(order)) == EXPECTED
    assert time_in(jpeg(order, CHANGED, nested=False)) == EXPECTED
    (tmp_path / "a.jpg").write_bytes(jpeg(order))
    assert time_taken(tmp_path / "a.jpg") == EXPECTED


@pytest.mark.parametrize("data", [
    b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff\xda", jpeg(text=b"yesterday\0"), jpeg(text=b"0000:00:00 00:00:00\0"),
    jpeg().replace(b"II*\0", b"XX*\0"),
])  # fmt: skip
def test_files_that_do_not_say(data: bytes) -> None:
    assert time_in(data) is None


def test_no_cut_or_changed_file_is_a_problem() -> None:
    data = jpeg()
    for length in range(len(data)):
        time_in(data[:length])
        time_in(data[:length] + b"\xff" + data[length + 1 :])


def test_a_missing_file_says_nothing(tmp_path: Path) -> None:
    assert time_taken(tmp_path / "nowhere.jpg") is None
