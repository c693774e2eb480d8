"""The Label tab, driven by real keys and clicks."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from app.project.project import Project
from app.project.records import ImageRow
from ui import messages
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.cheat_sheet import CheatSheet
from ui.widgets.class_list import FILTER_ROLE, SHARE
from ui.widgets.class_palette import ClassPalette
from ui.widgets.history import History


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


def test_without_a_project_it_says_where_to_begin(tab: LabelTab) -> None:
    assert tab._start.isVisible()
    assert tab._start._title.text() == "Drop a folder of photos here"
    assert tab._start._demo.isVisible()


def test_the_start_buttons_say_what_the_user_wants(qtbot: QtBot, tab: LabelTab) -> None:
    for button, signal in (
        (tab._start._folder, tab.folder_requested),
        (tab._start._project, tab.project_requested),
        (tab._start._demo, tab.demo_requested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_an_empty_project_asks_for_images(qtbot: QtBot, state: AppState, tab: LabelTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    qtbot.waitUntil(lambda: "has no images yet" in tab._start._title.text())
    assert tab._start.isVisible()


def test_images_and_classes_are_shown(images: LabelTab) -> None:
    assert images._model.rowCount() == 42
    assert images._top._summary.text() == "42 of 42 labelled"
    tree = images._classes._list
    texts = [[tree.topLevelItem(row).text(column) for column in range(3)] for row in range(tree.topLevelItemCount())]
    assert texts == [
        ["All images", "", "42"],
        ["Unlabelled", "", "0"],
        ["dotted", "[1]", "14"],
        ["leopard", "[2]", "14"],
        ["striped", "[3]", "14"],
    ]


def test_thumbnails_arrive(qtbot: QtBot, images: LabelTab) -> None:
    from ui.item_models import THUMBNAIL_ROLE

    first = images._model.index(0)
    qtbot.waitUntil(lambda: first.data(THUMBNAIL_ROLE) is not None)
    assert max(first.data(THUMBNAIL_ROLE).width(), first.data(THUMBNAIL_ROLE).height()) == 256


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


def test_space_shows_larger_and_arrows_step(qtbot: QtBot, images: LabelTab) -> None:
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_Space)
    assert images._view.isVisible()
    qtbot.waitUntil(lambda: images._view.shown_path() is not None)
    press(qtbot, Qt.Key.Key_Right)
    assert images._grid.current_position() == 1
    press(qtbot, Qt.Key.Key_2)
    assert images._grid.current_position() == 2
    press(qtbot, Qt.Key.Key_Escape)
    assert images._grid.isVisible()


def test_a_class_filters(images: LabelTab) -> None:
    choose(images, "leopard")
    assert images._model.rowCount() == 14
    assert {images._model.row(position).name.split("/")[0] for position in range(14)} == {"leopard"}


def test_text_filters_and_nothing_found_is_said(qtbot: QtBot, images: LabelTab) -> None:
    qtbot.keyClicks(images._top._search, "STRIPED/")
    assert images._model.rowCount() == 14
    qtbot.keyClicks(images._top._search, "no such name")
    assert images._nothing.isVisible()


def test_typing_a_number_in_the_search_labels_nothing(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    images._top._search.setFocus()
    qtbot.keyClicks(images._top._search, "1")
    assert images._top._search.text() == "1"
    assert {row.origin for row in rows(state)} == {"folder"}


def test_a_labelled_image_stays_until_the_filter_is_chosen_again(
    qtbot: QtBot, state: AppState, images: LabelTab
) -> None:
    choose(images, "dotted")
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_3)
    assert images._model.rowCount() == 14
    choose(images, "All images")
    choose(images, "dotted")
    assert images._model.rowCount() == 13


def test_a_class_is_added_by_name(
    qtbot: QtBot, state: AppState, images: LabelTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *values, **named: ("plain", True))
    qtbot.mouseClick(images._classes._add, Qt.MouseButton.LeftButton)
    assert state.project is not None
    assert [row.name for row in state.project.classes()] == ["dotted", "leopard", "striped", "plain"]
    qtbot.waitUntil(lambda: images._classes._list.topLevelItemCount() == 6)
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_4)
    assert rows(state)[0].class_id == class_id(state, 3)


def test_renaming_and_merging_and_deleting_are_edits(
    qtbot: QtBot, state: AppState, images: LabelTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotted, leopard, striped = (class_id(state, position) for position in range(3))
    images._classes.rename_requested.emit(dotted, "spots")
    images._classes.merge_requested.emit(leopard, dotted)
    images._classes.delete_requested.emit(striped)
    project = state.project
    assert project is not None
    qtbot.waitUntil(lambda: [(row.name, row.images) for row in project.classes()] == [("spots", 28)])
    qtbot.waitUntil(lambda: images._top._summary.text() == "28 of 42 labelled")


def test_a_name_that_is_taken_is_said(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    with qtbot.waitSignal(state.failed) as heard:
        images._classes.rename_requested.emit(class_id(state, 0), "striped")
    assert "There is already a class “striped”." in str(heard.args[0])


def test_undo_shows_at_once(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_3)
    assert state.project is not None
    state.project.edits.undo()
    state.changed()
    assert rows(state)[0].class_id == class_id(state, 0)
    qtbot.waitUntil(lambda: images._model.row(0).class_id == class_id(state, 0))


def test_an_unreadable_image_is_shown_as_such(qtbot: QtBot, state: AppState, tab: LabelTab, tmp_path: Path) -> None:
    from ui.item_models import PROBLEM_ROLE

    for label in ("a", "b"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        picture = cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()
        (tmp_path / "pictures" / label / "good.png").write_bytes(picture)
    (tmp_path / "pictures" / "a" / "bad.png").write_bytes(b"no picture at all")
    with Project.create(tmp_path / "p", "p") as project:
        project.add_folder(tmp_path / "pictures", lambda done, total: None, threading.Event())
    state.open_project(tmp_path / "p")
    qtbot.waitUntil(lambda: tab._model.rowCount() == 3)
    bad = tab._model.index(0)
    qtbot.waitUntil(lambda: bad.data(PROBLEM_ROLE) is not None)
    assert "bad.png" in bad.data(Qt.ItemDataRole.DisplayRole)


def test_the_keys_have_names_in_the_menu(images: LabelTab) -> None:
    shown = {action.text(): action.shortcut().toString() for action in images.actions() if action.isVisible()}
    assert shown["Label as dotted"] == "1"
    assert shown["Exclude or include"] == "X"
    assert shown["Next unlabelled"] == "N"


def test_every_entry_has_a_filter(images: LabelTab) -> None:
    tree = images._classes._list
    assert all(tree.topLevelItem(row).data(0, FILTER_ROLE) is not None for row in range(tree.topLevelItemCount()))


def test_each_class_tells_its_share_of_the_labels(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    project, tree = state.project, images._classes._list
    assert project is not None
    first, last = project.classes()[0], project.classes()[-1]
    project.edits.set_label([row.id for row in project.images() if row.class_id == last.id], first.id)
    state.changed(None)

    def shares() -> list[str]:
        return [tree.topLevelItem(row).text(SHARE) for row in range(tree.topLevelItemCount())]

    total = sum(row.images for row in project.classes())
    expected = [f"{row.images / total:.0%}" for row in project.classes()]
    qtbot.waitUntil(lambda: shares()[-len(expected) :] == expected)
    assert expected[-1] == "0%"
    assert set(shares()[: -len(expected)]) == {""}


def test_delete_asks_first(qtbot: QtBot, state: AppState, images: LabelTab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(messages, "ask", ask)
    assert state.project is not None
    images._classes._delete(state.project.classes()[0])
    assert len(asked) == 1
    assert "14 images become unlabelled" in asked[0]
    assert len(state.project.classes()) == 3


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


def palette_of(qtbot: QtBot, tab: LabelTab) -> ClassPalette:
    press(qtbot, Qt.Key.Key_L)
    palette = tab.findChild(ClassPalette)
    assert palette is not None
    palette.activateWindow()  # a bare X server gives the keyboard only when asked
    qtbot.waitUntil(palette._line.hasFocus)
    return palette


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


def test_images_are_sorted(images: LabelTab) -> None:
    images._top._sort.setCurrentIndex(images._top._sort.findText("Newest first"))
    times = [images._model.row(position).modified_ns for position in range(42)]
    assert times == sorted(times, reverse=True)
    images._top._sort.setCurrentIndex(images._top._sort.findText("By file name"))
    names = [images._model.row(position).path.name for position in range(42)]
    assert names == sorted(names)
    images._top._sort.setCurrentIndex(0)
    assert [images._model.row(position).name.split("/")[0] for position in (0, 41)] == ["dotted", "striped"]


def test_a_class_gets_a_key_of_its_own(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    striped = class_id(state, 2)
    images._classes.key_requested.emit(striped, "w")
    qtbot.waitUntil(lambda: images._classes._list.topLevelItem(4).text(1) == "[3  W]")
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_W)
    assert rows(state)[0].class_id == striped


@pytest.mark.parametrize("key", ["x", "3", "?", "ab"])
def test_a_key_with_another_meaning_is_refused(qtbot: QtBot, state: AppState, images: LabelTab, key: str) -> None:
    with qtbot.waitSignal(state.failed) as caught:
        images._classes.key_requested.emit(class_id(state, 0), key)
    assert "cannot be the key of a class" in caught.args[0].message


def test_a_class_is_moved(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    images._classes.move_requested.emit(class_id(state, 2), -1)
    qtbot.waitUntil(lambda: images._classes._list.topLevelItem(3).text(0) == "striped")
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_2)
    assert state.project is not None
    assert rows(state)[0].class_id == next(row.id for row in state.project.classes() if row.name == "striped")


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


def test_the_history_leads_back(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    before = rows(state)
    for position in (0, 1, 2):
        click(qtbot, images, position)
        press(qtbot, Qt.Key.Key_3)
    press(qtbot, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    history = images.findChild(History)
    qtbot.waitUntil(history._list.hasFocus)
    assert history._list.topLevelItemCount() == 4
    history._list.setCurrentItem(history._list.topLevelItem(3))
    qtbot.keyClick(history._list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(state) == before)


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
