"""The leak guard: before training, the user is told of test images that training would see."""

import shutil
import threading
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.project.project import Project
from tests.ui.reviewing import click
from tests.ui.tabs import on_display
from ui.leaks_dialog import LeaksDialog
from ui.state import AppState
from ui.train_tab import TrainTab

LONG_MS = 120_000


@pytest.fixture
def divided_folder(tmp_path: Path, garments: Path) -> Path:
    """Make a project with a test part of its own, two of whose images are copies of training images."""
    images = tmp_path / "photos"
    for number, path in enumerate(sorted(garments.rglob("*.jpg"))):
        place = images / ("test" if number % 4 == 0 else "train") / path.parent.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / path.name)
    for folder in sorted((images / "train").iterdir())[:2]:
        path = sorted(folder.iterdir())[0]
        shutil.copyfile(path, images / "test" / folder.name / f"copy-{path.name}")
    with Project.create(tmp_path / "divided", "Divided") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        return project.folder


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> TrainTab:
    return on_display(qtbot, state, TrainTab(state))


@pytest.fixture
def asked(qtbot: QtBot, state: AppState, tab: TrainTab, divided_folder: Path) -> LeaksDialog:
    """Press Train and wait for the question."""
    state.open_project(divided_folder)
    click(qtbot, tab._train)
    qtbot.waitUntil(lambda: tab.findChild(LeaksDialog) is not None, timeout=LONG_MS)
    dialog: LeaksDialog = tab.findChild(LeaksDialog)
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: tab._followed.job is None)
    return dialog


@pytest.mark.slow
def test_the_pairs_are_shown_before_training_and_can_be_left_out(
    qtbot: QtBot, state: AppState, tab: TrainTab, asked: LeaksDialog
) -> None:
    project = state.project
    assert project is not None
    assert project.runs() == []
    assert asked.words.text().startswith("2 test images are copies or near-duplicates of training images")
    assert asked.pairs.rowCount() == 2
    assert {asked.pairs.item(row, 0).text().split("/")[1][:5] for row in range(2)} == {"copy-"}
    qtbot.waitUntil(lambda: not asked.pairs.item(1, 1).icon().isNull(), timeout=LONG_MS)
    qtbot.keyClick(asked, Qt.Key.Key_Escape)
    assert tab._progress._text.text() == "Not trained yet: training would see test images."
    assert tab._train.isEnabled()
    click(qtbot, tab._train)
    qtbot.waitUntil(lambda: tab.findChild(LeaksDialog) not in (None, asked), timeout=LONG_MS)
    again: LeaksDialog = tab.findChild(LeaksDialog)
    qtbot.waitUntil(lambda: tab._followed.job is None)
    click(qtbot, again.leave_out)
    qtbot.waitUntil(lambda: bool(project.runs()) and not state.jobs.running, timeout=LONG_MS)
    assert sum(row.excluded for row in project.images()) == 2
    assert "Beware" not in tab._card.measured.text()


@pytest.mark.slow
def test_the_user_may_train_all_the_same(qtbot: QtBot, state: AppState, tab: TrainTab, asked: LeaksDialog) -> None:
    click(qtbot, asked.train)
    assert state.project is not None
    project = state.project
    qtbot.waitUntil(lambda: bool(project.runs()) and not state.jobs.running, timeout=LONG_MS)
    assert "Beware: 2 test images have a near-duplicate" in tab._card.measured.text()
