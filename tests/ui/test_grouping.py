"""Groups in the window: the dialog, its preview, tables, and what Train says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialogButtonBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.dataset.grouping import FOLDER, PATTERN, TIME, Grouping
from tests.ui.reviewing import click
from ui.groups_dialog import GroupsDialog
from ui.main_window import TRAIN, MainWindow

SHOWN_MS = 20_000


@pytest.fixture
def opened(window: MainWindow, labelled_folder: Path) -> MainWindow:
    window.state.open_project(labelled_folder)
    return window


@pytest.fixture
def dialog(qtbot: QtBot, opened: MainWindow) -> Iterator[GroupsDialog]:
    """Open the dialog from the Train tab."""
    opened.centralWidget().setCurrentIndex(TRAIN)
    click(qtbot, opened._tabs[TRAIN]._groups)
    dialog = opened.findChild(GroupsDialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.waitExposed(dialog)
    counted(qtbot, dialog)
    yield dialog
    dialog.close()


def counted(qtbot: QtBot, dialog: GroupsDialog) -> None:
    qtbot.waitUntil(lambda: dialog._task is None and not dialog._timer.isActive(), timeout=SHOWN_MS)


def save(dialog: GroupsDialog) -> QDialogButtonBox:
    return dialog.box.button(QDialogButtonBox.StandardButton.Save)


def kept(window: MainWindow) -> Grouping:
    assert window.state.project is not None
    return window.state.project.grouping


def test_near_duplicates_alone_is_where_it_begins(dialog: GroupsDialog) -> None:
    assert dialog.words.text() == "No images are in a group; near-duplicates are found while training."
    assert not dialog.pattern.isEnabled()
    assert not dialog.forget.isVisible()


def test_a_pattern_shows_its_groups_while_it_is_typed(qtbot: QtBot, opened: MainWindow, dialog: GroupsDialog) -> None:
    click(qtbot, dialog.buttons[PATTERN])
    dialog.pattern.selectAll()
    qtbot.keyClicks(dialog.pattern, "(")
    counted(qtbot, dialog)
    assert dialog.words.text().startswith("“(” is not a pattern.")
    assert dialog.words.objectName() == "bad"
    assert not save(dialog).isEnabled()
    dialog.pattern.selectAll()
    qtbot.keyClicks(dialog.pattern, r"(\d)\.")
    counted(qtbot, dialog)
    assert dialog.words.text() == "10 groups with 42 of 42 images; the largest has 6."
    first = dialog.groups.topLevelItem(0)
    assert (first.text(0), first.text(1)) == ("1", "6")
    assert first.text(2).count(".jpg") == 3
    click(qtbot, save(dialog))
    assert kept(opened) == Grouping(PATTERN, r"(\d)\.", 60.0)
    words = opened._tabs[TRAIN]._together.text()
    assert words == r"Near-duplicates and images whose names share “(\d)\.” are kept together."


def test_a_class_in_one_piece_is_warned_of(qtbot: QtBot, opened: MainWindow, dialog: GroupsDialog) -> None:
    click(qtbot, dialog.buttons[FOLDER])
    counted(qtbot, dialog)
    assert dialog.words.text().startswith("All images of “dotted”, “leopard”, “striped” are in one group:")
    assert dialog.words.objectName() == "warning"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert kept(opened) == Grouping()


def test_times_are_read_from_the_photos(qtbot: QtBot, opened: MainWindow, dialog: GroupsDialog) -> None:
    click(qtbot, dialog.buttons[TIME])
    dialog.gap.setValue(5)
    counted(qtbot, dialog)
    assert dialog.words.text().startswith("No images are in a group")  # drawn pictures say no time
    assert len(dialog._taken) == 42
    click(qtbot, save(dialog))
    assert kept(opened) == Grouping(TIME, "", 5.0)


def test_groups_come_from_a_table_and_can_be_undone(
    qtbot: QtBot,
    opened: MainWindow,
    dialog: GroupsDialog,
    garments: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = opened.state
    assert state.project is not None
    names = [row.path for row in state.project.images()][:6]
    table = tmp_path / "patients.csv"
    lines = [f"{path},{'ann' if number < 4 else 'bob'}" for number, path in enumerate(names)]
    table.write_text("\n".join(["image,group", *lines]), encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(table), ""))
    click(qtbot, dialog.table)
    qtbot.waitUntil(lambda: dialog.forget.isVisible(), timeout=SHOWN_MS)
    counted(qtbot, dialog)
    assert dialog.own.text() == "6 images have a group from a table, too."
    assert dialog.words.text() == "2 groups with 6 of 42 images; the largest has 4."
    click(qtbot, dialog.forget)
    qtbot.waitUntil(lambda: not dialog.forget.isVisible(), timeout=SHOWN_MS)
    counted(qtbot, dialog)
    state.undo()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=SHOWN_MS)
    assert sum(row.group is not None for row in state.project.images()) == 6


def test_a_table_without_groups_is_refused_with_words(
    qtbot: QtBot, opened: MainWindow, dialog: GroupsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened.state.project is not None
    table = tmp_path / "labels.csv"
    table.write_text(f"image,label\n{opened.state.project.images()[0].path},x\n", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(table), ""))
    opened.state.failed.disconnect(opened._on_failed)
    with qtbot.waitSignal(opened.state.failed, timeout=SHOWN_MS) as heard:
        click(qtbot, dialog.table)
    assert heard.args[0].message == "“labels.csv” has no column of groups."
    opened.state.failed.connect(opened._on_failed)


def test_the_menu_has_it_with_a_project_alone(window: MainWindow, labelled_folder: Path) -> None:
    action = window.menus._groups
    assert not action.isEnabled()
    window.state.open_project(labelled_folder)
    assert action.isEnabled()
    action.trigger()
    assert window.findChild(GroupsDialog).isVisible()
    window.findChild(GroupsDialog).reject()
