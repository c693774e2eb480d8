"""Labels corrected in the Review tab: every figure follows, and undo takes it back."""

from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.reviewing import click, click_cell, click_image
from ui.review_tab import ReviewTab
from ui.state import AppState


def test_a_label_is_corrected_in_place_and_the_correction_undone(
    qtbot: QtBot, state: AppState, planted: ReviewTab
) -> None:
    review = planted._review
    assert review is not None
    click_cell(qtbot, planted, 0, 1)
    click_image(qtbot, planted, 0)
    path = planted._page.images.gallery.images()[0].path
    assert planted._page.images._words.text() == "Labelled “dotted”, called “leopard”"
    assert planted._page.images.label.currentText() == "dotted"
    assert planted._head.accuracy.text() == f"{30 / 42:.1%}"
    click(qtbot, planted._page.images.agree)
    assert planted._head.accuracy.text() == f"{31 / 42:.1%}"
    assert planted._page.matrix_view.matrix._cells.text(0, 1) == "3"
    assert planted._head.note.isVisible()
    assert planted._head.note.text().startswith("1 label corrected since this run was trained.")
    assert planted._page.images._words.text() == "“leopard”, recognised"
    assert planted._page.images.gallery.count() == 4
    assert state.project is not None
    names = {row.id: row.name for row in state.project.classes()}
    row = next(row for row in state.project.images() if str(row.path) == path)
    assert names[row.class_ids[0]] == "leopard"
    state.undo()
    qtbot.waitUntil(lambda: planted._head.accuracy.text() == f"{30 / 42:.1%}", timeout=20_000)
    assert not planted._head.note.isVisible()
    assert planted._page.images.gallery.count() == 4


def test_several_labels_are_corrected_by_the_list(qtbot: QtBot, planted: ReviewTab) -> None:
    click_cell(qtbot, planted, 0, 1)
    click_image(qtbot, planted, 0)
    click_image(qtbot, planted, 1, Qt.KeyboardModifier.ControlModifier)
    assert planted._page.images._words.text() == "2 images selected"
    planted._page.images.label.setFocus()
    qtbot.keyClick(planted._page.images.label, Qt.Key.Key_End)
    assert planted._page.images.label.currentText() == "striped"
    assert planted._page.matrix_view.matrix._cells.text(0, 1) == "2"
    assert planted._page.matrix_view.matrix._cells.text(2, 1) == "2"
    assert planted._head.note.text().startswith("2 labels corrected")


def test_an_image_is_excluded_and_taken_back(qtbot: QtBot, planted: ReviewTab) -> None:
    click_image(qtbot, planted, 0)
    click(qtbot, planted._page.images.exclude)
    assert "of 41 test images right" in planted._head.line.intervals.text()
    assert planted._head.note.text().startswith("1 image left out")
    assert planted._page.images._words.text().startswith("Excluded; it was ")
    assert planted._page.images.exclude.text() == "Take back"
    assert planted._page.images.title.text() == "All mistakes; 1 changed since"
    click(qtbot, planted._page.images.exclude)
    assert planted._page.images.exclude.text() == "Exclude"
    assert planted._page.images.title.text() == "All mistakes"
    assert "of 42 test images right" in planted._head.line.intervals.text()
    assert not planted._head.note.isVisible()


def test_the_label_tabs_edits_are_followed_when_looked_at(qtbot: QtBot, state: AppState, planted: ReviewTab) -> None:
    planted.hide()
    assert state.project is not None
    dotted = [row for row in state.project.images() if row.name.startswith("dotted")]
    state.project.edits.set_excluded([dotted[0].id], True)
    state.changed([dotted[0].id])
    assert "of 42 test images right" in planted._head.line.intervals.text()
    planted.show()
    planted.activate()
    qtbot.waitUntil(lambda: "of 41 test images right" in planted._head.line.intervals.text(), timeout=20_000)
