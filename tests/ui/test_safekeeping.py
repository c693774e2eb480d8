"""Backing up, restoring and finding moved images by the menu."""

import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QAction, QApplication, QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from app.errors import Cancelled, ProjectError
from app.files import write_bytes
from app.project import backup
from app.project.project import Project
from app.project.relink import moved_folders
from ui import messages, start, theme
from ui.jobs import drain_pool
from ui.label_tab import LabelTab
from ui.main_window import MainWindow

LONG_MS = 60_000
FIND = "Find &moved images…"
BACK_UP = "&Back up project…"
RESTORE = "Re&store a project…"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    theme.settings().clear()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what is said, in whatever box; every question is answered with no."""
    words: list[str] = []
    monkeypatch.setattr(messages, "info", lambda parent, title, text: words.append(text))
    monkeypatch.setattr(messages, "error", lambda parent, problem: words.append(f"{problem} {problem.detail}"))

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        words.append(question)
        return False

    monkeypatch.setattr(messages, "ask", ask)
    return words


@pytest.fixture
def moved(labelled_folder: Path, garments: Path, tmp_path: Path) -> Path:
    """Make a project whose images lie elsewhere now; return their new folder."""
    shutil.rmtree(labelled_folder)
    shutil.copytree(garments, tmp_path / "old")
    with Project.create(labelled_folder, "Garments") as project:
        project.add_folder(tmp_path / "old", lambda done, total: None, threading.Event())
    (tmp_path / "old").rename(tmp_path / "new")
    return tmp_path / "new"


def action(window: MainWindow, title: str) -> QAction:
    found = [one for menu in window.findChildren(QMenu) for one in menu.actions() if one.text() == title]
    assert len(found) == 1
    return found[0]


def choose(monkeypatch: pytest.MonkeyPatch, *, file: Path | None = None, folder: Path | None = None) -> None:
    """Answer the dialogs for files and folders."""
    path = str(file) if file else ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *values: (path, ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *values: (path, ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(folder) if folder else "")


def press(title: str) -> Callable[[], None]:
    """Return what presses a button of the box that is open."""

    def click() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text().replace("&", "") == title).click()

    return click


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """End what the window makes ahead, such as thumbnails."""
    drain_pool()
    window.state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)


def opened(window: MainWindow) -> Project:
    assert window.state.project is not None
    return window.state.project


def test_without_a_project_there_is_only_one_to_restore(window: MainWindow) -> None:
    assert not action(window, BACK_UP).isEnabled()
    assert not action(window, FIND).isEnabled()
    assert action(window, RESTORE).isEnabled()


@pytest.mark.parametrize(("button", "files"), [("With images", 42), ("Without images", 0)])
def test_back_up_and_restore(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    button: str,
    files: int,
) -> None:
    window.state.open_project(labelled_folder)
    choose(monkeypatch, file=tmp_path / "backup")
    QTimer.singleShot(0, press(button))
    action(window, BACK_UP).trigger()
    qtbot.waitUntil(lambda: len(said) == 1, timeout=LONG_MS)
    assert said[0].startswith("The project is backed up")
    assert said[0].endswith("backup.zip")
    choose(monkeypatch, file=tmp_path / "backup.zip", folder=tmp_path / "again")
    action(window, RESTORE).trigger()
    qtbot.waitUntil(lambda: opened(window).folder == tmp_path / "again", timeout=LONG_MS)
    assert said[1:] == [f"“Garments” is restored: 42 images, 0 runs.\n{tmp_path / 'again'}"]
    assert sum(row.path.is_relative_to(tmp_path / "again") for row in opened(window).images()) == files
    settle(qtbot, window)


def test_a_backup_can_be_stopped(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wait(*values: object) -> None:
        cancel = values[-1]
        assert isinstance(cancel, threading.Event)
        cancel.wait()
        raise Cancelled

    monkeypatch.setattr(backup, "back_up", wait)
    monkeypatch.setattr(messages, "choose", lambda *values: 1)
    window.state.open_project(labelled_folder)
    choose(monkeypatch, file=tmp_path / "b.zip")
    action(window, BACK_UP).trigger()
    window.state.jobs.cancel_all()
    qtbot.waitUntil(lambda: said == ["It was stopped. Nothing was changed."], timeout=LONG_MS)
    settle(qtbot, window)


def test_nothing_chosen_is_nothing_done(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    window.state.open_project(labelled_folder)
    choose(monkeypatch)
    for title in (BACK_UP, RESTORE, FIND):
        action(window, title).trigger()
        assert not window.state.jobs.needed
    choose(monkeypatch, file=tmp_path / "b.zip")
    QTimer.singleShot(0, press("Cancel"))
    action(window, BACK_UP).trigger()
    assert not window.state.jobs.needed
    assert said == []
    settle(qtbot, window)


def test_a_file_that_is_no_backup(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes(tmp_path / "photo.zip", b"no zip")
    choose(monkeypatch, file=tmp_path / "photo.zip", folder=tmp_path / "again")
    action(window, RESTORE).trigger()
    qtbot.waitUntil(lambda: len(said) == 1, timeout=LONG_MS)
    assert "is damaged, or no backup" in said[0]
    assert window.state.project is None


def test_images_left_out_of_a_backup_are_listed(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    moved: Path,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.state.open_project(labelled_folder)
    qtbot.waitUntil(lambda: len(said) == 1)
    choose(monkeypatch, file=tmp_path / "b.zip")
    monkeypatch.setattr(messages, "choose", lambda *values: 1)
    action(window, BACK_UP).trigger()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=LONG_MS)
    assert "42 images are not in it" in said[1]
    assert "No such file" in said[1]
    settle(qtbot, window)


def test_images_that_are_gone_are_offered_to_be_found(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    moved: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(messages, "ask", ask)
    choose(monkeypatch, folder=moved)
    window.state.open_project(labelled_folder)
    qtbot.waitUntil(lambda: len(said) == 1, timeout=LONG_MS)
    assert said == ["42 images were found."]
    assert asked[0].startswith(f"42 images are not where they were:\n{moved.parent / 'old'}")
    assert all(row.path.is_file() for row in opened(window).images())
    assert opened(window).edits.undo_title() == "42 images found in new"
    assert moved_folders(opened(window)) == []
    settle(qtbot, window)


def test_moved_images_are_found_by_the_menu(
    qtbot: QtBot,
    window: MainWindow,
    labelled_folder: Path,
    moved: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.state.open_project(labelled_folder)
    qtbot.waitUntil(lambda: len(said) == 1)
    next(moved.rglob("*.jpg")).unlink()
    choose(monkeypatch, folder=moved)
    action(window, FIND).trigger()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=LONG_MS)
    assert said[1] == "41 images were found.\nStill missing: 1. Look in another folder, too."
    settle(qtbot, window)


def test_a_label_is_on_disk_when_the_next_image_is_shown(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, focused: Callable[[], None]
) -> None:
    window.state.open_project(labelled_folder)
    tab = window.findChild(LabelTab)
    qtbot.waitUntil(tab._grid.isVisible)
    tab._grid.go_to(0)
    tab.activate()
    window.activateWindow()
    focused()
    first, second = tab._model.row(0).id, opened(window).classes()[1].id
    seen: list[tuple[int | None, int]] = []

    def look() -> None:
        reader = sqlite3.connect(labelled_folder / "project.sqlite")
        (label,) = reader.execute("SELECT class_id FROM labels WHERE image_id = ?", [first]).fetchone()
        reader.close()
        seen.append((tab._grid.current_position(), label))

    tab._grid.selection_changed.connect(look)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    qtbot.waitUntil(lambda: bool(seen), timeout=LONG_MS)
    assert seen[-1] == (1, second)
    assert all(label == second for _, label in seen)
    settle(qtbot, window)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows holds on to a folder with open files")
def test_a_folder_that_vanishes_is_said_at_the_next_label(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, tmp_path: Path, said: list[str]
) -> None:
    window.state.open_project(labelled_folder)
    settle(qtbot, window)
    project = opened(window)

    def unlabel() -> None:
        window.state.editing.edit(partial(project.edits.set_label, [1], None), [1])

    labelled_folder.rename(tmp_path / "away")
    window.state.editing.when_idle(unlabel)
    assert "is not there any more. Nothing was changed" in said[0]
    (tmp_path / "away").rename(labelled_folder)
    window.state.editing.when_idle(unlabel)
    assert len(said) == 1
    assert project.images_of([1])[0].class_id is None
    settle(qtbot, window)


def test_a_project_that_is_open_elsewhere_is_said_and_the_present_one_stays(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, tmp_path: Path, said: list[str]
) -> None:
    window.state.open_project(tmp_path / "mine", "Mine")
    with Project.open(labelled_folder):
        window.open_path(labelled_folder)
    assert said[0].startswith("The project “garments” is open in another window or command. Close it there")
    assert opened(window).name == "Mine"
    window.state.open_project(tmp_path / "mine")
    assert len(said) == 1
    settle(qtbot, window)


def test_a_disk_that_goes_away_is_no_mistake_of_the_program(
    window: MainWindow, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    start._install_hooks(window, False)
    sys.excepthook(ProjectError, ProjectError("The disk is gone.", "Connect it."), None)
    assert said == ["The disk is gone. Connect it. "]
