"""Fixtures of the Label tab: shown, empty or with the drawn garments."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.tabs import on_display
from ui.label_tab import LabelTab
from ui.state import AppState


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> LabelTab:
    return on_display(qtbot, state, LabelTab(state), (1000, 700))


@pytest.fixture
def images(
    qtbot: QtBot, state: AppState, tab: LabelTab, labelled_folder: Path, focused: Callable[[], None]
) -> LabelTab:
    """Open the drawn garments in the tab, the keyboard in the grid."""
    state.open_project(labelled_folder)
    qtbot.waitUntil(tab._grid.isVisible)
    tab.activate()
    focused()
    return tab
