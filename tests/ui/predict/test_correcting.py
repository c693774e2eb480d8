"""The way back: a wrong answer becomes a labelled picture of the project; why an answer was given; unknown as such."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.dataset.camera import encoded
from app.dataset.decode import read_image
from app.evaluation.rule import Rule
from app.export.ruling import set_rule
from app.project.kept import KEPT_FOLDER
from app.project.records import ImageRow
from tests.ui.dropping import drop
from tests.ui.predict.asking import LONG_MS, click, wait_for_results
from ui.predict_tab import PredictTab
from ui.state import AppState


@pytest.fixture
def new(pictures: list[Path], tmp_path: Path) -> Path:
    """Make a picture that the project does not have."""
    path = tmp_path / "new" / "photo.png"
    path.parent.mkdir()
    path.write_bytes(encoded(read_image(pictures[0])[::-1]))
    return path


@pytest.fixture
def opened(state: AppState, tab: PredictTab, trained_folder: Path) -> PredictTab:
    """Open the trained project."""
    assert state.open_project(trained_folder)
    return tab


def row_of(state: AppState, path: Path) -> ImageRow | None:
    assert state.project is not None
    return next((row for row in state.project.images() if row.path == path), None)


def names(state: AppState, row: ImageRow | None) -> list[str]:
    assert row is not None
    assert state.project is not None
    return [one.name for one in state.project.classes() if one.id in row.class_ids]


def correct(qtbot: QtBot, tab: PredictTab, label: str) -> None:
    """Type the right label and press the button."""
    bar = tab._pane.correction
    bar._label.setFocus()
    qtbot.keyClicks(bar._label.lineEdit(), label)
    with qtbot.waitSignal(tab._state.corrected, timeout=LONG_MS):
        click(qtbot, bar._add)
    qtbot.waitUntil(lambda: not tab._state.jobs.running, timeout=LONG_MS)


def test_a_wrong_answer_joins_the_project_and_undo_takes_it_back(
    qtbot: QtBot, state: AppState, opened: PredictTab, new: Path
) -> None:
    assert drop(opened, [new])
    wait_for_results(qtbot, opened)
    bar = opened._pane.correction
    assert not bar._add.isEnabled()
    assert [bar._label.itemText(at) for at in range(bar._label.count())] == ["dotted", "leopard", "striped"]
    correct(qtbot, opened, "leopard")
    assert names(state, row_of(state, new)) == ["leopard"]
    assert "Train again" in bar._hint.text()
    assert not bar._add.isEnabled()
    state.undo()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert names(state, row_of(state, new)) == []
    state.redo()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert names(state, row_of(state, new)) == ["leopard"]


def test_return_adds_and_a_new_name_makes_a_class(qtbot: QtBot, state: AppState, opened: PredictTab, new: Path) -> None:
    assert drop(opened, [new])
    wait_for_results(qtbot, opened)
    bar = opened._pane.correction
    qtbot.keyClicks(bar._label.lineEdit(), "chequered")
    with qtbot.waitSignal(state.corrected, timeout=LONG_MS):
        qtbot.keyClick(bar._label.lineEdit(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert names(state, row_of(state, new)) == ["chequered"]
    assert "chequered" in [bar._label.itemText(at) for at in range(bar._label.count())]
    assert "Train again" in bar._hint.text()


def test_a_pasted_picture_is_kept_by_the_project(
    qtbot: QtBot, state: AppState, opened: PredictTab, new: Path, focused: Callable[[], None]
) -> None:
    QApplication.clipboard().setImage(QImage(str(new)))
    opened.setFocus()
    focused()
    qtbot.keyClick(opened, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (result,) = wait_for_results(qtbot, opened)
    correct(qtbot, opened, "dotted")
    Path(result["path"]).unlink()
    assert state.project is not None
    (kept,) = [row for row in state.project.images() if row.path.parent.name == KEPT_FOLDER]
    assert kept.path.is_relative_to(state.project.folder)
    assert kept.path.is_file()
    assert names(state, kept) == ["dotted"]
    assert "keeps a copy" in opened._pane.correction._hint.text()


def test_without_a_project_it_says_what_is_missing(qtbot: QtBot, predict: PredictTab, new: Path) -> None:
    assert drop(predict, [new])
    wait_for_results(qtbot, predict)
    assert not predict._pane.correction._label.isEnabled()
    assert not predict._pane.correction._add.isEnabled()
    assert "Open a project" in predict._pane.correction._hint.text()


def test_an_unreadable_file_is_not_asked_about(qtbot: QtBot, opened: PredictTab, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"words")
    assert drop(opened, [tmp_path / "bad.jpg"])
    wait_for_results(qtbot, opened)
    assert not opened._pane.correction.isVisible()
    assert not opened._pane.heat.isVisible()


def test_what_speaks_for_the_answer_is_laid_over_the_picture(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path]
) -> None:
    assert drop(predict, pictures[:2])
    wait_for_results(qtbot, predict)
    predict.activateWindow()
    click(qtbot, predict._pane.heat)

    def explained() -> Path | None:
        overlay = predict._pane.view._overlay
        return None if overlay is None else overlay.path

    qtbot.waitUntil(lambda: explained() == pictures[0], timeout=LONG_MS)
    qtbot.keyClick(predict._list.table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: explained() == pictures[1], timeout=LONG_MS)
    click(qtbot, predict._pane.heat)
    assert explained() is None


def test_unknown_is_shown_as_such(qtbot: QtBot, tab: PredictTab, copy: Path, pictures: list[Path]) -> None:
    set_rule(copy, Rule((0.0,) * 3, -1.0, "to reject everything"))
    tab._picker.add_bundle(copy)
    assert drop(tab, pictures[:2])
    wait_for_results(qtbot, tab)
    assert tab._pane.verdict.isVisible()
    assert tab._pane.verdict.text() == "Unknown"
    assert not tab._pane.bars._accepted
    assert tab._list.table.model().index(0, 1).data().startswith("unknown (")
