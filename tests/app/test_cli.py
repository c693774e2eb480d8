"""The command line: its contract, its exit codes, and a sentence for everything that goes wrong."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.engines.cntk_runtime import RUNTIME_VARIABLE
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
    assert set(good) == {"path", "predictions", "verdict", "novelty"}
    assert good["verdict"] in ("accepted", "unknown")
    assert 0 <= good["novelty"] <= 1
    assert good["path"] == str(image)
    assert [set(one) for one in good["predictions"]] == [{"label", "confidence"}] * 3
    assert (bad["predictions"], bool(bad["problem"])) == ([], True)
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_predicted_images_are_sorted_into_folders(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = next((trained.images / "striped").iterdir())
    answer = value(capsys, "predict", trained.project, image, "--sort-into", tmp_path / "to")
    (copy,) = (file for file in (tmp_path / "to").rglob("*") if file.is_file())
    assert answer["sorted"] == 1
    assert copy.parent.name in {"(unknown)", "(unsure)", answer["results"][0]["predictions"][0]["label"]}
    assert copy.read_bytes() == image.read_bytes()
    assert "already" in sentence(capsys, "predict", trained.project, image, "--sort-into", tmp_path / "to")
    assert "--sort-into" in sentence(capsys, "predict", trained.project, image, "--link")


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
    (tmp_path / "others" / "zebra").mkdir(parents=True)
    shutil.copy(image, tmp_path / "others" / "zebra")
    assert "has a label of this model" in sentence(capsys, "evaluate", trained.project, tmp_path / "others")
    assert "no finished run 7" in sentence(capsys, "export", trained.project, "--run", 7, "--to", tmp_path)


def test_an_engine_that_cannot_run_is_a_sentence(
    capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "nowhere"))
    words = sentence(capsys, "train", garments, "--project", tmp_path / "p", "--engine", "cntk")
    assert "“cntk” cannot run here" in words


def test_a_project_in_use_is_a_sentence(capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", "In use"):
        assert "open in another window or command" in sentence(capsys, "train", garments, "--project", tmp_path / "p")


def test_a_table_that_cannot_be_written_is_a_sentence(
    capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path
) -> None:
    image = next((trained.images / "striped").iterdir())
    words = sentence(capsys, "predict", trained.project, image, "--csv", tmp_path / "nowhere" / "t.csv")
    assert "cannot be written" in words


def test_an_export_that_differs_fails(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained.project, tmp_path / "project"))
    expected = project / trained.result.bundle.relative_to(trained.project) / "golden" / "expected.json"
    answers = json.loads(expected.read_text(encoding="utf-8"))
    expected.write_text(json.dumps({name: one[::-1] for name, one in answers.items()}), encoding="utf-8")
    words = sentence(capsys, "export", project, "--to", tmp_path / "out", "--json")
    assert "differ from the stored ones" in words
    assert "Nothing was written" in words


def test_places_that_cannot_be_written_are_sentences(
    capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    below = tmp_path / "file" / "x"
    assert "cannot be made" in sentence(capsys, "train", trained.images, "--project", below)
    assert "could not be written" in sentence(capsys, "export", trained.project, "--to", below)
    assert "is a file, not a folder" in sentence(capsys, "evaluate", trained.project, tmp_path / "file")


def test_a_missing_project_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "There is no model" in sentence(capsys, "export", tmp_path / "nowhere", "--to", tmp_path / "out")
    words = sentence(capsys, "export", tmp_path / "nowhere", "--run", 1, "--to", tmp_path / "out")
    assert "There is no Sightline project" in words
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "out").exists()


def test_images_of_which_none_can_be_read_are_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "data" / label / f"{number}.jpg").write_bytes(f"no picture {label}{number}".encode())
    code, lines, err = run(capsys, "train", tmp_path / "data", "--project", tmp_path / "p")
    assert (code, lines) == (1, [])
    assert "Error: " in err
    with Project.open(tmp_path / "p") as project:
        assert len(project.images()) == 4


def test_what_was_skipped_is_counted_and_listed(
    capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path
) -> None:
    data = garments_of(garments, tmp_path / "data", {"dotted": 5, "striped": 5})
    (data / "dotted" / "empty.jpg").write_bytes(b"")
    (data / "dotted" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (data / "striped" / "text.png").write_text("wrongly named")
    answer = value(capsys, "train", data, "--project", tmp_path / "p")
    assert answer["skipped"] == 3
    assert sorted(Path(one["path"]).name for one in answer["skipped_files"]) == ["broken.jpg", "empty.jpg", "text.png"]
    assert all(one["reason"] for one in answer["skipped_files"])
    code, lines, _ = run(capsys, "evaluate", tmp_path / "p", data)
    assert code == 0
    assert "3 files were skipped:" in lines
    assert sum(name in line for line in lines for name in ("broken.jpg", "empty.jpg", "text.png")) == 3


def test_a_project_in_use_by_another_process_is_a_sentence(
    capsys: pytest.CaptureFixture[str], garments: Path, trained: Trained, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from app.project.project import Project\n"
        "project = Project.create(Path(sys.argv[1]), 'x'); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "p")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        for arguments in (
            ("train", garments, "--project", tmp_path / "p"),
            ("predict", tmp_path / "p", next((garments / "striped").iterdir())),
            ("serve", tmp_path / "p", "--port", "0"),
        ):
            assert "open in another window or command" in sentence(capsys, *arguments)
        holder.communicate()


def test_serve_says_what_is_wrong(capsys: pytest.CaptureFixture[str], trained: Trained, tmp_path: Path) -> None:
    assert "not a model bundle" in sentence(capsys, "serve", trained.images)
    assert "There is no model" in sentence(capsys, "serve", tmp_path / "nowhere")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        words = sentence(capsys, "serve", trained.project, "--port", port)
    assert f"Port {port} is in use." in words


def separately(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as the user does, in a process of its own."""
    command = [*COMMAND, *(str(one) for one in arguments)]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **environment})
    assert b"Traceback" not in done.stderr
    return done


def test_exit_codes_are_those_of_the_process(tmp_path: Path) -> None:
    done = separately("engines", "--json")
    assert done.returncode == 0
    assert list(json.loads(done.stdout)) == ["engines"]
    failed = separately("train", tmp_path / "nowhere", "--json")
    assert (failed.returncode, failed.stdout, len(failed.stderr.splitlines())) == (1, b"", 2)
    assert separately("dance").returncode == 2


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = separately("engines", SIGHTLINE_HOME=str(tmp_path / "file"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"Error: Sightline's own folder")


def test_names_that_the_terminal_cannot_write_are_escaped(trained: Trained, tmp_path: Path) -> None:
    name = tmp_path / "写真.jpg"
    shutil.copy(next((trained.images / "striped").iterdir()), name)
    done = separately("predict", trained.project, name, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert rb"\u5199\u771f.jpg: " in done.stdout
    done = separately("predict", trained.project, name, "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert json.loads(done.stdout)["results"][0]["path"] == str(name)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_name_that_is_no_text_is_answered_all_the_same(trained: Trained, tmp_path: Path) -> None:
    name = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.jpg"))
    shutil.copy(next((trained.images / "striped").iterdir()), name)
    done = separately("predict", trained.project, name, "--json", "--csv", tmp_path / "t.csv")
    assert done.returncode == 0
    assert json.loads(done.stdout)["results"][0]["path"] == str(name)
    assert r"b\udcff.jpg" in (tmp_path / "t.csv").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="there a closed pipe is another error")
def test_a_reader_who_has_seen_enough_gets_no_traceback() -> None:
    with subprocess.Popen([*COMMAND, "engines"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


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
