from pathlib import Path

import numpy as np
import pytest

from app.engines.cntk_file import Axis, read_dictionary
from app.engines.cntk_model import INPUT, OPERATIONS, read_model
from app.engines.cntk_to_onnx import convert
from app.errors import InputError


def test_values_are_read_as_they_were_saved(stored_models: Path) -> None:
    values = read_dictionary(stored_models / "plain.model")
    assert values["type"] == "CompositeFunction"
    image = next(one for one in values["inputs"] if one["kind"] == INPUT)
    assert image["shape"] == (3, 16, 13)
    assert image["dynamic_axis"][0].name == "defaultBatchAxis"
    arrays = [one["value"] for one in values["inputs"] if "value" in one]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert (8, 1, 3, 3) in [array.shape for array in arrays]
    splice = next(one for one in values["primitive_functions"] if one["op"] == OPERATIONS.index("Splice"))
    assert splice["attributes"]["axis"] == Axis(2, "staticAxisIdx=2")


def test_blocks_are_taken_apart(stored_models: Path) -> None:
    model = read_model(stored_models / "residual.model")
    assert "Block" not in {one.operation for one in model.functions.values()}
    functions = model.ancestors(model.resolve(model.root))
    assert {one.operation for one in functions[:2]} == {"Minus", "Reciprocal"}
    assert [one.operation for one in functions[-2:]] == ["Times", "Plus"]
    assert sum(one.operation == "Convolution" for one in functions) == 6
    assert model.names["z"] == model.root


def test_numbers_of_operations_are_those_of_cntk() -> None:
    known = {"ReLU": 3, "Pooling": 17, "Times": 31, "Convolution": 33, "Block": 57, "Pad": 83, "Cast": 91}
    assert {name: OPERATIONS.index(name) for name in known} == known
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 98


def test_a_file_that_is_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_model(tmp_path / "none.model")
    empty = tmp_path / "empty.model"
    empty.touch()
    with pytest.raises(InputError, match="is empty"):
        read_model(empty)


def test_a_model_of_cntk_1(tmp_path: Path) -> None:
    path = tmp_path / "old.model"
    path.write_bytes("BCN\0BVersion\0".encode("utf-16-le") + bytes(100))
    with pytest.raises(InputError, match="CNTK 1") as raised:
        read_model(path)
    assert "cntk.load_model" in raised.value.hint


def test_a_file_cut_short_anywhere(stored_models: Path, tmp_path: Path) -> None:
    data = (stored_models / "plain.model").read_bytes()
    path = tmp_path / "short.model"
    for length in [*range(1, len(data) - 1, 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match="cut short"):
            read_model(path)


@pytest.mark.parametrize("name", ["plain", "operations"])
def test_a_file_with_wrong_bytes_is_converted_or_refused(stored_models: Path, tmp_path: Path, name: str) -> None:
    data = (stored_models / f"{name}.model").read_bytes()
    path = tmp_path / "wrong.model"
    random = np.random.default_rng(11)
    refused = 0
    for place in random.integers(0, len(data), 120):
        path.write_bytes(data[:place] + random.bytes(1) + data[place + 1 :])
        try:
            assert convert(read_model(path)).classes > 0
        except InputError:
            refused += 1
    assert refused > 20


def test_the_state_of_a_training(tmp_path: Path) -> None:
    path = tmp_path / "shop.dnn.ckp"
    entry = b"\x0a\x08Learners\x12\x04\x10\x09\x5a\x00"  # key 1, value 2: an empty vector
    path.write_bytes(b"\x08\x02\x12" + bytes([len(entry)]) + entry)
    with pytest.raises(InputError, match="state of a training") as raised:
        read_model(path)
    assert "“.ckp”" in raised.value.hint


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"{}", bytes(64), b"\x08\x02"])
def test_something_else(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.model"
    path.write_bytes(data)
    with pytest.raises(InputError, match="is no model of CNTK 2"):
        read_model(path)
