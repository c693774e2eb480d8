"""The assistant in the Label tab, driven by real keys and clicks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.project.project import Project
from app.project.records import SUGGESTED
from ui.item_models import NOTE_ROLE
from ui.label_tab import LabelTab
from ui.state import AppState
from ui.widgets.assistant_panel import DUPLICATES, KIND_ROLE, LABEL_ERRORS, SIMILAR, SUGGESTIONS

PER_CLASS = 14


@pytest.fixture
def tab(qtbot: QtBot, state: AppState, trained_folder: Path, focused: Callable[[], None]) -> Iterator[LabelTab]:
    """Open a project whose features are there, with four labels of each class left."""
    with Project.open(trained_folder) as project:
        rows = project.images()
        for one in project.classes():
            project.edits.set_label([row.id for row in rows if row.class_ids == (one.id,)][4:], None)
    tab = LabelTab(state)
    qtbot.addWidget(tab)
    tab.resize(1100, 700)
    with qtbot.waitExposed(tab):
        tab.show()
    tab.activateWindow()
    state.open_project(trained_folder)
    qtbot.waitUntil(tab._grid.isVisible)
    tab.activate()
    focused()
    yield tab
    tab.close_down()


def press(qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def choose(qtbot: QtBot, tab: LabelTab, kind: str) -> None:
    """Click an entry of the panel and wait for its list."""
    entries = tab._panel._list
    item = next(entries.item(n) for n in range(entries.count()) if entries.item(n).data(KIND_ROLE) == kind)
    place = entries.visualItemRect(item).center()
    qtbot.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: tab._find.kind == kind, timeout=60_000)


def test_suggestions_are_listed_and_accepted_one_by_one(qtbot: QtBot, state: AppState, tab: LabelTab) -> None:
    press(qtbot, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: tab._find.kind == SUGGESTIONS, timeout=60_000)
    assert tab._model.rowCount() == 3 * (PER_CLASS - 4)
    assert tab._bar.isVisible()
    assert tab._bar._title.text() == "Suggested labels: 30 images"
    first = tab._model.row(0)
    guess = tab._model.guess(first.id)
    assert guess is not None
    note = tab._model.index(0).data(NOTE_ROLE)
    assert note.class_row.id == guess.class_id
    assert note.words.endswith(f"{guess.confidence:.0%}")
    press(qtbot, Qt.Key.Key_Y)
    assert state.project is not None
    accepted = next(row for row in state.project.images() if row.id == first.id)
    assert (accepted.class_ids, accepted.origin) == ((guess.class_id,), SUGGESTED)
    assert "accepted suggestion" in tab._model.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_a_screenful_is_accepted_with_one_key_and_undone_with_one(qtbot: QtBot, state: AppState, tab: LabelTab) -> None:
    project = state.project
    assert project is not None
    choose(qtbot, tab, SUGGESTIONS)
    seen = len(tab._grid.visible_positions())
    press(qtbot, Qt.Key.Key_Y, Qt.KeyboardModifier.ShiftModifier)
    assert sum(row.origin == SUGGESTED for row in project.images()) == seen
    state.undo()
    qtbot.waitUntil(lambda: not any(row.origin == SUGGESTED for row in project.images()))


def test_labels_teach_the_suggestions_at_once(qtbot: QtBot, state: AppState, tab: LabelTab) -> None:
    choose(qtbot, tab, SUGGESTIONS)
    qtbot.waitUntil(lambda: tab._find.assistance._refresh is None)
    before = dict(tab._model._guesses)
    tab._grid.go_to(0)
    labelled = tab._model.row(0).id
    press(qtbot, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: labelled not in tab._model._guesses)
    assert labelled in before
    assert tab._grid.current_position() == 1
    press(qtbot, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: tab._model.rowCount() == 3 * (PER_CLASS - 4) - 1)


@pytest.mark.parametrize("position", [1, 2])
def test_another_order_is_chosen(qtbot: QtBot, tab: LabelTab, position: int) -> None:
    choose(qtbot, tab, SUGGESTIONS)
    before = tab._model.filter.listed
    tab._bar._order.setCurrentIndex(position)
    tab._bar._order.activated.emit(position)
    qtbot.waitUntil(lambda: tab._model.filter.listed != before)
    assert before is not None
    assert sorted(tab._model.filter.listed or ()) == sorted(before)


def test_escape_leads_back_to_all_images(qtbot: QtBot, tab: LabelTab) -> None:
    choose(qtbot, tab, SUGGESTIONS)
    press(qtbot, Qt.Key.Key_Escape)
    assert tab._model.rowCount() == 3 * PER_CLASS
    assert not tab._bar.isVisible()
    assert tab._find.kind is None


def test_similar_images_begin_with_the_selected_one(qtbot: QtBot, tab: LabelTab) -> None:
    tab._grid.go_to(5)
    chosen = tab._model.row(5).id
    press(qtbot, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: tab._find.kind == SIMILAR, timeout=60_000)
    assert tab._model.row(0).id == chosen
    assert tab._model.rowCount() == 3 * PER_CLASS


def test_a_wrong_label_is_found_and_its_tip_says_why(qtbot: QtBot, state: AppState, tab: LabelTab) -> None:
    project = state.project
    assert project is not None
    one, other = project.classes()[:2]
    rows = project.images()
    for row in rows:
        own = next(each for each in project.classes() if row.name.startswith(each.name))
        project.edits.set_label([row.id], own.id)
    wrong = next(row for row in rows if row.name.startswith(one.name))
    project.edits.set_label([wrong.id], other.id)
    state.changed(None)
    qtbot.waitUntil(lambda: tab._task is None)
    choose(qtbot, tab, LABEL_ERRORS)
    assert wrong.id in (tab._model.filter.listed or ())
    position = tab._model.position(wrong.id)
    assert position is not None
    assert tab._model.index(position).data(NOTE_ROLE).words == f"{one.name}?"
    assert f"thinks of {one.name}" in tab._model.index(position).data(Qt.ItemDataRole.ToolTipRole)


def test_no_copies_are_said_to_be_none(qtbot: QtBot, tab: LabelTab) -> None:
    choose(qtbot, tab, DUPLICATES)
    assert tab._bar._title.text() == "Near-duplicates: none"
    assert not tab._bar._copies.isEnabled()
    assert tab._nothing.isVisible()


def test_a_limit_is_moved(qtbot: QtBot, tab: LabelTab) -> None:
    choose(qtbot, tab, "blurred")
    few = tab._model.rowCount()
    tab._bar._limit.setValue(1)
    qtbot.waitUntil(lambda: tab._model.rowCount() > few)
    assert tab._bar._limit.value() == 1


def test_too_few_labels_are_a_sentence(qtbot: QtBot, state: AppState, tab: LabelTab) -> None:
    project = state.project
    assert project is not None
    project.edits.set_label([row.id for row in project.images()], None)
    state.changed(None)
    qtbot.waitUntil(lambda: tab._task is None)
    with qtbot.waitSignal(state.failed, timeout=60_000) as caught:
        press(qtbot, Qt.Key.Key_G)
    assert isinstance(caught.args[0], AppError)
    assert "too few labels" in caught.args[0].message


def test_another_project_forgets_what_was_found(
    qtbot: QtBot, state: AppState, tab: LabelTab, labelled_folder: Path
) -> None:
    choose(qtbot, tab, SUGGESTIONS)
    state.open_project(labelled_folder)
    qtbot.waitUntil(lambda: tab._model.rowCount() == 3 * PER_CLASS)
    assert not tab._bar.isVisible()
    assert tab._model._guesses == {}
