"""Classes in the Label tab: filters, keys of their own, renaming, merging, deleting."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from tests.ui.label.grids import choose, class_id, click, press, rows
from ui import messages
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.class_list import FILTER_ROLE, SHARE


def test_a_class_filters(images: LabelTab) -> None:
    choose(images, "leopard")
    assert images._model.rowCount() == 14
    assert {images._model.row(position).name.split("/")[0] for position in range(14)} == {"leopard"}


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


def test_a_class_gets_a_key_of_its_own(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    striped = class_id(state, 2)
    images._classes.key_requested.emit(striped, "w")
    qtbot.waitUntil(lambda: images._classes._list.topLevelItem(4).text(1) == "[3  W]")
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_W)
    assert rows(state)[0].class_id == striped


def test_a_class_is_moved(qtbot: QtBot, state: AppState, images: LabelTab) -> None:
    images._classes.move_requested.emit(class_id(state, 2), -1)
    qtbot.waitUntil(lambda: images._classes._list.topLevelItem(3).text(0) == "striped")
    click(qtbot, images, 0)
    press(qtbot, Qt.Key.Key_2)
    assert state.project is not None
    assert rows(state)[0].class_id == next(row.id for row in state.project.classes() if row.name == "striped")
