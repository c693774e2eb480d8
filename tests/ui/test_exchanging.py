"""Labels imported and exported through the window, by keys and mouse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QTableWidget
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.project.project import Project
from tests.app.exchange.data import known_by_name, png, write_images
from tests.ui.dropping import drop
from ui import messages
from ui.export_data_dialog import ExportDataDialog
from ui.import_dialog import ImportDialog
from ui.main_window import MainWindow

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect what would be shown in boxes."""
    shown: list[Any] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: shown.append(problem))
    monkeypatch.setattr(messages, "info", lambda parent, title, text: shown.append(text))
    return shown


@pytest.fixture
def window(window: MainWindow, tmp_path: Path, focused: Callable[[], None]) -> MainWindow:
    """Open an empty project and give the window the keyboard."""
    window.state.open_project(tmp_path / "project", "Test")
    window.activateWindow()
    focused()
    return window


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write_images(tmp_path / "photos", "1.png", "2.png")
    path = tmp_path / "labels.csv"
    path.write_text("image,label,split,exclude\nphotos/1.png,cat,train,0\nphotos/2.png,dog,,1\ngone.png,dog,,\n")
    return path


def opened(window: MainWindow) -> Project:
    assert window.state.project is not None
    return window.state.project


def to_the_front(qtbot: QtBot, window: MainWindow) -> None:
    """Give the window the keyboard back after a dialog."""
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and not window.findChildren(QDialog))


def import_dialog(qtbot: QtBot, window: MainWindow) -> ImportDialog:
    """Open the dialog by its keys."""
    to_the_front(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_I, CONTROL_SHIFT)
    dialog = window.findChild(ImportDialog)
    assert dialog is not None
    qtbot.waitExposed(dialog)
    return dialog


def export_dialog(qtbot: QtBot, window: MainWindow) -> ExportDataDialog:
    to_the_front(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_E, CONTROL_SHIFT)
    dialog = window.findChild(ExportDataDialog)
    assert dialog is not None
    qtbot.waitExposed(dialog)
    return dialog


def read(qtbot: QtBot, dialog: ImportDialog, path: Path) -> None:
    """Type a path and press Enter."""
    qtbot.keyClicks(dialog.path, str(path))
    assert dialog.preview.summary.text() == "Press Enter to see what is in it."
    qtbot.keyClick(dialog.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.preview.summary.text() not in ("Reading…", "Press Enter to see what is in it."))


def cells(table: QTableWidget) -> list[list[str]]:
    return [[table.item(row, column).text() for column in range(2)] for row in range(table.rowCount())]


def close(qtbot: QtBot, window: MainWindow, dialog: QDialog) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.state.jobs.running)


def test_a_table_is_understood_then_imported_then_undone(
    qtbot: QtBot, window: MainWindow, table: Path, said: list[Any]
) -> None:
    dialog = import_dialog(qtbot, window)
    assert not dialog.import_button.isEnabled()
    read(qtbot, dialog, table)
    assert dialog.preview.summary.text() == "2 images with 2 labels."
    assert dialog.formats.currentText() == "What it looks like: Table with commas (CSV)"
    assert cells(dialog.preview.counts) == [
        ["Label “cat”", "1"],
        ["Label “dog”", "1"],
        ["Training part", "1"],
        ["Excluded", "1"],
    ]
    assert cells(dialog.preview.problems) == [["line 4", "There is no image “gone.png”."]]
    assert dialog.preview.problem_title.text() == "Lines or files that cannot be used: 1"
    assert opened(window).image_count() == 0
    with qtbot.waitSignal(window._exchanging.imported):
        qtbot.mouseClick(dialog.import_button, LEFT)
    assert known_by_name(opened(window)) == {
        "1.png": ({"cat"}, "train", None, False),
        "2.png": ({"dog"}, None, None, True),
    }
    assert [(one.message, one.detail) for one in said] == [
        ("Images imported: 2. Lines or files that were not: 1.", "line 4: There is no image “gone.png”.")
    ]
    to_the_front(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.state.jobs.running)
    assert {labels for labels, *_ in known_by_name(opened(window)).values()} == {frozenset()}


