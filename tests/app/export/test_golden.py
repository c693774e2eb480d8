"""The golden images: every copy of a model must give their stored answers, and says so when it does not."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from app.errors import BundleError
from app.export.bundle import INFO_FILE, MODEL_FILE
from app.export.golden import check_golden, write_golden
from tests.conftest import Trained


def test_golden_images_agree(bundle: Path, zipped: Path) -> None:
    for one in (bundle, zipped):
        parity = check_golden(one)
        assert parity.agrees
        assert parity.images == 8
        assert parity.largest_difference < 1e-5


def test_other_golden_answers_do_not_agree(copy: Path) -> None:
    path = copy / "golden" / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    expected["000.png"] = expected["000.png"][::-1]
    path.write_text(json.dumps(expected), encoding="utf-8")
    assert not check_golden(copy).agrees


def test_missing_golden_images_are_a_sentence(copy: Path) -> None:
    (copy / "golden" / "003.png").unlink()
    with pytest.raises(BundleError, match="golden images"):
        check_golden(copy)


def test_its_own_check_agrees_and_notices_a_change(copy: Path) -> None:
    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(copy / "check.py")], capture_output=True, text=True, check=False, encoding="utf-8"
        )

    done = check()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("agrees")
    other = np.zeros((50, 50, 3), np.uint8)
    (copy / "golden" / "000.png").write_bytes(cv2.imencode(".png", other)[1].tobytes())
    done = check()
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].endswith("DIFFERS")


def exchange_model(bundle: Path, model: onnx.ModelProto) -> None:
    """Put another model into a bundle, with the digest to go with it."""
    data = model.SerializeToString()
    (bundle / MODEL_FILE).write_bytes(data)
    info = json.loads((bundle / INFO_FILE).read_text(encoding="utf-8"))
    info["model_sha256"] = hashlib.sha256(data).hexdigest()
    (bundle / INFO_FILE).write_text(json.dumps(info), encoding="utf-8")


def test_an_exchanged_model_with_a_matching_digest_is_found_out(copy: Path) -> None:
    model = onnx.load(copy / MODEL_FILE)
    (temperature,) = (one for one in model.graph.initializer if one.name == "temperature")
    temperature.CopyFrom(onnx.numpy_helper.from_array(np.array([7.0], np.float32), "temperature"))
    exchange_model(copy, model)
    parity = check_golden(copy)
    assert parity.largest_difference > 0.01
    assert not parity.agrees


def test_a_model_that_answers_no_number_does_not_agree(copy: Path) -> None:
    model = onnx.load(copy / MODEL_FILE)
    (temperature,) = (one for one in model.graph.initializer if one.name == "temperature")
    temperature.CopyFrom(onnx.numpy_helper.from_array(np.array([np.nan], np.float32), "temperature"))
    exchange_model(copy, model)
    assert not check_golden(copy).agrees


def test_an_exchanged_picture_does_not_agree(copy: Path) -> None:
    (copy / "golden" / "000.png").write_bytes(cv2.imencode(".png", np.zeros((50, 50, 3), np.uint8))[1].tobytes())
    assert not check_golden(copy).agrees


@pytest.mark.parametrize("text", ["", "[]", "[1]", "7", '{"000.png": 1}', '{"000.png": [0.5]}', '{"x.png": [0, 0, 1]}'])
def test_damaged_answers_are_a_sentence(copy: Path, text: str) -> None:
    (copy / "golden" / "expected.json").write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match="golden images") as caught:
        check_golden(copy)
    assert caught.value.hint


def test_nothing_to_check_is_not_agreement(copy: Path) -> None:
    (copy / "golden" / "expected.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BundleError, match="no golden images"):
        check_golden(copy)


def test_unreadable_candidates_are_passed_over(trained: Trained, tmp_path: Path, photos: list[Path]) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    write_golden(tmp_path, onnx.load(trained.network), 1.0, [tmp_path / "bad.jpg", *photos[:2]])
    expected = json.loads((tmp_path / "golden" / "expected.json").read_text(encoding="utf-8"))
    assert list(expected) == ["000.png", "001.png"]
    assert all(sum(one) == pytest.approx(1) for one in expected.values())
