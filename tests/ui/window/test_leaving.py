"""Running jobs, leaving while they run, and another project meanwhile."""

import threading
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.engines.protocol import OnEvent
from app.errors import Cancelled
from tests.ui.window.windows import CONTROL, answer, opened, start_endless_job
from ui import messages
from ui.main_window import MainWindow


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
