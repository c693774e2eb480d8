"""When a photo was taken, as the camera wrote it into the file (EXIF in JPEG)."""

import struct
from datetime import datetime
from pathlib import Path

START_OF_IMAGE, APP1, START_OF_SCAN = b"\xff\xd8", 0xE1, 0xDA
EXIF = b"Exif\0\0"
ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
EXIF_FOLDER = 0x8769
TAKEN, DIGITISED, CHANGED = 0x9003, 0x9004, 0x0132
ENTRY = 12  # bytes of one field
MOST_FIELDS = 500
MOST_BYTES = 1 << 18  # of a file's beginning that are looked at
TIME_FORMAT = "%Y:%m:%d %H:%M:%S"


def time_taken(path: Path) -> datetime | None:
    """Return the local time at which a photo was taken; None where the file does not say, or cannot be read."""
    try:
        with path.open("rb") as stream:
            return time_in(stream.read(MOST_BYTES))
    except OSError:
        return None


def time_in(data: bytes) -> datetime | None:
    """Return the time in the first bytes of a JPEG file."""
    try:
        block = _exif_block(data)
        return None if block is None else _time_of(block)
    except (struct.error, ValueError):  # cut off, or no time
        return None


def _exif_block(data: bytes) -> bytes | None:
    if not data.startswith(START_OF_IMAGE):
        return None
    at = len(START_OF_IMAGE)
    while at + 4 <= len(data):
        mark, kind, length = struct.unpack_from(">BBH", data, at)
        if mark != 0xFF or kind == START_OF_SCAN:
            return None
        content = data[at + 4 : at + 2 + length]
        if kind == APP1 and content.startswith(EXIF):
            return content[len(EXIF) :]
        at += 2 + length
    return None


def _time_of(block: bytes) -> datetime | None:
    order = ORDERS.get(block[:4])
    if order is None:
        return None
    (start,) = struct.unpack_from(order + "I", block, 4)
    fields = _fields(block, order, start)
    if EXIF_FOLDER in fields:
        fields |= _fields(block, order, fields[EXIF_FOLDER][1])
    for tag in (TAKEN, DIGITISED, CHANGED):
        if tag in fields:
            count, place = fields[tag]
            text = block[place : place + count].split(b"\0")[0].decode("ascii", "replace").strip()
            return datetime.strptime(text, TIME_FORMAT)
    return None


def _fields(block: bytes, order: str, start: int) -> dict[int, tuple[int, int]]:
    """Return count and value (or where it is) of each field of a folder, by its tag."""
    (number,) = struct.unpack_from(order + "H", block, start)
    fields = {}
    for index in range(min(number, MOST_FIELDS)):
        tag, _, count, value = struct.unpack_from(order + "HHII", block, start + 2 + index * ENTRY)
        fields[tag] = (count, value)
    return fields
