"""The Label tab: what is shown, filtered and sorted."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.project.project import Project
from tests.ui.label.grids import choose, class_id, click, press, rows
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.history import History


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


def test_images_are_sorted(images: LabelTab) -> None:
    images._top._sort.setCurrentIndex(images._top._sort.findText("Newest first"))
    times = [images._model.row(position).modified_ns for position in range(42)]
    assert times == sorted(times, reverse=True)
    images._top._sort.setCurrentIndex(images._top._sort.findText("By file name"))
    names = [images._model.row(position).path.name for position in range(42)]
    assert names == sorted(names)
    images._top._sort.setCurrentIndex(0)
    assert [images._model.row(position).name.split("/")[0] for position in (0, 41)] == ["dotted", "striped"]


@pytest.mark.parametrize("key", ["x", "3", "?", "ab"])
def test_a_key_with_another_meaning_is_refused(qtbot: QtBot, state: AppState, images: LabelTab, key: str) -> None:
    with qtbot.waitSignal(state.failed) as caught:
        images._classes.key_requested.emit(class_id(state, 0), key)
    assert "cannot be the key of a class" in caught.args[0].message


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
