"""The whole window: opening, dropping, keys, leaving, and staying alive when something breaks."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, QObject, Qt, QTimer, QUrl, pyqtSignal
from PyQt5.QtGui import QDragEnterEvent
from PyQt5.QtWidgets import QAction, QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.engines.process import ROOT
from app.engines.protocol import OnEvent
from app.errors import AppError, Cancelled
from app.project.project import Project, default_project_folder
from tests.ui.dropping import drop
from ui import messages, start, theme
from ui.jobs import Job
from ui.main_window import DEPLOY, LABEL, PREDICT, REVIEW, TRAIN, MainWindow

LONG_MS = 60_000
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Begin without recent projects, as at the first start."""
    theme.settings().clear()


@pytest.fixture
def window(window: MainWindow, focused: Callable[[], None]) -> MainWindow:
    """Give the window the keyboard, without which Qt knows no shortcuts."""
    window.activateWindow()
    focused()
    return window


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> list[AppError]:
    """Collect what would be shown in a box."""
    shown: list[AppError] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: shown.append(problem))
    return shown


def answer(monkeypatch: pytest.MonkeyPatch, yes: bool) -> list[str]:
    """Answer every question; return the list of those asked."""
    asked: list[str] = []

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return yes

    monkeypatch.setattr(messages, "ask", ask)
    monkeypatch.setattr(messages, "info", lambda *values: None)
    return asked


def start_endless_job(window: MainWindow) -> Job:
    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        cancel.wait()
        raise Cancelled

    return window.state.jobs.start("Counting sheep", work)


def wait_until_idle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)


def opened(window: MainWindow) -> Project:
    assert window.state.project is not None
    return window.state.project


def recent(window: MainWindow) -> list[QAction]:
    return list(window.menus._recent.actions())


# -- opening


def test_it_starts_empty(window: MainWindow) -> None:
    assert window.windowTitle() == "Sightline"
    assert window._tab_widget.count() == 5
    assert window._tab_widget.currentIndex() == LABEL
    assert recent(window) == []
    assert not window.menus._undo.isEnabled()


def test_a_dropped_folder_becomes_a_project_and_is_added(qtbot: QtBot, window: MainWindow, garments: Path) -> None:
    assert drop(window, [garments])
    qtbot.waitUntil(lambda: window.state.project is not None)
    wait_until_idle(qtbot, window)
    project = opened(window)
    assert project.folder == default_project_folder(garments)
    assert [(row.name, row.images) for row in project.classes()] == [("dotted", 14), ("leopard", 14), ("striped", 14)]
    assert garments.name in window.windowTitle()
    assert len(list(garments.rglob("*.jpg"))) == 42


def test_a_second_folder_is_added_to_the_open_project(
    qtbot: QtBot, window: MainWindow, garments: Path, tmp_path: Path
) -> None:
    window.state.open_project(tmp_path / "p", "Mine")
    drop(window, [garments / "striped"])
    qtbot.waitUntil(lambda: len(opened(window).images()) == 14, timeout=LONG_MS)
    assert opened(window).name == "Mine"
    wait_until_idle(qtbot, window)


