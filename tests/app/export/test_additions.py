"""What an export adds for other programs: each gives the bundle's answers by the script that comes with it."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import helper

from app.dataset.decode import read_image
from app.dataset.preprocess import preprocess_graph
from app.errors import BundleError
from app.export.bundle import FORMAT, read_bundle_info
from app.export.exporters import CNTK, COREML, EXPORTERS, OPENVINO, SAFETENSORS, TORCHSCRIPT
from app.export.exporting import export
from app.export.plain_resize import with_plain_resize
from app.export.predictor import Predictor
from app.export.proof import SHAPES, drawn, prove
from app.export.torch_forms import write_safetensors
from app.onnx_sessions import open_session

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Unpack a bundle with a tiny network."""
    with zipfile.ZipFile(SAMPLES / f"format-{FORMAT}.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "sample"


def said_by(script: Path, image: Path) -> tuple[str, float]:
    done = subprocess.run([sys.executable, str(script), str(image)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    label, confidence = done.stdout.split()[-2:]
    return label, float(confidence)


def assert_its_script_agrees(made: Path, form: str) -> None:
    image = made / "golden" / "001.png"
    answer = Predictor(made).predict_image(read_image(image))
    label, confidence = said_by(made / form / "predict.py", image)
    assert label == read_bundle_info(made).labels[int(answer.argmax())]
    assert confidence == pytest.approx(float(answer.max()), abs=1e-4)
    assert (made / form / "README.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("form", [TORCHSCRIPT, SAFETENSORS])
def test_a_network_for_pytorch_gives_the_same_answers(form: str, sample: Path, tmp_path: Path) -> None:
    made = Path(export(sample, tmp_path / "out", form)["bundle"])
    assert_its_script_agrees(made, form)


def test_a_real_network_is_written_by_the_names_of_its_layers(bundle: Path, tmp_path: Path) -> None:
    made = Path(export(bundle, tmp_path, SAFETENSORS)["bundle"])  # it is proved to agree, or it would not be there
    data = (made / SAFETENSORS / "model.safetensors").read_bytes()
    assert b"backbone._blocks.1._depthwise_conv.weight" in data


def test_a_step_that_pytorch_is_not_told_of_is_a_sentence(sample: Path) -> None:
    model = onnx.load(sample / "model.onnx")
    softmax = next(node for node in model.graph.node if node.op_type == "Softmax")
    softmax.CopyFrom(helper.make_node("Hardmax", softmax.input, softmax.output))
    onnx.save(model, sample / "model.onnx")
    with pytest.raises(BundleError, match="“Hardmax”"):
        write_safetensors(sample, read_bundle_info(sample))


def test_other_answers_are_found_out(sample: Path) -> None:
    predictor = Predictor(sample)
    assert prove(sample, "itself", predictor.predict_image) == 0

    def wrong_where_large(image: np.ndarray) -> np.ndarray:
        return predictor.predict_image(image)[::-1] if image.shape[0] > 1000 else predictor.predict_image(image)

    for ask in (wrong_where_large, lambda image: predictor.predict_image(image) * np.nan):
        with pytest.raises(BundleError, match="gives other answers"):
            prove(sample, "a form", ask)


def test_resizing_in_plain_operators_gives_the_same_pixels() -> None:
    graph = preprocess_graph(224)
    plain = with_plain_resize(graph)
    assert "Resize" not in {node.op_type for node in plain.graph.node}
    sessions = [open_session(one.SerializeToString()) for one in (graph, plain)]
    for height, width in SHAPES:
        images = {"image": np.stack([drawn(height, width)] * 2)}
        first, second = (session.run(["pixels"], images)[0].astype(int) for session in sessions)
        assert np.abs(first - second).max() <= 1
        assert (first != second).mean() < 1e-3  # halfway between two levels


def test_openvino_gives_the_same_answers(sample: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    made = Path(export(sample, tmp_path / "out", OPENVINO)["bundle"])
    assert_its_script_agrees(made, OPENVINO)


def test_openvino_is_loaded_without_its_telemetry() -> None:
    pytest.importorskip("openvino")
    lines = (
        "import sys; from app.export.openvino_form import load_openvino; load_openvino();"
        "assert sys.modules['openvino_telemetry'] is None; assert 'openvino.tools.ovc.telemetry_stub' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", lines], check=True)


def test_core_ml_is_offered_where_it_can_be_checked(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.export.exporters.sys", SimpleNamespace(platform="linux"))
    assert "Only a Mac" in EXPORTERS[COREML].missing(bundle)
    monkeypatch.setattr("app.export.exporters.sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr("app.export.exporters.find_spec", lambda name: None)
    assert "pip install coremltools" in EXPORTERS[COREML].missing(bundle)
    monkeypatch.setattr("app.export.exporters.find_spec", lambda name: "there")
    assert EXPORTERS[COREML].missing(bundle) == ""


def test_a_converter_that_is_not_there_is_named(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.export.exporters.find_spec", lambda name: None)
    assert "pip install openvino" in EXPORTERS[OPENVINO].missing(bundle)


def test_cntks_own_file_goes_along_where_the_run_has_it(sample: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    bundle = sample.rename(run / "bundle")
    assert "trained with CNTK" in EXPORTERS[CNTK].missing(bundle)
    (run / "network.model").write_bytes(b"what CNTK wrote")
    assert EXPORTERS[CNTK].missing(bundle) == ""
    made = Path(export(bundle, tmp_path / "out", CNTK)["bundle"])
    assert (made / CNTK / "network.model").read_bytes() == b"what CNTK wrote"
    assert "3.6" in (made / CNTK / "README.md").read_text(encoding="utf-8")


def test_what_was_not_trained_by_pytorch_is_not_written_for_it(sample: Path) -> None:
    info = replace(read_bundle_info(sample), source="Converted from elsewhere.")
    (sample / "bundle.json").write_text(json.dumps(info.to_json()), encoding="utf-8")
    with pytest.raises(BundleError) as caught:
        export(sample, sample.parent / "out", TORCHSCRIPT)
    assert "trained with PyTorch" in caught.value.hint
