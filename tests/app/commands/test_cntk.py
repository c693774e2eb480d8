"""cntk-convert: its words, its values, and that the other commands take what it makes."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands.cntk import FIT_NAMES
from app.dataset.fitting import FITS


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("dotted\nstriped\nleopard\n", encoding="utf-8")
    return path


def test_the_fits_are_those_of_the_graph() -> None:
    assert FIT_NAMES == FITS


def test_a_converted_model_is_measured_and_predicts(
    capsys: pytest.CaptureFixture[str], stored_models: Path, labels: Path, garments: Path, tmp_path: Path
) -> None:
    to = tmp_path / "bundles"
    convert = ["cntk-convert", str(stored_models / "plain.model"), "--labels", str(labels), "--to", str(to)]
    assert main([*convert, "--json"]) == 0
    out, err = capsys.readouterr()
    values = json.loads(out)
    assert values["bundle"] == str(to / "plain")
    assert (values["width"], values["height"], values["fit"], values["colour"]) == (13, 16, "letterbox", "bgr")
    assert values["classes"] == ["dotted", "striped", "leopard"]
    assert values["subtracted"] == 114
    assert values["largest_difference"] <= 1e-5
    assert "letterbox to 13 × 16, bgr, minus 114." in err
    assert main(["evaluate", values["bundle"], str(garments), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == len(list(garments.rglob("*.jpg")))
    picture = next(garments.rglob("*.jpg"))
    assert main(["predict", values["bundle"], str(picture), "--json"]) == 0
    ranked = json.loads(capsys.readouterr().out)["results"][0]["predictions"]
    assert sum(one["confidence"] for one in ranked) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--fill", "256"], "A grey is a number from 0 to 255."),
        (["--side", "0"], "The side of an image is from 1 to 4096 pixels."),
        (["--node", "prob"], "“plain.model” has no node “prob”."),
    ],
)
def test_options_that_cannot_be(
    capsys: pytest.CaptureFixture[str],
    stored_models: Path,
    labels: Path,
    tmp_path: Path,
    options: list[str],
    sentence: str,
) -> None:
    model = str(stored_models / "plain.model")
    assert main(["cntk-convert", model, "--labels", str(labels), "--to", str(tmp_path / "to"), *options]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Error: {sentence}" in err
    assert "Traceback" not in err
    assert not (tmp_path / "to").exists()


def test_files_that_cannot_be_converted(
    capsys: pytest.CaptureFixture[str], stored_models: Path, labels: Path, tmp_path: Path
) -> None:
    data = (stored_models / "plain.model").read_bytes()
    files = {
        "old.model": ("BCN\0".encode("utf-16-le") + data, "is a model of CNTK 1"),
        "short.model": (data[: len(data) // 2], "is cut short"),
    }
    for name, (content, problem) in files.items():
        (tmp_path / name).write_bytes(content)
        arguments = ["cntk-convert", str(tmp_path / name), "--labels", str(labels), "--to", str(tmp_path / "to")]
        assert main(arguments) == 1
        assert problem in capsys.readouterr().err
    assert not (tmp_path / "to").exists()


def test_nodes_are_listed_without_cntk(capsys: pytest.CaptureFixture[str], stored_models: Path) -> None:
    assert main(["cntk-nodes", str(stored_models / "residual.model"), "--json"]) == 0
    out, _ = capsys.readouterr()
    values = json.loads(out.splitlines()[-1])
    assert "z" in {node["name"] for node in values["nodes"]}
    assert values["taken"] == ""
    assert main(["cntk-nodes", str(stored_models / "nowhere.model")]) == 1
    assert "cannot be read" in capsys.readouterr().err
