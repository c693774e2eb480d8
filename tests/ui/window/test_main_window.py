"""The whole window: its tabs, keys and theme."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QRect, Qt
from PyQt5.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from tests.ui.window.windows import CONTROL, opened, recent, wait_until_idle
from ui import theme
from ui.main_window import DEPLOY, LABEL, PREDICT, REVIEW, TRAIN, MainWindow


def test_it_starts_empty(window: MainWindow) -> None:
    assert window.windowTitle() == "Sightline"
    assert window._tab_widget.count() == 5
    assert window._tab_widget.currentIndex() == LABEL
    assert recent(window) == []
    assert not window.menus._undo.isEnabled()


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


@pytest.mark.parametrize("mode", [theme.LIGHT, theme.DARK])
def test_a_ticked_box_stands_out_in_both_themes(qtbot: QtBot, mode: str) -> None:
    theme.apply(mode)
    box = QCheckBox("One", focusPolicy=Qt.FocusPolicy.NoFocus)
    qtbot.addWidget(box)
    box.show()

    def shades() -> set[int]:
        picture = box.grab(QRect(0, 0, box.sizeHint().height(), box.height())).toImage()
        return {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}

    frame, filled, tick = (theme.colour(name).rgb() for name in ("muted", "accent", "on_accent"))
    assert frame in shades()
    assert filled not in shades()
    box.setChecked(True)
    assert {filled, tick} <= shades()
    theme.apply(theme.LIGHT)


def test_the_theme_is_chosen_and_remembered(window: MainWindow) -> None:
    actions = {action.text(): action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    actions["&Dark colours"].trigger()
    assert theme.is_dark()
    assert theme.chosen() == theme.DARK
    actions["&Light colours"].trigger()
    assert not theme.is_dark()


def test_the_train_menu_offers_what_can_be_done_now(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    menu = window.menus._train_menu
    menu.aboutToShow.emit()
    titles = {action.text(): action for action in menu.actions()}
    assert titles["Train"].shortcut().toString() == "Ctrl+T"
    assert not titles["Train"].isEnabled()
    window.state.open_project(labelled_folder)
    menu.aboutToShow.emit()
    assert titles["Train"].isEnabled()
    assert not titles["Stop"].isEnabled()
    assert not titles["Finish this epoch"].isVisible()
    titles["Train"].trigger()
    tab = window._make_tab(TRAIN)
    assert window.centralWidget().currentIndex() == TRAIN
    assert titles["Stop"].isEnabled()
    assert not titles["Train"].isEnabled()
    titles["Stop"].trigger()
    wait_until_idle(qtbot, window)
    assert tab._progress._text.text().startswith("Stopped.")
