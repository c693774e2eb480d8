"""A run that was cut off is offered again when its project is opened: after a crash of worker or program."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engines.process import ROOT
from app.errors import AppError
from app.project.project import Project
from app.project.records import CANCELLED, DONE, FAILED, RunRow
from ui import messages
from ui.interruption import Interruption
from ui.main_window import MainWindow
from ui.train_tab import TrainTab

LONG_MS = 240_000
# Trains, and dies with the program as soon as a checkpoint is there, as by a crash or a power cut.
DYING = """
import os, sys, threading
from pathlib import Path
from app.engines.protocol import Checkpoint, Event
from app.project.project import Project
from app.training import TrainingRequest, train

def on_event(event: Event) -> None:
    if isinstance(event, Checkpoint):
        os._exit(9)

small = {"epochs": 1, "head_epochs": 1, "views": 1, "side": 160, "batch_size": 8, "second_network": "none"}
with Project.open(Path(sys.argv[1])) as project:
    train(project, TrainingRequest("torch", preset="balanced", settings=small), on_event, threading.Event())
"""


@pytest.fixture
def cut_off(labelled_folder: Path) -> Path:
    """Make a project whose run of fine-tuning died with the program."""
    done = subprocess.run([sys.executable, "-c", DYING, str(labelled_folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    return labelled_folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the questions; each is answered with yes."""
    questions: list[str] = []

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        questions.append(f"{title}: {question} [{action}]")
        return True

    monkeypatch.setattr(messages, "ask", ask)
    return questions


@pytest.mark.slow
def test_after_a_crash_the_next_start_offers_to_go_on_and_does(
    qtbot: QtBot, window: MainWindow, cut_off: Path, asked: list[str]
) -> None:
    window.open_path(cut_off)
    qtbot.waitUntil(lambda: bool(asked), timeout=LONG_MS)
    assert asked[0].startswith("A run was cut off: Run 1 was cut off: Sightline ended while this run was going.")
    assert window.state.project is not None
    before_s = window.state.project.run_log.one(1).seconds  # until the checkpoint
    assert before_s
    qtbot.waitUntil(lambda: window.centralWidget().currentWidget().findChild(TrainTab) is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert [(run.number, run.state) for run in window.state.project.runs()] == [(1, DONE)]
    assert (window.state.project.run_log.one(1).seconds or 0) > before_s
    assert len(asked) == 1


@pytest.mark.parametrize("state", [CANCELLED, FAILED, DONE])
def test_only_what_was_cut_off_and_can_go_on_is_asked_for(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    asked: list[str],
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Project.open(labelled_folder) as project:
        number = project.run_log.start("torch", "balanced", "")
        project.run_folder(number).mkdir(parents=True, exist_ok=True)
        if state == CANCELLED:
            project.run_log.cancel(number)
            for name in ("checkpoint.pt", "spec.json"):
                (project.run_folder(number) / name).touch()
        elif state == FAILED:  # before its first checkpoint
            project.run_log.fail(number, "The engine ended unexpectedly.")
        else:
            project.run_log.finish(number, None, None, 0, 1.0)
    found: list[object] = []
    known = Interruption._on_known

    def on_known(self: Interruption, project: Project, run: RunRow | AppError | None) -> None:
        known(self, project, run)
        found.append(run)

    monkeypatch.setattr(Interruption, "_on_known", on_known)
    window.open_path(labelled_folder)
    qtbot.waitUntil(lambda: found == [None], timeout=LONG_MS)
    assert asked == []
