"""When something breaks the window lives on and says so."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app.engines.process import ROOT
from app.errors import AppError
from tests.ui.window.windows import CONTROL
from ui import start
from ui.main_window import REVIEW, MainWindow


def run_program(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "main.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), timeout=120)


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


def test_the_self_test_visits_every_tab_and_leaves() -> None:
    done = run_program("--self-test")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert "Traceback" not in done.stderr
