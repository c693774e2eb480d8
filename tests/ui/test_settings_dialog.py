"""The settings: what each engine says, and CNTK set up from the window, with its log."""

import sys
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QLabel, QPlainTextEdit, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from app.engines.cntk_runtime import RUNTIME_VARIABLE, Runtime, default_runtime
from app.errors import AppError
from ui import messages
from ui.main_window import TRAIN, MainWindow
from ui.settings_dialog import EnginesPage, SettingsDialog
from ui.widgets.cntk_panel import CntkPanel
from ui.widgets.preset_choice import PresetChoice

LONG_MS = 180_000


@pytest.fixture
def empty_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Name an empty folder as CNTK's."""
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "cntk"))
    return default_runtime()


def open_settings(window: MainWindow, qtbot: QtBot) -> SettingsDialog:
    window.menus.settings_requested.emit()
    dialog = window.findChild(SettingsDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def panel(dialog: SettingsDialog) -> CntkPanel:
    return dialog.findChild(CntkPanel)


def button(dialog: SettingsDialog, text: str) -> QPushButton:
    return next(one for one in panel(dialog).findChildren(QPushButton) if text in one.text().replace("&", ""))


def log(dialog: SettingsDialog) -> str:
    text: str = panel(dialog).findChild(QPlainTextEdit).toPlainText()
    return text


def test_each_engine_says_whether_it_can_run(empty_runtime: Runtime, window: MainWindow, qtbot: QtBot) -> None:
    dialog = open_settings(window, qtbot)
    cards = dialog.findChild(EnginesPage).cards
    assert "✓ Ready: processor" in cards["quick"].words()
    assert "✓ Ready" in cards["torch"].words()
    assert "✕ Cannot run yet" in cards["cntk"].words()
    assert "Python 3.6" in cards["cntk"].words()
    cards_of_use = [label.text() for label in panel(dialog).findChildren(QLabel) if "Kepler to Turing" in label.text()]
    assert len(cards_of_use) == 1
    assert not button(dialog, "Remove").isVisible()


def test_a_python_that_is_not_36_is_refused_in_words(
    empty_runtime: Runtime, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[AppError] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: said.append(problem))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (sys.executable, ""))
    dialog = open_settings(window, qtbot)
    qtbot.mouseClick(button(dialog, "Choose"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(dialog, "Set up"), Qt.MouseButton.LeftButton)
    assert button(dialog, "Stop").isVisible()
    assert not button(dialog, "Set up").isEnabled()
    qtbot.waitUntil(lambda: bool(said), timeout=LONG_MS)
    qtbot.waitUntil(lambda: button(dialog, "Set up").isEnabled())
    assert "is not a Python 3.6" in said[0].message
    assert "is not a Python 3.6" in log(dialog)
    assert not empty_runtime.exists


def test_set_up_can_be_stopped_and_its_log_outlives_the_dialog(
    empty_runtime: Runtime, window: MainWindow, qtbot: QtBot
) -> None:
    dialog = open_settings(window, qtbot)
    qtbot.mouseClick(button(dialog, "Set up"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(dialog, "Stop"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert log(dialog)
    shown = log(dialog)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
    assert log(open_settings(window, qtbot)) == shown


def test_removing_asks_and_then_deletes_what_is_there(
    empty_runtime: Runtime, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_runtime.python.parent.mkdir(parents=True)
    answers = [False, True]
    monkeypatch.setattr(messages, "ask", lambda *_: answers.pop(0))
    dialog = open_settings(window, qtbot)
    qtbot.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    assert empty_runtime.folder.is_dir()
    qtbot.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert not empty_runtime.folder.exists()
    assert "CNTK was removed" in log(dialog)


@pytest.mark.slow
def test_cntk_is_set_up_from_the_window_and_then_offered_for_training(
    cntk_runtime: Runtime, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed is only proved again, which is the last step of every set-up."""
    cntk_runtime.forget_info()
    window.findChild(QTabWidget).setCurrentIndex(TRAIN)
    presets = window.findChild(PresetChoice)
    presets.refresh()
    assert not presets.button("cntk").isEnabled()
    dialog = open_settings(window, qtbot)
    qtbot.mouseClick(button(dialog, "Set up"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert "Training, saving, loading and exporting a small network" in log(dialog)
    assert "CNTK 2.7 works here" in log(dialog)
    assert "✓ Ready" in dialog.findChild(EnginesPage).cards["cntk"].words()
    assert presets.button("cntk").isEnabled()
