"""Fixtures for the window: real widgets on the real display, and nothing left behind."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.project.project import Project
from tests.conftest import Trained
from ui import theme
from ui.jobs import drain_pool
from ui.main_window import MainWindow
from ui.state import AppState


@pytest.fixture(autouse=True)
def nothing_left_behind(qtbot: QtBot) -> Iterator[None]:
    """Fail a test that leaves a thread of its own running."""
    before = set(threading.enumerate())
    theme.apply(theme.LIGHT)
    let_keys_go(qtbot)
    yield
    drain_pool()
    left = [one for one in threading.enumerate() if one not in before and not one.name.startswith("Dummy")]
    assert left == []


def let_keys_go(qtbot: QtBot) -> None:
    """Tell Qt that no key is held: it takes Ctrl for held since a test clicked with it, and then selects nothing."""
    qtbot.mouseRelease(QWidget(), Qt.MouseButton.MiddleButton)
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


@pytest.fixture
def state() -> Iterator[AppState]:
    """Make the tabs' shared object; jobs and project end with the test."""
    state = AppState()
    yield state
    state.jobs.cancel_all()
    state.close_project()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """Show the whole window."""
    window = MainWindow()
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    assert window.state.jobs.running == []


@pytest.fixture
def labelled_folder(tmp_path: Path, garments: Path) -> Path:
    """Make a project of the drawn garments, all labelled by their folders, and close it again."""
    with Project.create(tmp_path / "garments", "Garments") as project:
        project.add_folder(garments, lambda done, total: None, threading.Event())
        return project.folder


@pytest.fixture
def trained_folder(tmp_path: Path, trained: Trained) -> Path:
    """Copy the trained project, so that a test may write into it."""
    folder = tmp_path / "trained"
    shutil.copytree(trained.project, folder)
    return folder


@pytest.fixture
def focused(qtbot: QtBot) -> Callable[[], None]:
    """Wait until a window has the keyboard, which a bare X server gives only when asked."""

    def wait() -> None:
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)

    return wait
