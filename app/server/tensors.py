"""Tensors of the Open Inference Protocol: in JSON, or in binary behind it (Triton's binary tensor data extension)."""

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.server.bodies import from_base64, json_of
from app.server.classify import Image
from app.server.limits import MEGAPIXEL, Limits
from app.server.problems import RequestError

INPUT = "image"
UINT8, BYTES, FP32 = "UINT8", "BYTES", "FP32"
LENGTH = struct.Struct("<I")  # stands before each element of BYTES
COUNT = "classification"
HEADER_LENGTH = "inference-header-content-length"
DETAILS = "See the Open Inference Protocol."


@dataclass(frozen=True)
class WantedOutput:
    """An output as the request wants it: as numbers, or with `classes` > 0 as that many “value:index:label”."""

    name: str
    binary: bool
    classes: int = 0


@dataclass(frozen=True)
class InferenceRequest:
    """The images of a request and the outputs it wants; no outputs means all, `binary` is how those are sent."""

    id: str | None
    images: tuple[Image, ...]
    outputs: tuple[WantedOutput, ...]
    binary: bool


@dataclass(frozen=True)
class OutputTensor:
    """An output: float32 numbers of any shape, or texts."""

    name: str
    values: NDArray[Any]
    binary: bool


def bad(message: str) -> RequestError:
    """Return the answer to a request that breaks the protocol."""
    return RequestError(400, message, DETAILS)


def read_request(body: bytes, header_length: str | None, limits: Limits) -> InferenceRequest:
    """Read the body of a request; raises RequestError. May take long: call it in a thread."""
    head, rest = body, b""
    if header_length is not None:
        if not header_length.isdecimal() or int(header_length) > len(body):
            raise bad("Inference-Header-Content-Length is not the length of the JSON.")
        head, rest = body[: int(header_length)], body[int(header_length) :]
    value = json_of(head)
    if not isinstance(value, dict):
        raise bad("The request is no JSON object.")
    identity = value.get("id")
    if identity is not None and not isinstance(identity, str):
        raise bad("“id” is no text.")
    inputs = value.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise bad(f"“inputs” must be a list of one tensor, “{INPUT}”.")
    binary = _flag(_parameters(value), "binary_data_output")
    outputs = _outputs(value.get("outputs"), binary)
    return InferenceRequest(identity, _images(inputs[0], rest, limits), outputs, binary)


def _parameters(value: dict[str, Any]) -> dict[str, Any]:
    parameters = value.get("parameters", {})
    if not isinstance(parameters, dict):
        raise bad("“parameters” is no JSON object.")
    return parameters


def _flag(parameters: dict[str, Any], name: str, default: bool = False) -> bool:
    flag = parameters.get(name, default)
    if not isinstance(flag, bool):
        raise bad(f"“{name}” is neither true nor false.")
    return flag


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _outputs(wanted: Any, binary: bool) -> tuple[WantedOutput, ...]:
    if wanted is None:
        return ()
    if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
        raise bad("“outputs” is no list of JSON objects.")
    found = []
    for each in wanted:
        parameters = _parameters(each)
        classes = parameters.get(COUNT, 0)
        if not isinstance(each.get("name"), str):
            raise bad("An output has no name.")
        if not _whole(classes):
            raise bad(f"“{COUNT}” is no number of classes.")
        found.append(WantedOutput(each["name"], _flag(parameters, "binary_data", binary), classes))
    return tuple(found)


def _images(tensor: dict[str, Any], rest: bytes, limits: Limits) -> tuple[Image, ...]:
    if tensor.get("name") != INPUT:
        raise bad(f"The input is called “{INPUT}”.")
    shape, kind = tensor.get("shape"), tensor.get("datatype")
    if not isinstance(shape, list) or not all(map(_whole, shape)):
        raise bad("“shape” is no list of sizes.")
    raw = _raw(_parameters(tensor), rest)
    if raw is None and "data" not in tensor:
        raise bad(f"The input “{INPUT}” has no data.")
    if kind == UINT8:
        return _pixels(shape, tensor.get("data"), raw, limits)
    if kind == BYTES:
        return _files(shape, tensor.get("data"), raw, limits)
    raise bad(f"The input “{INPUT}” takes {UINT8} [N, H, W, 3], or {BYTES} [N] with image files.")


