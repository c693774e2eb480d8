"""Fixtures of the whole window: it has the keyboard, and remembers nothing."""

from collections.abc import Callable

import pytest

from app.errors import AppError
from ui import messages, theme
from ui.main_window import MainWindow


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
