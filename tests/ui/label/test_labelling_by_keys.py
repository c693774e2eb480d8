"""Labelling by keys, driven by real ones."""

from PyQt5.QtCore import QEvent, QPoint, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.label.grids import choose, class_id, click, palette_of, press, rows
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.cheat_sheet import CheatSheet


def test_a_number_key_labels_the_image_and_goes_on(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_3)
    first = rows(state)[0]
    assert (first.class_id, first.origin) == (class_id(state, 2), "human")
    assert images._grid.current_position() == 1


def test_the_label_is_on_disk_at_once(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    import sqlite3

    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_2)
    assert state.project is not None
    other = sqlite3.connect(state.project.folder / "project.sqlite")
    label = other.execute("SELECT class_id FROM labels WHERE image_id = ?", [rows(state)[0].id]).fetchone()
    other.close()
    assert label == (class_id(state, 1),)


def test_a_key_labels_the_whole_selection(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    click(qtbot, images, 3, Qt.KeyboardModifier.ShiftModifier)
    click(qtbot, images, 1, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, Qt.Key.Key_2)
    leopard = class_id(state, 1)
    assert [row.class_id == leopard for row in rows(state)[:5]] == [True, False, True, True, False]
    assert state.project is not None
    assert state.project.edits.undo_title() == "3 images → leopard"


def test_select_all_and_remove_the_label(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    press(qtbot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, Qt.Key.Key_0)
    assert {row.class_id for row in rows(state)} == {None}
    assert images._top._summary.text() == "0 of 42 labelled"


def test_x_excludes_and_takes_back(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 2)
    press(qtbot, Qt.Key.Key_X)
    assert rows(state)[2].excluded
    press(qtbot, Qt.Key.Key_X)
    assert not rows(state)[2].excluded


def test_n_goes_to_the_next_unlabelled(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    for position in (5, 9):
        click(qtbot, images, position)
        press(qtbot, Qt.Key.Key_Backspace)
    click(qtbot, images, 6)
    press(qtbot, Qt.Key.Key_N)
    assert images._grid.current_position() == 9
    press(qtbot, Qt.Key.Key_N)
    assert images._grid.current_position() == 5


def test_the_keys_have_names_in_the_menu(images: LabelTab) -> None:
    shown = {action.text(): action.shortcut().toString() for action in images.actions() if action.isVisible()}
    assert shown["Label as dotted"] == "1"
    assert shown["Exclude or include"] == "X"
    assert shown["Next unlabelled"] == "N"


def test_the_last_label_is_repeated(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_Period)
    assert rows(state)[0].origin == "folder"
    press(qtbot, Qt.Key.Key_3)
    press(qtbot, Qt.Key.Key_Period)
    assert [row.class_id for row in rows(state)[:3]] == [class_id(state, 2), class_id(state, 2), class_id(state, 0)]


def test_b_goes_back(qtbot: QtBot, images: LabelTab) -> None:
    click(qtbot, images, 4)
    press(qtbot, Qt.Key.Key_B)
    assert images._grid.current_position() == 3


def test_any_class_is_found_by_typing(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    palette = palette_of(qtbot, images)
    qtbot.keyClicks(palette._line, "PAR")
    assert [palette._list.item(row).text() for row in range(palette._list.count())] == ["leopard", "New class “PAR”"]
    qtbot.keyClick(palette._line, Qt.Key.Key_Return)
    assert rows(state)[0].class_id == class_id(state, 1)


def test_arrows_choose_in_the_palette(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    palette = palette_of(qtbot, images)
    qtbot.keyClick(palette._line, Qt.Key.Key_Down)
    qtbot.keyClick(palette._line, Qt.Key.Key_Down)
    qtbot.keyClick(palette._line, Qt.Key.Key_Return)
    assert rows(state)[0].class_id == class_id(state, 2)


def test_a_new_class_is_made_by_typing(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    palette = palette_of(qtbot, images)
    qtbot.keyClicks(palette._line, "checked")
    qtbot.keyClick(palette._line, Qt.Key.Key_Return)
    assert state.project is not None
    assert [(row.name, row.images) for row in state.project.classes()][-1] == ("checked", 1)


def test_escape_leaves_the_palette(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    palette = palette_of(qtbot, images)
    qtbot.keyClick(palette._line, Qt.Key.Key_Escape)
    assert {row.origin for row in rows(state)} == {"folder"}


def test_the_question_mark_lists_every_key(qtbot: QtBot, images: LabelTab) -> None:
    qtbot.keyClicks(QApplication.focusWidget(), "?")
    sheet = images.findChild(CheatSheet)
    assert sheet is not None
    texts = [text for _, text in sheet.rows]
    assert "Label as dotted" in texts
    assert "Repeat the last label" in texts
    sheet.close()


def test_several_labels_are_given_and_shown(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    images._actions._several.trigger()
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_3)
    assert rows(state)[0].class_ids == (class_id(state, 0), class_id(state, 2))
    assert images._grid.current_position() == 0  # further labels may follow
    assert "single one" in images._top._summary.toolTip()
    choose(images, "Several labels")
    assert images._model.rowCount() == 1
    press(qtbot, Qt.Key.Key_3)
    assert rows(state)[0].class_ids == (class_id(state, 0),)


def test_k_skips_without_a_label(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    before = rows(state)
    click(qtbot, images, 3)
    press(qtbot, Qt.Key.Key_K)
    assert images._grid.current_position() == 4
    assert rows(state) == before


def test_a_rubber_band_selects_and_one_key_labels_all(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    grid = images._grid
    last = grid.visualRect(images._model.index(6))
    start, end = QPoint(last.right() + 3, last.bottom() + 2), QPoint(20, 20)
    viewport, left = grid.viewport(), Qt.MouseButton.LeftButton
    if images._model.index(grid.indexAt(start).row()).isValid():
        start = QPoint(viewport.width() - 2, start.y())
    assert not grid.indexAt(start).isValid()
    qtbot.mousePress(viewport, left, pos=start)
    for place in (start - QPoint(20, 20), end):
        move = QMouseEvent(QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, move)
    qtbot.mouseRelease(viewport, left, pos=end)
    chosen = grid.selected_ids()
    assert len(chosen) > 6
    press(qtbot, Qt.Key.Key_3)
    striped = class_id(state, 2)
    assert all(row.class_id == striped for row in rows(state) if row.id in chosen)