def _raw(parameters: dict[str, Any], rest: bytes) -> bytes | None:
    size = parameters.get("binary_data_size")
    if size is None:
        if rest:
            raise bad("There is binary data that no input speaks of.")
        return None
    if not _whole(size) or size != len(rest):
        raise bad("“binary_data_size” is not the size of the binary data.")
    return rest


def _pixels(shape: Sequence[int], data: Any, raw: bytes | None, limits: Limits) -> tuple[Image, ...]:
    if len(shape) != 4 or shape[3] != 3 or 0 in shape:
        raise bad(f"The shape of {UINT8} must be [N, height, width, 3].")
    if shape[0] > limits.images:
        raise RequestError(413, f"One request may hold {limits.images} images.", "Send several requests.")
    if shape[1] * shape[2] > limits.pixels:
        raise RequestError(413, f"An image has more than {limits.pixels / MEGAPIXEL:g} megapixels.", "Shrink it.")
    values = np.frombuffer(raw, np.uint8) if raw is not None else _numbers(data)
    if values.size != math.prod(shape):
        raise bad(f"The shape speaks of {math.prod(shape)} values, the data has {values.size}.")
    return tuple(values.reshape(tuple(shape)))


def _numbers(data: Any) -> NDArray[np.uint8]:
    """Read whole numbers from 0 to 255, nested by the shape or flat."""
    try:
        values = np.array(data)
    except (ValueError, OverflowError) as error:
        raise bad("The data is no tensor of numbers.") from error
    if values.dtype.kind not in "iu" or values.size and (values.min() < 0 or values.max() > 255):
        raise bad(f"The data of {UINT8} must be whole numbers from 0 to 255.")
    return values.astype(np.uint8)


def _files(shape: Sequence[int], data: Any, raw: bytes | None, limits: Limits) -> tuple[Image, ...]:
    if len(shape) not in (1, 2) or len(shape) == 2 and shape[1] != 1 or shape[0] == 0:
        raise bad(f"The shape of {BYTES} must be [N] or [N, 1].")
    if shape[0] > limits.images:
        raise RequestError(413, f"One request may hold {limits.images} images.", "Send several requests.")
    if raw is not None:
        files: tuple[Image, ...] = tuple(_elements(raw))
    elif isinstance(data, list):
        files = tuple(from_base64(each[0] if isinstance(each, list) and len(each) == 1 else each) for each in data)
    else:
        raise bad(f"The data of {BYTES} must be a list of texts in base64.")
    if len(files) != shape[0]:
        raise bad(f"The shape speaks of {shape[0]} elements, the data has {len(files)}.")
    return files


def _elements(raw: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        if at + LENGTH.size > len(raw):
            raise bad("The binary data ends within an element.")
        (length,) = LENGTH.unpack_from(raw, at)
        at += LENGTH.size
        if at + length > len(raw):
            raise bad("The binary data ends within an element.")
        found.append(raw[at : at + length])
        at += length
    return found


def write_reply(head: dict[str, Any], outputs: Sequence[OutputTensor]) -> tuple[bytes, int | None]:
    """Return the body of a reply, and the length of its JSON if binary data follows it."""
    described, tail = [], b""
    for output in outputs:
        texts = output.values.dtype == object
        entry: dict[str, Any] = {
            "name": output.name,
            "datatype": BYTES if texts else FP32,
            "shape": list(output.values.shape),
        }
        if output.binary:
            raw = _packed(output.values) if texts else output.values.astype("<f4").tobytes()
            entry["parameters"] = {"binary_data_size": len(raw)}
            tail += raw
        else:
            entry["data"] = output.values.reshape(-1).tolist()
        described.append(entry)
    text = json.dumps({**head, "outputs": described}, ensure_ascii=False, separators=(",", ":")).encode()
    return text + tail, len(text) if any(output.binary for output in outputs) else None


def _packed(texts: NDArray[Any]) -> bytes:
    encoded = [str(text).encode() for text in texts.reshape(-1)]
    return b"".join(LENGTH.pack(len(each)) + each for each in encoded)
