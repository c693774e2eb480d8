"""What tests of the Label tab share: keys, clicks, and what the project says."""

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.project.records import ImageRow
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.class_palette import ClassPalette


def rows(state: AppState) -> list[ImageRow]:
    assert state.project is not None
    return state.project.images()


def class_id(state: AppState, position: int) -> int:
    assert state.project is not None
    return state.project.classes()[position].id


def press(qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def click(qtbot: QtBot, tab: LabelTab, position: int, *modifiers: Qt.KeyboardModifier) -> None:
    grid = tab._grid
    place: QPoint = grid.visualRect(tab._model.index(position)).center()
    modifier = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def choose(tab: LabelTab, title: str) -> None:
    tree = tab._classes._list
    for position in range(tree.topLevelItemCount()):
        if tree.topLevelItem(position).text(0) == title:
            tree.setCurrentItem(tree.topLevelItem(position))
            return
    raise AssertionError(f"no entry {title}")


def palette_of(qtbot: QtBot, tab: LabelTab) -> ClassPalette:
    press(qtbot, Qt.Key.Key_L)
    palette = tab.findChild(ClassPalette)
    assert palette is not None
    palette.activateWindow()  # a bare X server gives the keyboard only when asked
    qtbot.waitUntil(palette._line.hasFocus)
    return palette