def test_a_dropped_project_is_opened(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    drop(window, [labelled_folder])
    qtbot.waitUntil(lambda: window.state.project is not None)
    assert opened(window).folder == labelled_folder
    assert len(opened(window).images()) == 42
    assert window.windowTitle() == "Garments – Sightline"


def test_a_link_is_no_folder(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/photos")])
    event = QDragEnterEvent(
        window.rect().center(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    assert not event.isAccepted()


def test_a_folder_with_an_unreadable_file_is_added_and_the_file_listed(
    qtbot: QtBot, window: MainWindow, garments: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    picture = sorted((garments / "striped").iterdir())[0]
    (folder / "good.jpg").write_bytes(picture.read_bytes())
    (folder / "bad.jpg").write_bytes(b"no picture at all")
    window.open_path(folder)
    wait_until_idle(qtbot, window)
    assert {Path(row.name).name for row in opened(window).images()} == {"good.jpg", "bad.jpg"}


def test_a_new_project_is_made_where_chosen(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(tmp_path / "Shoes"))
    window.menus.new_requested.emit()
    assert opened(window).name == "Shoes"
    assert window.windowTitle() == "Shoes – Sightline"


def test_opening_asks_for_a_folder(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(labelled_folder))
    qtbot.keyClick(window, Qt.Key.Key_O, CONTROL)
    assert opened(window).folder == labelled_folder


def test_a_folder_that_is_no_project_is_said(
    window: MainWindow, tmp_path: Path, problems: list[AppError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(tmp_path))
    window.menus.open_requested.emit()
    assert window.state.project is None
    assert len(problems) == 1
    assert problems[0].hint


def test_recent_projects_are_listed_newest_first(window: MainWindow, labelled_folder: Path, tmp_path: Path) -> None:
    window.state.open_project(labelled_folder)
    window.state.open_project(tmp_path / "other", "Other")
    assert [action.text() for action in recent(window)] == [str(tmp_path / "other"), str(labelled_folder)]
    recent(window)[1].trigger()
    assert opened(window).folder == labelled_folder
    assert [action.text() for action in recent(window)] == [str(labelled_folder), str(tmp_path / "other")]


def test_opening_the_open_project_again_keeps_it(
    window: MainWindow, labelled_folder: Path, problems: list[AppError]
) -> None:
    window.state.open_project(labelled_folder)
    recent(window)[0].trigger()
    assert opened(window).folder == labelled_folder
    assert problems == []


@pytest.mark.slow
def test_the_demo_opens_by_the_menu_even_twice(qtbot: QtBot, window: MainWindow, problems: list[AppError]) -> None:
    for _ in range(2):
        window.menus.demo_requested.emit()
        wait_until_idle(qtbot, window)
    assert len(opened(window).classes()) == 3
    assert problems == []


def test_a_recent_project_that_is_gone_is_not_listed(window: MainWindow, tmp_path: Path) -> None:
    theme.settings().setValue("recent", [str(tmp_path), str(tmp_path / "gone")])
    window.menus.show_recent(window._recent())
    assert [action.text() for action in recent(window)] == [str(tmp_path)]


def test_closing_the_project(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    window.state.open_project(labelled_folder)
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert window.state.project is None
    assert window.windowTitle() == "Sightline"
    assert not window.menus._close.isEnabled()
    Project.open(labelled_folder).close()  # it is unlocked


# -- keys


def test_numbers_go_to_the_tabs(qtbot: QtBot, window: MainWindow) -> None:
    for key, tab in zip(
        (Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_1),
        (TRAIN, REVIEW, PREDICT, DEPLOY, LABEL),
        strict=True,
    ):
        qtbot.keyClick(window, key, CONTROL)
        assert window._tab_widget.currentIndex() == tab
    assert sorted(window._tabs) == [LABEL, TRAIN, REVIEW, PREDICT, DEPLOY]


def test_undo_and_redo_say_what_and_do_it(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    window.state.open_project(labelled_folder)
    project, menus = opened(window), window.menus
    assert menus._undo.text() == "&Undo"
    striped = project.classes()[2].id
    project.edits.set_label([row.id for row in project.images()[:2]], striped)
    window.state.changed()
    assert menus._undo.text() == "&Undo: 2 images → striped"
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: project.images()[0].class_id != striped)
    wait_until_idle(qtbot, window)
    assert not menus._undo.isEnabled()
    assert menus._redo.text() == "&Redo: 2 images → striped"
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: project.images()[0].class_id == striped)
    wait_until_idle(qtbot, window)
    assert not menus._redo.isEnabled()


def test_a_run_leads_to_its_review(qtbot: QtBot, window: MainWindow, trained_folder: Path) -> None:
    window.state.open_project(trained_folder)
    number = opened(window).runs()[0].number
    qtbot.keyClick(window, Qt.Key.Key_2, CONTROL)
    window._tabs[TRAIN].review_requested.emit(number)
    assert window._tab_widget.currentIndex() == REVIEW
    qtbot.waitUntil(lambda: window._tabs[REVIEW]._head.accuracy.isVisible())


def test_the_theme_is_chosen_and_remembered(window: MainWindow) -> None:
    actions = {action.text(): action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    actions["&Dark colours"].trigger()
    assert theme.is_dark()
    assert theme.chosen() == theme.DARK
    actions["&Light colours"].trigger()
    assert not theme.is_dark()


# -- jobs and leaving


def test_the_running_job_is_shown_and_can_be_stopped(qtbot: QtBot, window: MainWindow) -> None:
    job = start_endless_job(window)
    bar = window._job_bar
    qtbot.waitUntil(bar._text.isVisible)
    assert bar._text.text() == "Counting sheep…"
    with qtbot.waitSignal(job.cancelled):
        qtbot.mouseClick(bar._stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bar._text.isVisible())


def test_an_older_job_can_still_be_stopped(qtbot: QtBot, window: MainWindow) -> None:
    first = start_endless_job(window)
    second = start_endless_job(window)
    qtbot.waitUntil(window._job_bar._stop.isVisible)
    with qtbot.waitSignal(second.finished):
        qtbot.mouseClick(window._job_bar._stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window._job_bar._stop.isEnabled())
    assert window._job_bar._stop.text() == "Stop"
    with qtbot.waitSignal(first.finished):
        qtbot.mouseClick(window._job_bar._stop, Qt.MouseButton.LeftButton)


def test_leaving_while_a_job_runs_asks(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    job = start_endless_job(window)
    asked = answer(monkeypatch, yes=False)
    qtbot.keyClick(window, Qt.Key.Key_Q, CONTROL)
    assert asked == ["“Counting sheep” is still running. Stop it and leave?"]
    assert window.isVisible()
    assert not job.cancelling

    answer(monkeypatch, yes=True)
    qtbot.keyClick(window, Qt.Key.Key_Q, CONTROL)
    assert job.cancelling
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.state.jobs.running == []


def test_leaving_twice_waits_for_the_job(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slow_to_stop(on_event: OnEvent, cancel: threading.Event) -> None:
        cancel.wait()
        go_on.wait()
        raise Cancelled

    window.state.jobs.start("Counting sheep", slow_to_stop)
    asked = answer(monkeypatch, yes=True)
    window.close()
    window.close()
    assert len(asked) == 1
    assert window.isVisible()
    go_on.set()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_job_that_ends_while_it_asks_lets_the_window_close(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_endless_job(window)

    def ask(*values: object) -> bool:
        with qtbot.waitSignal(window.state.jobs.job_finished):
            job.cancel()
        return True

    monkeypatch.setattr(messages, "ask", ask)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_another_project_waits_for_the_job(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.state.open_project(tmp_path / "p", "Mine")
    job = start_endless_job(window)
    asked = answer(monkeypatch, yes=False)
    window.open_path(labelled_folder)
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert asked == ["“Counting sheep” is still running. Stop it?"] * 2
    assert opened(window).name == "Mine"
    with qtbot.waitSignal(job.finished):
        answer(monkeypatch, yes=True)
        qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert opened(window).name == "Mine"


# -- when something breaks


class _Broken(QObject):
    used = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.used.connect(self._on_used)

    def _on_used(self) -> None:
        raise RuntimeError("a slot that breaks")


@pytest.fixture
def boxes(qtbot: QtBot) -> Iterator[list[QMessageBox]]:
    """Press OK in every box that opens; return their texts."""
    shown: list[QMessageBox] = []
    timer = QTimer(QApplication.instance(), interval=10)

    def press() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox) and box not in shown:
            shown.append(box)
            qtbot.mouseClick(box.button(QMessageBox.StandardButton.Ok), Qt.MouseButton.LeftButton)

    timer.timeout.connect(press)
    timer.start()
    yield shown
    timer.stop()
    timer.deleteLater()


def test_a_mistake_in_a_slot_shows_a_box_and_the_window_lives_on(
    qtbot: QtBot, window: MainWindow, boxes: list[QMessageBox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    start._install_hooks(window, False)
    broken = _Broken()
    broken.used.emit()
    assert len(boxes) == 1
    assert "Your labels are saved" in boxes[0].text()
    assert "RuntimeError: a slot that breaks" in boxes[0].detailedText()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_3, CONTROL)
    assert window._tab_widget.currentIndex() == REVIEW


def test_a_failure_is_shown_with_hint_and_details(window: MainWindow, boxes: list[QMessageBox]) -> None:
    window.state.failed.emit(AppError("It broke.", "Try again.", "line 7"))
    (box,) = boxes
    assert (box.text(), box.informativeText(), box.detailedText()) == ("It broke.", "Try again.", "line 7")


def run_program(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "main.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), timeout=120)


def test_the_self_test_visits_every_tab_and_leaves() -> None:
    done = run_program("--self-test")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert "Traceback" not in done.stderr
