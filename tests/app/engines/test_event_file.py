"""Event files, read back by what is known of their format."""

import struct
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from app.engines.event_file import EventFile, masked_checksum

FIELD = descriptor_pb2.FieldDescriptorProto


def message_type(name: str) -> Any:
    """Return the class of TensorFlow's message Event, or of its parts."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="told", syntax="proto3")
    shapes = {
        "Value": [("tag", 1, FIELD.TYPE_STRING, ""), ("simple_value", 2, FIELD.TYPE_FLOAT, "")],
        "Summary": [("value", 1, FIELD.TYPE_MESSAGE, ".told.Value")],
        "Event": [
            ("wall_time", 1, FIELD.TYPE_DOUBLE, ""),
            ("step", 2, FIELD.TYPE_INT64, ""),
            ("file_version", 3, FIELD.TYPE_STRING, ""),
            ("summary", 5, FIELD.TYPE_MESSAGE, ".told.Summary"),
        ],
    }
    for shape, parts in shapes.items():
        made = file.message_type.add(name=shape)
        for part, number, kind, of in parts:
            label = FIELD.LABEL_REPEATED if (shape, part) == ("Summary", "value") else FIELD.LABEL_OPTIONAL
            made.field.add(name=part, number=number, type=kind, label=label, type_name=of or None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"told.{name}"))


def records(data: bytes) -> list[bytes]:
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked_checksum(data[:8])
        body = data[12 : 12 + length]
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked_checksum(body)
        found.append(body)
        data = data[16 + length :]
    return found


@pytest.mark.parametrize(("data", "checksum"), [
    (b"", 0), (b"123456789", 0xE3069283), (b"\0" * 32, 0x8A9136AA), (bytes(range(32)), 0x46DD794E),
])  # fmt: skip
def test_checksums_are_those_of_rfc_3720(data: bytes, checksum: int) -> None:
    turned = masked_checksum(data) - 0xA282EAD8 & 0xFFFFFFFF
    assert (turned << 15 | turned >> 17) & 0xFFFFFFFF == checksum


def test_figures_come_back_by_name_and_step(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.add(1, {"step/loss": 2.5})
    events.add(300, {"epoch/loss": 0.25, "epoch/validation_accuracy": 0.875})
    (path,) = (tmp_path / "tensorboard").iterdir()
    kind = message_type("Event")
    read = [kind.FromString(record) for record in records(path.read_bytes())]
    assert read[0].file_version == "brain.Event:2"
    figures = [(one.step, {value.tag: value.simple_value for value in one.summary.value}) for one in read[1:]]
    assert figures == [(1, {"step/loss": 2.5}), (300, {"epoch/loss": 0.25, "epoch/validation_accuracy": 0.875})]
    assert all(one.wall_time > 1.7e9 for one in read)


def test_a_run_that_goes_on_has_one_file(tmp_path: Path) -> None:
    EventFile(tmp_path).add(1, {"step/loss": 1.0})
    EventFile(tmp_path)
    (path,) = (tmp_path / "tensorboard").iterdir()
    assert len(records(path.read_bytes())) == 1
