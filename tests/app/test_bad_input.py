"""What newcomers do to a command: interrupt it at once, close its streams, and give it odd folders."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.dataset.gathering import gather
from app.dataset.scan import Skipped
from app.engines.process import ROOT
from app.engines.protocol import Progress
from app.errors import AppError
from app.files import HOME_VARIABLE
from app.project.project import Project
from app.terminal import ProgressLine
from app.training import TrainingRequest, train
from tests.conftest import Trained
from tests.hostile.images import encoded, photo

MAIN = ROOT / "main.py"
COMMAND = [sys.executable, str(MAIN)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and streams")


def copies(garments: Path, target: Path, label: str, count: int) -> None:
    """Copy images of a class into a folder."""
    target.mkdir(parents=True)
    for image in sorted((garments / label).iterdir())[:count]:
        shutil.copy(image, target)


def refusal(project: Project, images: Path) -> str:
    """Return why a folder cannot be trained on."""
    project.add_folder(images, lambda done, total: None, threading.Event())
    with pytest.raises(AppError) as caught:
        train(project, TrainingRequest(), lambda event: None, threading.Event())
    return str(caught.value)


def test_what_a_folder_holds_that_cannot_be_read_is_listed(garments: Path, tmp_path: Path) -> None:
    copies(garments, tmp_path / "photos", "dotted", 1)
    (tmp_path / "photos" / "empty.jpg").touch()
    found, skipped = gather([tmp_path / "photos"], threading.Event())
    assert len(found) == 1
    assert skipped == [Skipped(tmp_path / "photos" / "empty.jpg", "The file is empty.")]


def test_predictions_name_the_files_that_were_skipped(trained: Trained, tmp_path: Path) -> None:
    copies(trained.images, tmp_path / "photos", "dotted", 1)
    (tmp_path / "photos" / "empty.jpg").touch()
    command = [*COMMAND, "predict", str(trained.project), str(tmp_path / "photos"), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    first, second = json.loads(done.stdout)["results"]
    assert first["predictions"][0]["label"] == "dotted"
    assert (second["predictions"], second["problem"]) == ([], "The file is empty.")


def test_a_class_of_test_images_only_is_named(project: Project, garments: Path, tmp_path: Path) -> None:
    for label in ("dotted", "striped"):
        copies(garments, tmp_path / "photos" / "train" / label, label, 3)
    copies(garments, tmp_path / "photos" / "test" / "leopard", "leopard", 3)
    assert "“leopard” are kept for testing" in refusal(project, tmp_path / "photos")


def test_a_class_of_copies_is_named(project: Project, garments: Path, tmp_path: Path) -> None:
    copies(garments, tmp_path / "photos" / "dotted", "dotted", 4)
    copies(garments, tmp_path / "photos" / "striped", "striped", 1)
    only = next((tmp_path / "photos" / "striped").iterdir())
    shutil.copy(only, only.with_name(f"again{only.suffix}"))
    assert "“striped” has too few different images" in refusal(project, tmp_path / "photos")


@posix
@pytest.mark.parametrize("line", ["Reading files", "Preparing"])
def test_ctrl_c_on_a_terminal_reaches_the_worker_too_and_still_stops_in_order(
    garments: Path, tmp_path: Path, line: str
) -> None:
    command = [*COMMAND, "train", str(garments), "--project", str(tmp_path / "project")]
    environment = {**os.environ, HOME_VARIABLE: str(tmp_path / "home")}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(line):
            pass
        os.killpg(process.pid, signal.SIGINT)
        last = process.stderr.read().splitlines()[-1]
    assert (process.returncode, last) == (1, "Stopped.")


@posix
def test_ctrl_c_while_modules_are_imported_is_no_traceback(tmp_path: Path) -> None:
    code = (
        "import runpy, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'app.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "sys.argv = ['main.py', 'engines']\n"
        f"runpy.run_path({str(MAIN)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Stopped.\n")


@posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_runs_without_its_streams(trained: Trained, tmp_path: Path, closed: str) -> None:
    table = tmp_path / "table.csv"
    command = [*COMMAND, "predict", str(trained.project), str(trained.images / "dotted"), "--csv", str(table)]
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *command], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
    assert table.exists()


@posix
def test_progress_that_nobody_reads_does_not_stop_the_job() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as stream:
        os.close(ours)
        progress = ProgressLine(stream)
        progress.say("one")
        progress(Progress("fit", 1, 2))
        progress.clear()


def test_a_log_that_cannot_be_written_is_not_spoken_of(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "logs" / "sightline.log").mkdir(parents=True)
    command = [*COMMAND, "predict", str(trained.project), str(trained.images / "dotted")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, HOME_VARIABLE: str(tmp_path)}
    )
    assert "Logging error" not in done.stderr


def test_libraries_do_not_comment_on_damaged_files(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    jpeg, portable = bytearray(encoded(".jpg", photo())), bytearray(encoded(".png", photo()))
    jpeg[700:703] = b"\xff\xff\x12"
    portable[len(portable) // 2] ^= 0xFF
    (tmp_path / "photos" / "a.jpg").write_bytes(jpeg)
    (tmp_path / "photos" / "b.png").write_bytes(portable)
    command = [*COMMAND, "predict", str(trained.project), str(tmp_path / "photos")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "b.png: The image is damaged" in done.stdout
    assert done.stderr == "Reading files: 2\n"