def test_another_format_can_be_chosen_with_the_keyboard(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    write_images(tmp_path / "data", "train/cat/1.png", "test/cat/2.png")
    dialog = import_dialog(qtbot, window)
    read(qtbot, dialog, tmp_path / "data")
    assert cells(dialog.preview.counts) == [["Label “cat”", "2"], ["Test part", "1"], ["Training part", "1"]]
    dialog.formats.setFocus()
    qtbot.keyClick(dialog.formats, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: dialog.preview.counts.rowCount() == 2)
    assert cells(dialog.preview.counts) == [["Label “test”", "1"], ["Label “train”", "1"]]
    close(qtbot, window, dialog)
    assert opened(window).image_count() == 0


def test_what_cannot_be_read_is_said_in_the_dialog(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, said: list[Any]
) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    dialog = import_dialog(qtbot, window)
    read(qtbot, dialog, tmp_path / "letter.txt")
    assert dialog.preview.summary.text().startswith("“letter.txt” is in no format that Sightline recognises.")
    assert not dialog.import_button.isEnabled()
    close(qtbot, window, dialog)
    assert said == []


def test_editing_the_path_takes_the_preview_away(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    dialog = import_dialog(qtbot, window)
    read(qtbot, dialog, table)
    assert dialog.import_button.isEnabled()
    qtbot.keyClick(dialog.path, Qt.Key.Key_Backspace)
    assert not dialog.import_button.isEnabled()
    assert dialog.preview.counts.rowCount() == 0
    close(qtbot, window, dialog)


def test_a_dropped_or_chosen_file_is_read(
    qtbot: QtBot, window: MainWindow, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = import_dialog(qtbot, window)
    assert drop(dialog, [table])
    qtbot.waitUntil(dialog.import_button.isEnabled)
    close(qtbot, window, dialog)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(table), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(table.parent / "photos"))
    dialog = import_dialog(qtbot, window)
    qtbot.mouseClick(dialog.file_button, LEFT)
    qtbot.waitUntil(dialog.import_button.isEnabled)
    assert dialog.preview.summary.text() == "2 images with 2 labels."
    qtbot.mouseClick(dialog.folder_button, LEFT)
    qtbot.waitUntil(lambda: dialog.preview.summary.text() == "2 images with 0 labels.")
    close(qtbot, window, dialog)


def test_addresses_ask_for_a_folder_and_are_downloaded(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(url: str, cancel: object) -> bytes:
        return png(1) if url.endswith("1.png") else b"<html>"

    monkeypatch.setattr("app.exchange.downloading.fetch_address", fetch)
    path = tmp_path / "urls.tsv"
    path.write_text("cat\thttp://a.example/1.png\ndog\thttp://a.example/2.png\n")
    dialog = import_dialog(qtbot, window)
    assert not dialog.target.isVisible()
    read(qtbot, dialog, path)
    assert dialog.target.isVisible()
    assert not dialog.import_button.isEnabled()
    qtbot.keyClicks(dialog.target, str(tmp_path / "down"))
    with qtbot.waitSignal(window._exchanging.imported):
        qtbot.mouseClick(dialog.import_button, LEFT)
    (image,) = opened(window).images()
    assert image.path.parent == (tmp_path / "down").resolve()
    assert [one.detail for one in said] == ["line 2: http://a.example/2.png: What is there is not an image."]


def test_labels_are_exported(qtbot: QtBot, window: MainWindow, table: Path, said: list[Any], tmp_path: Path) -> None:
    dialog = import_dialog(qtbot, window)
    read(qtbot, dialog, table)
    with qtbot.waitSignal(window._exchanging.imported):
        qtbot.mouseClick(dialog.import_button, LEFT)
    said.clear()
    out = export_dialog(qtbot, window)
    assert out.formats.currentData() == "csv"
    assert not out.link.isEnabled()
    assert not out.export_button.isEnabled()
    qtbot.keyClicks(out.target, str(tmp_path / "out.csv"))
    with qtbot.waitSignal(window._exchanging.exported):
        qtbot.mouseClick(out.export_button, LEFT)
    assert said == [f"Images written to {tmp_path / 'out.csv'}: 2."]
    said.clear()
    out = export_dialog(qtbot, window)
    qtbot.keyClick(out.formats, Qt.Key.Key_Home)
    assert out.formats.currentData() == "class-folders"
    assert out.words.text().startswith("Carries labels. Does not carry several labels of one image, parts")
    out.link.setFocus()
    qtbot.keyClick(out.link, Qt.Key.Key_Space)
    assert out.link.isChecked()
    qtbot.keyClicks(out.target, str(tmp_path / "out"))
    with qtbot.waitSignal(window._exchanging.exported):
        qtbot.keyClick(out.target, Qt.Key.Key_Return)
    assert (tmp_path / "out" / "cat" / "1.png").samefile(tmp_path / "photos" / "1.png")
    (problem,) = said
    assert isinstance(problem, AppError)
    assert problem.detail == "2.png: It is excluded, which this format cannot say."


def test_what_is_in_the_way_is_said(qtbot: QtBot, window: MainWindow, table: Path, said: list[Any]) -> None:
    write_images(table.parent / "more", "cat/1.png")
    dialog = import_dialog(qtbot, window)
    read(qtbot, dialog, table.parent / "more")
    with qtbot.waitSignal(window._exchanging.imported):
        qtbot.mouseClick(dialog.import_button, LEFT)
    before = table.read_bytes()
    out = export_dialog(qtbot, window)
    qtbot.keyClicks(out.target, str(table))
    with qtbot.waitSignal(window.state.failed):
        qtbot.mouseClick(out.export_button, LEFT)
    qtbot.waitUntil(lambda: not window.state.jobs.running)
    assert [one.message for one in said] == [f"There is already “{table}”."]
    assert table.read_bytes() == before


def test_without_a_project_there_is_nothing_to_import_into(qtbot: QtBot, window: MainWindow) -> None:
    window.state.close_project()
    qtbot.keyClick(window, Qt.Key.Key_I, CONTROL_SHIFT)
    qtbot.keyClick(window, Qt.Key.Key_E, CONTROL_SHIFT)
    assert window.findChild(QDialog) is None


def test_cancel_closes_and_stops_reading(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    dialog = import_dialog(qtbot, window)
    qtbot.keyClicks(dialog.path, str(table))
    qtbot.keyClick(dialog.path, Qt.Key.Key_Return)
    buttons = dialog.findChild(QDialogButtonBox)
    with qtbot.waitSignal(dialog.destroyed):
        qtbot.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Cancel), LEFT)
    qtbot.waitUntil(lambda: not window.state.jobs.running)
    assert opened(window).image_count() == 0
