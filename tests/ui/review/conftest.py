"""Fixtures of the Review tab: shown, with a real run, and with known mistakes."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.reviewing import plant
from tests.ui.tabs import on_display
from ui.review_tab import ReviewTab
from ui.state import AppState


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> ReviewTab:
    return on_display(qtbot, state, ReviewTab(state), (1280, 800))


@pytest.fixture
def review(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> ReviewTab:
    """Show the run of the trained project."""
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    return tab


@pytest.fixture
def planted(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> ReviewTab:
    """Show a run with four known mistakes in each of its three classes of fourteen images."""
    plant(trained_folder / "runs" / "1")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    return tab
