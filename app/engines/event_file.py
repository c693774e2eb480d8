"""TensorBoard's event files, which hold numbers by step: a record each, of lengths, checksums and a protobuf message.

Format: tensorflow/core/lib/io/record_writer.cc and tensorflow/core/util/event.proto. Written here, in 60 lines, as the
package tensorboard brings a web server, and twelve packages with it.
"""

import struct
import time
from collections.abc import Mapping
from pathlib import Path

POLYNOMIAL = 0x82F63B78  # of CRC-32C (Castagnoli), reversed
MASK = 0xA282EAD8
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FOLDER = "tensorboard"


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()


def masked_checksum(data: bytes) -> int:
    """Return the CRC-32C of data, turned and shifted as the format wants it."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    value ^= 0xFFFFFFFF
    return (value >> 15 | value << 17 & 0xFFFFFFFF) + MASK & 0xFFFFFFFF


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _field(number: int, kind: int, data: bytes) -> bytes:
    size = _varint(len(data)) if kind == BYTES else b""
    return _varint(number << 3 | kind) + size + data


class EventFile:
    """An event file of a run's folder, written anew; figures are kept as soon as they are added."""

    def __init__(self, run: Path):
        folder = run / FOLDER
        folder.mkdir(exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        self._path = folder / f"events.out.tfevents.{int(time.time()):010}.sightline"
        self._append(_field(3, BYTES, b"brain.Event:2"))

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Add figures by name at a step."""
        values = b"".join(
            _field(1, BYTES, _field(1, BYTES, name.encode()) + _field(2, FIXED32, struct.pack("<f", value)))
            for name, value in figures.items()
        )
        self._append(_field(2, VARINT, _varint(step)) + _field(5, BYTES, values))

    def _append(self, event: bytes) -> None:
        data = _field(1, FIXED64, struct.pack("<d", time.time())) + event
        length = struct.pack("<Q", len(data))
        checks = [struct.pack("<I", masked_checksum(part)) for part in (length, data)]
        with self._path.open("ab") as stream:
            stream.write(length + checks[0] + data + checks[1])
