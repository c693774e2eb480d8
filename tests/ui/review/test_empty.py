"""The Review tab without figures: words about why, and what to do."""

import json
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.evaluation.report import FILE_NAME
from tests.ui.reviewing import (
    plant,
)
from ui.jobs import pool
from ui.review_tab import ReviewTab
from ui.state import AppState


def test_without_a_project_it_says_where_to_begin(tab: ReviewTab) -> None:
    assert tab._empty.isVisible()
    assert tab._empty.text().startswith("No project is open.")


def test_without_images_there_is_no_run(state: AppState, tab: ReviewTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._empty.text().startswith("There is no finished run yet.\nThere are no labelled images to train on.")


def test_one_class_cannot_be_trained(state: AppState, tab: ReviewTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert state.project is not None
    for other in state.project.classes()[1:]:
        state.project.edits.delete_class(other.id)
    tab.activate()
    assert "All labelled images are in one class, “dotted”." in tab._empty.text()
    assert "Press Train" not in tab._empty.text()


def test_without_a_finished_run_it_says_so(state: AppState, tab: ReviewTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert state.project is not None
    state.project.run_log.cancel(state.project.run_log.start("quick"))
    state.runs_changed.emit()
    assert tab._empty.isVisible()
    assert "Press Train" in tab._empty.text()
    assert tab._head.runs.count() == 0


def test_a_damaged_evaluation_is_said(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> None:
    next(trained_folder.glob(f"runs/*/{FILE_NAME}")).write_text("{", encoding="utf-8")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._task is None)
    assert tab._empty.text() == "The figures of this run cannot be read.\nTrain again."
    assert tab._empty.isVisible()


def test_a_run_without_test_images_says_so_and_another_can_be_chosen(
    qtbot: QtBot, state: AppState, review: ReviewTab
) -> None:
    assert state.project is not None
    number = state.project.run_log.start("quick")
    state.project.run_log.finish(number, None, None, 0, 1.0)
    review.show_run(number)
    qtbot.waitUntil(review._empty.isVisible)
    assert review._empty.text().startswith("This run was not measured.\nIt had no test images")
    assert not review._head.accuracy.isVisible()
    assert review._head.runs.isVisible()
    qtbot.keyClick(review._head.runs, Qt.Key.Key_Down)
    qtbot.waitUntil(review._head.accuracy.isVisible)
    assert not review._empty.isVisible()


def test_closing_the_project_while_figures_load_shows_none(
    state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    state.open_project(trained_folder)
    state.close_project()
    pool.waitForDone()
    QApplication.processEvents()
    assert tab._empty.isVisible()
    assert tab._review is None


def test_when_no_image_is_left_there_are_words(qtbot: QtBot, state: AppState, planted: ReviewTab) -> None:
    assert state.project is not None
    rows = [row.id for row in state.project.images()]
    state.project.edits.set_excluded(rows, True)
    state.changed(rows)
    assert planted._empty.isVisible()
    assert "All test images of this run are excluded" in planted._empty.text()
    state.project.edits.undo()
    state.changed(rows)
    assert planted._head.accuracy.isVisible()


def test_scores_that_are_not_numbers_are_refused_with_words(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    run = trained_folder / "runs" / "1"
    plant(run)
    text = (run / FILE_NAME).read_text(encoding="utf-8")
    values = json.loads(text)
    values["predictions"][0]["probabilities"][0] = float("nan")
    (run / FILE_NAME).write_text(json.dumps(values), encoding="utf-8")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._empty.text().startswith("The scores of this run are not all numbers"), timeout=20_000)
    assert tab._empty.isVisible()
