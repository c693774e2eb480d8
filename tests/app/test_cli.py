"""The command line: its contract, its exit codes, and a sentence for everything that goes wrong."""

import json
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.engines.process import ROOT
from app.project.project import Project
from tests.conftest import Trained

COMMAND = [sys.executable, str(ROOT / "main.py")]


@pytest.fixture(autouse=True)
def keep_interrupt() -> Iterator[None]:
    """Give Ctrl+C back to pytest after a command took it."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    """Run a command here; return its code, its lines on stdout, and stderr."""
    code = main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out.splitlines(), err


def value(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Run a command with --json and return the object on the last line."""
    code, lines, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    assert len(lines) == 1
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def sentence(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that fails and return what it says: a sentence and a hint, no more."""
    code, lines, err = run(capsys, *arguments)
    assert code == 1
    assert lines == []
    words = [line for line in err.splitlines() if not line.startswith(("Reading files", "Looking at", "Preparing"))]
    assert 1 <= len(words) <= 2
    assert words[0].startswith("Error: ")
    return "\n".join(words)


def garments_of(source: Path, target: Path, counts: dict[str, int]) -> Path:
    for label, count in counts.items():
        (target / label).mkdir(parents=True)
        for path in sorted((source / label).iterdir())[:count]:
            shutil.copy(path, target / label)
    return target


def test_train_keeps_its_contract(capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path) -> None:
    answer = value(capsys, "train", garments, "--project", tmp_path / "p", "--seed", 2)
    assert set(answer) >= {"run", "engine", "classes", "model", "test", "seconds"}
    assert (answer["run"], answer["engine"], answer["classes"]) == (1, "quick", ["dotted", "leopard", "striped"])
    assert set(answer["test"]) == {"accuracy", "interval", "images"}
    assert set(answer["seconds"]) == {"decode", "features", "fit", "total"}
    assert (Path(answer["model"]) / "model.onnx").is_file()
    assert (answer["skipped"], answer["skipped_files"]) == (0, [])


def test_evaluate_keeps_its_contract(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    data = garments_of(trained.images, tmp_path / "data", {"dotted": 3, "striped": 3})
    (data / "dotted" / "broken.png").write_bytes(b"x")
    (data / "unknown").mkdir()
    shutil.copy(next((trained.images / "dotted").iterdir()), data / "unknown")
    answer = value(capsys, "evaluate", trained.result.bundle, data)
    assert set(answer) >= {"accuracy", "interval", "macro_f1", "images", "skipped", "per_class"}
    assert (answer["images"], answer["skipped"]) == (6, 2)
    assert answer["accuracy"] >= 0.8
    assert [one["label"] for one in answer["per_class"]] == ["dotted", "leopard", "striped"]


def test_predict_keeps_its_contract(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    image = next((trained.images / "leopard").iterdir())
    (tmp_path / "bad.jpg").write_bytes(b"")
    answer = value(capsys, "predict", trained.project, image, tmp_path / "bad.jpg", "--csv", tmp_path / "t.csv")
    good, bad = answer["results"]
    assert set(good) == {"path", "predictions"}
    assert good["path"] == str(image)
    assert [set(one) for one in good["predictions"]] == [{"label", "confidence"}] * 3
    assert (bad["predictions"], bool(bad["problem"])) == ([], True)
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_predict_takes_folders(capsys: pytest.CaptureFixture[str], trained: Trained) -> None:
    assert len(value(capsys, "predict", trained.result.bundle, trained.images)["results"]) == 42


def test_export_writes_and_checks(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    answer = value(capsys, "export", trained.project, "--to", tmp_path / "out", "--run", 1)
    assert answer["agrees"]
    assert (Path(answer["bundle"]) / "model.onnx").is_file()


def test_engines_keeps_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    answer = value(capsys, "engines")
    assert [set(one) for one in answer["engines"]] == [{"name", "available", "version", "devices", "reason"}] * 3


def test_words_for_people_say_the_same(capsys: pytest.CaptureFixture[str], trained: Trained) -> None:
    code, lines, _ = run(capsys, "predict", trained.project, next((trained.images / "striped").iterdir()))
    assert code == 0
    assert ": striped (" in lines[0] or ": dotted (" in lines[0] or ": leopard (" in lines[0]
    code, lines, _ = run(capsys, "evaluate", trained.project, trained.images)
    assert "of 42 images right (95% interval" in lines[0]


@pytest.mark.parametrize(
    "arguments", [["dance"], ["train"], ["serve", "x", "--port", "99999"], ["train", "x", "--engine", "steam"]]
)
def test_wrong_usage_leaves_with_two(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_bad_folders_are_sentences(capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    one_class = garments_of(garments, tmp_path / "one", {"dotted": 3})
    one_image = garments_of(garments, tmp_path / "single", {"dotted": 3, "striped": 1})
    project = ["--project", tmp_path / "p"]
    assert "no images" in sentence(capsys, "train", tmp_path / "empty", *project)
    assert "nowhere" in sentence(capsys, "train", tmp_path / "nowhere", *project)
    assert "one class" in sentence(capsys, "train", one_class, *project)
    assert "only one image" in sentence(capsys, "train", one_image, "--project", tmp_path / "q")


def test_bad_models_are_sentences(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    image = next((trained.images / "striped").iterdir())
    with Project.create(tmp_path / "untrained", "Untrained"):
        pass
    assert "There is no model" in sentence(capsys, "predict", tmp_path / "nowhere", image)
    assert "not a model bundle" in sentence(capsys, "predict", trained.images, image)
    assert "no finished training run" in sentence(capsys, "predict", tmp_path / "untrained", image)
    assert "There is no file" in sentence(capsys, "predict", trained.project, tmp_path / "nowhere.jpg")
    assert "has a label of this model" in sentence(capsys, "evaluate", trained.project, trained.images / "striped")
    assert "no finished run 7" in sentence(capsys, "export", trained.project, "--run", 7, "--to", tmp_path)


def test_an_engine_that_cannot_run_is_a_sentence(
    capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path
) -> None:
    words = sentence(capsys, "train", garments, "--project", tmp_path / "p", "--engine", "torch")
    assert "“torch” cannot run here" in words


def test_a_project_in_use_is_a_sentence(capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", "In use"):
        assert "open in another window or command" in sentence(capsys, "train", garments, "--project", tmp_path / "p")


def test_a_table_that_cannot_be_written_is_a_sentence(
    capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path
) -> None:
    image = next((trained.images / "striped").iterdir())
    words = sentence(capsys, "predict", trained.project, image, "--csv", tmp_path / "nowhere" / "t.csv")
    assert "cannot be written" in words


def test_serve_answers_and_says_where(trained: Trained) -> None:
    command = [*COMMAND, "serve", str(trained.project), "--port", "0", "--json", "--watch-stdin"]
    image = next((trained.images / "striped").iterdir())
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        request = urllib.request.Request(f"{url}/predict", image.read_bytes(), {"Content-Type": "image/jpeg"})
        with urllib.request.urlopen(request) as reply:
            assert len(json.load(reply)["predictions"]) == 3
        process.communicate()
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl+C goes to a whole console")
def test_ctrl_c_stops_training_cleanly(garments: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "train", str(garments), "--project", str(tmp_path / "p")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("Looking at images") for line in lines)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 1
    assert rest.splitlines()[-1] == "Stopped."
    with Project.open(tmp_path / "p") as project:
        assert project.runs()[0].state == "cancelled"
        assert len(project.images()) == 42


def test_a_killed_command_leaves_a_project_that_opens(garments: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "train", str(garments), "--project", str(tmp_path / "p")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(line.startswith("Looking at images") for line in iter(process.stderr.readline, ""))
        process.kill()
    with Project.open(tmp_path / "p") as project:
        assert project.runs()[0].state == "failed"
        assert "ended while this run was going" in project.runs()[0].reason
        assert project.add_folder(garments, lambda done, total: None, threading.Event()).known == 42
