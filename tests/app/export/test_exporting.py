"""Exports in every form: what is written answers as it should, and what cannot be is a sentence."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.dataset.decode import read_image
from app.errors import BundleError
from app.export.bundle import read_bundle_info
from app.export.exporters import BUNDLE, EXPORTERS, FLOAT16, INT8, ZIP
from app.export.exporting import costs, export
from app.export.golden import check_golden
from app.export.predictor import Predictor
from tests.conftest import Trained


@pytest.fixture(scope="module", params=[FLOAT16, INT8])
def smaller(request: pytest.FixtureRequest, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(export(bundle, tmp_path_factory.mktemp("out"), request.param)["bundle"])


def test_a_folder_has_everything_that_others_look_for(bundle: Path, tmp_path: Path) -> None:
    made = Path(export(bundle, tmp_path, BUNDLE)["bundle"])
    assert json.loads((made / "index_to_name.json").read_text(encoding="utf-8"))["0"] == "dotted"
    signature = json.loads((made / "signature.json").read_text(encoding="utf-8"))
    assert signature["classes"]["Label"] == ["dotted", "leopard", "striped"]
    given = {output.name for output in onnx.load(made / signature["filename"]).graph.output}
    assert signature["outputs"]["Confidences"]["name"] in given
    assert {path.name for path in (made / "examples").iterdir()} == {"cpp", "csharp", "javascript", "python"}
    assert not list(made.rglob("*.pkl"))


def test_the_readmes_python_example_runs(bundle: Path, tmp_path: Path) -> None:
    made = Path(export(bundle, tmp_path, BUNDLE)["bundle"])
    command = [sys.executable, str(made / "examples/python/predict.py"), str(made / "golden/000.png")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = Predictor(made).predict_image(read_image(made / "golden/000.png"))
    best = read_bundle_info(made).labels[int(answer.argmax())]
    assert f"{best} {answer.max():.4f}" in printed


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
@pytest.mark.slow
def test_node_gives_the_golden_answers(bundle: Path, tmp_path: Path) -> None:
    folder = Path(export(bundle, tmp_path, BUNDLE)["bundle"], "examples", "javascript")
    npm, node = shutil.which("npm"), shutil.which("node")
    assert npm
    assert node
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    checked = subprocess.run([node, "check.mjs"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert checked.strip().endswith("agrees")
    said = subprocess.run(
        [node, "predict.mjs", "../../golden/000.png"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    answer = Predictor(bundle).predict_image(read_image(bundle / "golden" / "000.png"))
    assert float(said.split()[2].rstrip(",")) == pytest.approx(float(answer.max()), abs=1e-3)


def test_a_zip_holds_the_same_and_answers(bundle: Path, tmp_path: Path) -> None:
    made = Path(export(bundle, tmp_path, ZIP)["bundle"])
    assert made.name == "Garments.zip"
    assert zipfile.is_zipfile(made)
    assert check_golden(made).agrees
    assert [path.name for path in tmp_path.iterdir()] == ["Garments.zip"]
    assert Path(export(bundle, tmp_path, ZIP)["bundle"]).name == "Garments-2.zip"


def test_a_smaller_form_answers_nearly_the_same(smaller: Path, trained: Trained) -> None:
    full, small = Predictor(trained.result.bundle), Predictor(smaller)
    assert small.info.precision in ("float16", "int8")
    assert small.info.accuracy is not None
    pictures = [read_image(path) for path in sorted(trained.images.rglob("*.jpg"))]
    pairs = [(full.predict_image(picture), small.predict_image(picture)) for picture in pictures]
    assert np.mean([one.argmax() == other.argmax() for one, other in pairs]) >= 0.9
    assert (smaller / "model.onnx").stat().st_size < 0.6 * (trained.result.bundle / "model.onnx").stat().st_size


def test_a_smaller_form_keeps_what_the_model_says_of_itself(smaller: Path, bundle: Path) -> None:
    of = {
        path: {one.key: one.value for one in onnx.load(path / "model.onnx").metadata_props}
        for path in (smaller, bundle)
    }
    assert of[smaller].items() >= of[bundle].items()
    assert f"This copy has the precision {read_bundle_info(smaller).precision}" in (
        smaller / "MODEL_CARD.md"
    ).read_text("utf-8")


def test_a_smaller_form_passes_its_own_check(smaller: Path) -> None:
    command = [sys.executable, str(smaller / "check.py")]
    checked = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert checked.strip().endswith("agrees")


def test_costs_are_measured_on_the_test_images(bundle: Path) -> None:
    measured = {cost["form"]: cost for cost in costs(bundle)}
    assert set(measured) == {"onnx", FLOAT16, INT8}
    assert measured["onnx"]["agreement"] == 1
    assert measured["onnx"]["largest_difference"] == 0
    assert measured["onnx"]["accuracy"] == read_bundle_info(bundle).accuracy
    assert measured[INT8]["bytes"] < measured[FLOAT16]["bytes"] < measured["onnx"]["bytes"]
    assert all(cost["images_per_second"] > 0 for cost in measured.values())


def test_eight_bits_need_training_images(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be exported") as caught:
        export(copy, tmp_path / "out", INT8)
    assert "training images" in caught.value.hint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["cntk", "tflite"])
def test_what_cannot_be_made_says_why(form: str, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        export(bundle, tmp_path, form)
    assert caught.value.hint == EXPORTERS[form].missing(bundle) != ""


def test_an_unknown_form_is_a_sentence(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no form “punched cards”"):
        export(bundle, tmp_path, "punched cards")


def test_a_place_that_cannot_be_written_is_a_sentence(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(BundleError, match="could not be written"):
        export(bundle, tmp_path / "file", BUNDLE)


def test_an_exported_zip_is_not_exported_again(zipped: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exported already"):
        export(zipped, tmp_path / "out", BUNDLE)
    assert not (tmp_path / "out").exists()
