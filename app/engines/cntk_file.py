"""The CNTK v2 `.model` file: a protobuf message `Dictionary`, read here without CNTK.

The message types are described in code, after `CNTK.proto` (package `CNTK.proto`, syntax 3). Packed numbers are
declared as bytes, which have the same form in the file, so that arrays are taken over whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from numpy.typing import NDArray

from app.errors import InputError

PACKAGE = "sightline.cntk"
V1_START = "BCN".encode("utf-16-le")  # the older format is a stream of sections with names of 16-bit letters
MOST_BYTES = (1 << 31) - 1  # protobuf can hold no more, so CNTK cannot have written it

Field = descriptor_pb2.FieldDescriptorProto
# Message type → field → (number, type, name of the message type or "", repeated)
FIELDS: dict[str, dict[str, tuple[int, int, str, bool]]] = {
    "NDShape": {"dims": (1, Field.TYPE_UINT64, "", True)},
    "Axis": {
        "index": (1, Field.TYPE_INT32, "", False),
        "name": (2, Field.TYPE_STRING, "", False),
        "ordered": (3, Field.TYPE_BOOL, "", False),
    },
    "Numbers": {"packed": (1, Field.TYPE_BYTES, "", False)},
    "NDArrayView": {
        "data_type": (1, Field.TYPE_INT32, "", False),
        "storage": (2, Field.TYPE_INT32, "", False),
        "shape": (3, Field.TYPE_MESSAGE, "NDShape", False),
        "floats": (4, Field.TYPE_MESSAGE, "Numbers", False),
        "doubles": (5, Field.TYPE_MESSAGE, "Numbers", False),
        "raw": (6, Field.TYPE_MESSAGE, "Numbers", False),
    },
    "Vector": {"value": (1, Field.TYPE_MESSAGE, "DictionaryValue", True)},
    "Dictionary": {
        "version": (1, Field.TYPE_UINT64, "", False),
        "data": (2, Field.TYPE_MESSAGE, "Entry", True),
    },
    "Entry": {
        "key": (1, Field.TYPE_STRING, "", False),
        "value": (2, Field.TYPE_MESSAGE, "DictionaryValue", False),
    },
    "DictionaryValue": {
        "type": (2, Field.TYPE_INT32, "", False),
        "bool": (3, Field.TYPE_BOOL, "", False),
        "int": (4, Field.TYPE_INT32, "", False),
        "size": (5, Field.TYPE_UINT64, "", False),
        "float": (6, Field.TYPE_FLOAT, "", False),
        "double": (7, Field.TYPE_DOUBLE, "", False),
        "string": (8, Field.TYPE_STRING, "", False),
        "shape": (9, Field.TYPE_MESSAGE, "NDShape", False),
        "axis": (10, Field.TYPE_MESSAGE, "Axis", False),
        "vector": (11, Field.TYPE_MESSAGE, "Vector", False),
        "dictionary": (12, Field.TYPE_MESSAGE, "Dictionary", False),
        "array": (13, Field.TYPE_MESSAGE, "NDArrayView", False),
    },
}
# DictionaryValue.type → the field that holds the value
VALUE_FIELDS = (
    "",
    "bool",
    "int",
    "size",
    "float",
    "double",
    "string",
    "shape",
    "axis",
    "vector",
    "dictionary",
    "array",
)
# NDArrayView.data_type → (field, number format)
NUMBERS = {1: ("floats", "<f4"), 2: ("doubles", "<f8"), 4: ("raw", "<f2"), 5: ("raw", "i1"), 6: ("raw", "<i2")}
DENSE = 0


@dataclass(frozen=True)
class Axis:
    """An axis of a CNTK tensor, counted from the last one of the numpy order; a dynamic one has a name instead."""

    index: int
    name: str


def read_dictionary(path: Path) -> dict[str, Any]:
    """Read a `.model` file into plain Python values; raises InputError.

    Shapes are tuples and arrays are arrays, both in the order of numpy, which is CNTK's reversed.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if 0 < size <= MOST_BYTES else b""
    except OSError as error:
        raise InputError(
            f"The file “{path}” cannot be read ({error.strerror or error}).", "Check the path and its permissions."
        ) from error
    if data.startswith(V1_START):
        raise InputError(
            f"“{path.name}” is a model of CNTK 1, which has another format.",
            "Load it once with CNTK 2 (cntk.load_model) and save it again; the new file can be converted.",
        )
    if not data:
        raise InputError(
            f"“{path.name}” is empty, or larger than a model can be.", "Choose a .model file saved by CNTK 2."
        )
    message = _message_class()()
    try:
        message.ParseFromString(data)
        return _dictionary(message)
    except (DecodeError, ValueError, IndexError, KeyError, RecursionError) as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, detail: str) -> InputError:
    """Say that a file is no complete `.model` file."""
    return InputError(
        f"“{path.name}” is cut short or is no model of CNTK 2.",
        "Copy it again from where it was made, or choose another file.",
        detail,
    )


def _dictionary(message: Any) -> dict[str, Any]:
    return {entry.key: _value(entry.value) for entry in message.data}


def _value(message: Any) -> Any:
    field = VALUE_FIELDS[message.type]
    if not field:
        return None
    value = getattr(message, field)
    if field == "shape":
        return _shape(value)
    if field == "axis":
        return Axis(value.index, value.name)
    if field == "vector":
        return [_value(one) for one in value.value]
    if field == "dictionary":
        return _dictionary(value)
    return _array(value) if field == "array" else value


def _shape(message: Any) -> tuple[int, ...]:
    return tuple(reversed(message.dims))


def _array(message: Any) -> NDArray[Any]:
    if message.storage != DENSE:
        raise ValueError("a sparse array")
    field, numbers = NUMBERS[message.data_type]
    return np.frombuffer(getattr(message, field).packed, numbers).reshape(_shape(message.shape))


def _message_class() -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name="sightline/cntk.proto", package=PACKAGE, syntax="proto3")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, of, repeated) in fields.items():
            label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
            declared = message.field.add(name=field, number=number, label=label)
            declared.type = kind
            if of:
                declared.type_name = f".{PACKAGE}.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Dictionary"))
