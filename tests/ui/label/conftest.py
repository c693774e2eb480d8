"""Fixtures of the Label tab: shown, empty or with the drawn garments."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ui.label_tab import LabelTab
from ui.state import AppState


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> Iterator[LabelTab]:
    tab = LabelTab(state)
    qtbot.addWidget(tab)
    tab.resize(1000, 700)
    with qtbot.waitExposed(tab):
        tab.show()
    tab.activateWindow()
    yield tab
    tab.close_down()


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
