"""What tests of the whole window share."""

import threading

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction
from pytestqt.qtbot import QtBot

from app.engines.protocol import OnEvent
from app.errors import Cancelled
from app.project.project import Project
from ui import messages
from ui.jobs import Job
from ui.main_window import MainWindow

LONG_MS = 60_000
CONTROL = Qt.KeyboardModifier.ControlModifier


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
