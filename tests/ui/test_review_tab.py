"""The Review tab: the stored figures, and the images behind each of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt, QThreadPool
from PyQt5.QtWidgets import QApplication, QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.engines.snapshot import SPEC_FILE, read_snapshot
from app.evaluation.metrics import evaluate
from app.evaluation.report import Evaluation, load_evaluation, write_evaluation
from app.export.service import ACTIVATION, OCCLUSION
from app.project.records import RunRow
from tests.ui.reviewing import plant
from ui.item_models import THUMBNAIL_SIDE
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.thresholds_dialog import ThresholdsDialog
from ui.widgets.curve_plot import CurvePlot
from ui.widgets.image_view import ImageView
from ui.widgets.scored_image_dialog import ScoredImageDialog

RESULT_FILE = "evaluation.json"


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> Iterator[ReviewTab]:
    tab = ReviewTab(state)
    qtbot.addWidget(tab)
    tab.resize(1280, 800)
    with qtbot.waitExposed(tab):
        tab.show()
    yield tab
    tab.close_down()


@pytest.fixture
def review(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> ReviewTab:
    """Show the run of the trained project."""
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    return tab


def stored(state: AppState) -> Evaluation:
    assert state.project is not None
    return load_evaluation(state.project.run_folder(newest(state).number))


def newest(state: AppState) -> RunRow:
    assert state.project is not None
    return state.project.runs()[0]


def click_cell(qtbot: QtBot, review: ReviewTab, true: int, predicted: int) -> None:
    place: QPoint = review._matrix_view.matrix.cell_rect(true, predicted).center()
    qtbot.mouseClick(review._matrix_view.matrix, Qt.MouseButton.LeftButton, pos=place)


def legend_place(review: ReviewTab, row: int) -> QPoint:
    place: QPoint = review._curves.legend.visualItemRect(review._curves.legend.item(row)).center()
    return place


# -- nothing to show


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
    next(trained_folder.glob(f"runs/*/{RESULT_FILE}")).write_text("{", encoding="utf-8")
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
    pool = QThreadPool.globalInstance()
    assert pool is not None
    pool.waitForDone()
    QApplication.processEvents()
    assert tab._empty.isVisible()
    assert tab._review is None


# -- figures


def test_the_head_says_how_good_it_is_and_how_sure_that_is(state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    low, high = evaluation.interval
    assert review._head.accuracy.text() == f"{evaluation.accuracy:.1%}"
    assert f"of {evaluation.images} test images right" in review._head.intervals.text()
    assert f"{low:.1%} to {high:.1%}" in review._head.intervals.text()
    assert review._head.protocol.text().startswith("Only 6 test images: the intervals are wide. ")
    assert review._head.protocol.text().endswith(evaluation.protocol)


def test_a_finished_run_is_in_the_list(state: AppState, review: ReviewTab) -> None:
    assert review._head.runs.count() == 1
    assert review._head.runs.currentText().startswith(f"Run {newest(state).number}: ")
    assert review._head.runs.currentData() == newest(state).number


def test_the_table_lists_each_class_with_its_interval(state: AppState, review: ReviewTab) -> None:
    figures = {one.label: one for one in stored(state).per_class}
    review._figures.setCurrentWidget(review._table)
    table = review._table
    assert table.rowCount() == 3
    for row in range(3):
        one = figures[table.item(row, 0).text()]
        assert table.item(row, 1).text() == str(one.images)
        recall = one.recall
        assert table.item(row, 3).text().startswith("–" if recall is None else f"{recall:.0%} (")
        assert "95% interval" in table.item(row, 3).toolTip()


def test_a_curve_for_each_class_in_both_kinds(qtbot: QtBot, review: ReviewTab) -> None:
    names = ["dotted", "leopard", "striped", "all (micro)", "mean (macro)"]
    assert [name for name, _ in review._curves.plot.lines()] == names
    qtbot.keyClick(review._curves.kind, Qt.Key.Key_Down)
    assert review._curves.kind.currentText() == "ROC"
    assert [name for name, _ in review._curves.plot.lines()] == names
    assert [review._curves.legend.item(row).text() for row in range(5)] == names


def test_a_name_in_the_legend_makes_its_curve_thick(qtbot: QtBot, review: ReviewTab) -> None:
    def widths() -> dict[str, int]:
        return {name: curve.item.opts["pen"].width() for name, curve in review._curves.plot._curves.items()}

    viewport = review._curves.legend.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=legend_place(review, 1))
    averages = ("all (micro)", "mean (macro)")
    assert widths() == {"dotted": 1, "leopard": 4, "striped": 1, **dict.fromkeys(averages, 1)}
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=legend_place(review, 1))
    assert set(widths().values()) == {2}


def test_a_point_of_a_curve_is_read_out(state: AppState, review: ReviewTab) -> None:
    curve = stored(state).per_class[0].pr
    assert curve is not None
    box = review._curves.plot._plot.getPlotItem().getViewBox()
    review._curves.plot._on_scene_mouse_moved(box.mapViewToScene(QPointF(curve.x[0], curve.y[0])))
    text = review._curves.plot._readout.text()
    assert "recall" in text
    assert "at threshold" in text
    review._curves.plot._on_scene_mouse_moved(QPointF(-500, -500))
    assert review._curves.plot._readout.text() == " "


def test_the_arrows_read_a_curve_out(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    figures = stored(state).per_class
    assert figures[0].pr is not None
    assert figures[1].pr is not None
    qtbot.keyClick(review._curves.plot._plot, Qt.Key.Key_Right)
    assert review._curves.plot._readout.text().startswith(f"dotted: recall {figures[0].pr.x[0]:.1%}")
    qtbot.keyClick(review._curves.plot._plot, Qt.Key.Key_Right)
    assert f"at threshold {figures[0].pr.thresholds[1]:.2f}" in review._curves.plot._readout.text()
    qtbot.keyClick(review._curves.plot._plot, Qt.Key.Key_Down)
    assert review._curves.plot._readout.text().startswith("leopard: ")
    assert review._curves.plot._plot.accessibleDescription() == review._curves.plot._readout.text()


def test_a_double_click_shows_the_whole_plot_again(qtbot: QtBot, review: ReviewTab) -> None:
    canvas = review._curves.plot._plot
    box = canvas.getPlotItem().getViewBox()
    whole = box.viewRange()
    box.setXRange(0.4, 0.5)
    assert box.viewRange() != whole
    place = canvas.viewport().rect().center()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert box.viewRange() == whole


# -- images


def test_first_it_shows_the_mistakes_or_that_there_are_none(state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    mistakes = [image for image in evaluation.predictions if image.truth != image.predicted]
    if mistakes:
        assert review._images.title.text() == "All mistakes"
        assert review._images.gallery.count() == len(mistakes)
    else:
        assert review._images.title.text() == "No mistakes among the test images"
        assert review._images.gallery.count() == evaluation.images


def test_every_cell_leads_to_exactly_its_images(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    for true in range(3):
        for predicted in range(3):
            click_cell(qtbot, review, true, predicted)
            shown = {
                review._images.gallery.model().index(row, 0).data(Qt.ToolTipRole)
                for row in range(review._images.gallery.count())
            }
            assert shown == {
                image.path for image in evaluation.predictions if (image.truth, image.predicted) == (true, predicted)
            }
            assert len(shown) == evaluation.confusion[true][predicted]
            assert evaluation.labels[true] in review._images.title.text()


def test_the_matrix_answers_to_keys(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    qtbot.keyClick(review._matrix_view.matrix, Qt.Key.Key_Down)
    qtbot.keyClick(review._matrix_view.matrix, Qt.Key.Key_Right)
    qtbot.keyClick(review._matrix_view.matrix, Qt.Key.Key_Return)
    assert review._images.gallery.count() == stored(state).confusion[1][1]
    assert review._images.title.text().endswith("images of “leopard”, recognised")


def test_the_matrix_counts_or_shares(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    row = stored(state).confusion[0]
    assert review._matrix_view.matrix._text(0, 0) == str(row[0])
    qtbot.keyClick(review._matrix_view.mode, Qt.Key.Key_Down)
    assert review._matrix_view.matrix._text(0, 0) == f"{100 * row[0] / sum(row):.0f}"


def test_pictures_arrive_and_one_opens_large(qtbot: QtBot, review: ReviewTab) -> None:
    first = review._images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert not first.data(Qt.DecorationRole).isNull()
    place = review._images.gallery.visualRect(first).center()
    qtbot.mouseClick(review._images.gallery.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(review._images.gallery.viewport(), Qt.MouseButton.LeftButton, pos=place)
    dialog = review.findChild(QDialog)
    view = dialog.findChild(ImageView)
    qtbot.waitUntil(lambda: view.shown_path() is not None)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(view, Qt.Key.Key_Escape)


def test_the_arrows_and_buttons_go_through_the_large_images(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    images = review._images.gallery.images()
    review._images.gallery.activated.emit(review._images.gallery.model().index(0, 0))
    dialog = review.findChild(ScoredImageDialog)
    qtbot.waitExposed(dialog)
    assert dialog.windowTitle() == f"{Path(images[0].path).name}, 1 of {len(images)}"
    assert dialog._words.text() == "“dotted”, recognised"
    assert dialog._guesses.text().startswith(f"dotted {images[0].confidence:.1%}, ")
    assert not dialog._previous.isEnabled()
    for _ in images:  # the last press finds no further image
        qtbot.keyClick(dialog._view, Qt.Key.Key_Right)
    assert dialog.windowTitle() == f"{Path(images[-1].path).name}, {len(images)} of {len(images)}"
    assert not dialog._next.isEnabled()
    qtbot.mouseClick(dialog._previous, Qt.MouseButton.LeftButton)
    assert dialog._position == len(images) - 2
    qtbot.waitUntil(lambda: dialog._view.shown_path() is not None)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog._previous, Qt.Key.Key_Escape)


def test_the_thresholds_of_the_run_are_opened_by_a_button(qtbot: QtBot, review: ReviewTab) -> None:
    qtbot.mouseClick(review._head.thresholds, Qt.MouseButton.LeftButton)
    dialog = review.findChild(ThresholdsDialog)
    qtbot.waitExposed(dialog)
    assert dialog.table.rowCount() == 3
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_pictures_come_from_the_projects_thumbnails(
    qtbot: QtBot, state: AppState, review: ReviewTab, trained_folder: Path
) -> None:
    first = review._images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    path = review._images.gallery.images()[0].path
    digest = next(row.digest for row in read_snapshot(trained_folder / "runs" / "1").images if row.path == path)
    assert list((trained_folder / "cache" / "thumbnails").rglob(f"{digest}-{THUMBNAIL_SIDE}.jpg"))


def test_figures_are_shown_without_the_snapshot_too(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    (trained_folder / "runs" / "1" / SPEC_FILE).unlink()
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    first = tab._images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert not first.data(Qt.DecorationRole).isNull()


def test_an_image_that_is_gone_is_said_in_its_place(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path, tmp_path: Path
) -> None:
    """The figures stand on their own; only the picture is missing."""
    stored_file = next(trained_folder.glob(f"runs/*/{RESULT_FILE}"))
    text = stored_file.read_text(encoding="utf-8")
    folder = Path(load_evaluation(stored_file.parent).predictions[0].path).parent.parent
    stored_file.write_text(text.replace(folder.as_posix(), (tmp_path / "gone").as_posix()), encoding="utf-8")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    first = tab._images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert first.data(Qt.DecorationRole).isNull()
    for role in (Qt.DisplayRole, Qt.ToolTipRole):
        assert first.data(role).endswith("\nThe file is not there any more.")
    tab._images.gallery.activated.emit(first)
    view = tab.findChild(QDialog).findChild(ImageView)
    qtbot.waitUntil(lambda: view.shown_path() is not None)
    view.close_requested.emit()


def test_a_run_is_shown_when_asked_for(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    review.show_run(newest(state).number)
    assert review._head.runs.currentData() == newest(state).number
    review.activate()
    qtbot.waitUntil(lambda: review._task is None)
    assert review._head.accuracy.isVisible()


# -- planted mistakes: every figure leads to its images, and labels are corrected in place


@pytest.fixture
def planted(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> ReviewTab:
    """Show a run with four known mistakes in each of its three classes of fourteen images."""
    plant(trained_folder / "runs" / "1")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    return tab


def look_at(tab: ReviewTab, view: QWidget) -> None:
    tab._figures.setCurrentWidget(view)
    QApplication.processEvents()


def place_on(plot: CurvePlot, x: float, y: float) -> QPoint:
    box = plot._plot.getPlotItem().getViewBox()
    place: QPoint = plot._plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    return place


def shown_paths(tab: ReviewTab) -> set[str]:
    return {image.path for image in tab._images.gallery.images()}


def click_image(
    qtbot: QtBot, tab: ReviewTab, row: int, key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    gallery = tab._images.gallery
    place = gallery.visualRect(gallery.model().index(row, 0)).center()
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, key, place)


def click(qtbot: QtBot, button: QWidget) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_mistakes_are_shown_most_wrong_first_or_by_margin(qtbot: QtBot, planted: ReviewTab) -> None:
    gallery = planted._images.gallery
    assert planted._images.title.text() == "All mistakes"
    shares = [image.probabilities[image.truth] for image in gallery.images()]
    assert shares == sorted(shares)
    assert len(shares) == 12
    qtbot.keyClick(planted._images.order, Qt.Key.Key_Down)
    assert planted._images.order.currentText() == "Smallest margin first"
    confidences = [image.confidence for image in gallery.images()]
    assert confidences == sorted(confidences)


def test_a_threshold_is_dragged_along_a_curve(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._curves)
    review = planted._review
    assert review is not None
    curve = review.figures.per_class[0].pr
    assert curve is not None
    canvas = planted._curves.plot._plot.viewport()
    start, end = len(curve.x) // 2, len(curve.x) - 3
    qtbot.mousePress(
        canvas, Qt.MouseButton.LeftButton, pos=place_on(planted._curves.plot, curve.x[start], curve.y[start])
    )
    first = planted._images.title.text()
    qtbot.mouseMove(canvas, place_on(planted._curves.plot, curve.x[end], curve.y[end]))
    qtbot.mouseRelease(
        canvas, Qt.MouseButton.LeftButton, pos=place_on(planted._curves.plot, curve.x[end], curve.y[end])
    )
    title = planted._images.title.text()
    assert "false alarms and" in title
    assert title != first
    name, threshold = planted._curves._threshold or ("", 0.0)
    number = review.labels.index(name)
    expected = review.together(review.false_alarms(number, threshold), review.missed(number, threshold))
    assert shown_paths(planted) == {review.image(place).path for place in expected}


def test_a_range_of_the_histogram_is_dragged(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._scores)
    bars = planted._scores.bars
    viewport = bars.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=bars.bar_place(16))
    qtbot.mouseMove(viewport, bars.bar_place(17))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=bars.bar_place(17))
    review = planted._review
    assert review is not None
    assert shown_paths(planted) == {review.image(place).path for place in review.between(review.confidence, 0.8, 0.9)}
    assert planted._images.title.text().endswith("between 0.80 and 0.90: Confidence in the answer")
    qtbot.keyClick(planted._scores.of, Qt.Key.Key_Down)
    assert planted._scores.of.currentText() == "Score of “dotted”"


def test_a_point_of_the_reliability_diagram_has_its_images(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._calibration)
    view = planted._calibration
    assert view._after is not None
    point = place_on(view.plot, float(view._after.confidence[-1]), float(view._after.accuracy[-1]))
    qtbot.mouseClick(view.plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert planted._images.gallery.count() == int(view._after.counts[-1])
    assert "as calibrated" in planted._images.title.text()
    assert "before" in view._words.text()


def test_accuracy_against_coverage_has_the_mistakes_left(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._coverage)
    view = planted._coverage
    assert view._curve is not None
    middle = len(view._curve.x) // 2
    point = place_on(view.plot, view._curve.x[middle], view._curve.y[middle])
    qtbot.mouseClick(view.plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert "answered" in view._words.text()
    assert "95% interval" in view._words.text()
    assert all(image.truth != image.predicted for image in planted._images.gallery.images())


def test_a_class_of_the_table_has_its_images(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._table)
    place = planted._table.visualItemRect(planted._table.item(1, 0)).center()
    qtbot.mouseClick(planted._table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert planted._images.title.text() == "18 images that are “leopard”, or were called so"
    assert planted._images.gallery.count() == 18


def test_the_matrix_is_ordered_and_shares_columns(qtbot: QtBot, planted: ReviewTab) -> None:
    for _ in range(2):
        qtbot.keyClick(planted._matrix_view.order, Qt.Key.Key_Down)
    assert planted._matrix_view.order.currentText() == "Confused classes together"
    click_cell(qtbot, planted, 0, 1)
    assert planted._images.title.text() == "4 images of “dotted” that were called “leopard”"
    for _ in range(2):
        qtbot.keyClick(planted._matrix_view.mode, Qt.Key.Key_Down)
    assert planted._matrix_view.matrix._text(0, 0) == "71"


def test_a_label_is_corrected_in_place_and_the_correction_undone(
    qtbot: QtBot, state: AppState, planted: ReviewTab
) -> None:
    review = planted._review
    assert review is not None
    click_cell(qtbot, planted, 0, 1)
    click_image(qtbot, planted, 0)
    path = planted._images.gallery.images()[0].path
    assert planted._images._words.text() == "Labelled “dotted”, called “leopard”"
    assert planted._images.label.currentText() == "dotted"
    assert planted._head.accuracy.text() == f"{30 / 42:.1%}"
    click(qtbot, planted._images.agree)
    assert planted._head.accuracy.text() == f"{31 / 42:.1%}"
    assert planted._matrix_view.matrix._text(0, 1) == "3"
    assert planted._head.note.isVisible()
    assert planted._head.note.text().startswith("1 labels corrected since this run was trained.")
    assert planted._images._words.text() == "“leopard”, recognised"
    assert planted._images.gallery.count() == 4
    assert state.project is not None
    names = {row.id: row.name for row in state.project.classes()}
    row = next(row for row in state.project.images() if str(row.path) == path)
    assert names[row.class_ids[0]] == "leopard"
    state.undo()
    qtbot.waitUntil(lambda: planted._head.accuracy.text() == f"{30 / 42:.1%}", timeout=20_000)
    assert not planted._head.note.isVisible()
    assert planted._images.gallery.count() == 4


def test_several_labels_are_corrected_by_the_list(qtbot: QtBot, planted: ReviewTab) -> None:
    click_cell(qtbot, planted, 0, 1)
    click_image(qtbot, planted, 0)
    click_image(qtbot, planted, 1, Qt.KeyboardModifier.ControlModifier)
    assert planted._images._words.text() == "2 images selected"
    planted._images.label.setFocus()
    qtbot.keyClick(planted._images.label, Qt.Key.Key_End)
    assert planted._images.label.currentText() == "striped"
    assert planted._matrix_view.matrix._text(0, 1) == "2"
    assert planted._matrix_view.matrix._text(2, 1) == "2"
    assert planted._head.note.text().startswith("2 labels corrected")


def test_an_image_is_excluded_and_taken_back(qtbot: QtBot, planted: ReviewTab) -> None:
    click_image(qtbot, planted, 0)
    click(qtbot, planted._images.exclude)
    assert "of 41 test images right" in planted._head.intervals.text()
    assert planted._head.note.text().startswith("1 images left out")
    assert planted._images._words.text().startswith("Left out: ")
    click(qtbot, planted._images.exclude)
    assert "of 42 test images right" in planted._head.intervals.text()
    assert not planted._head.note.isVisible()


def test_the_label_tabs_edits_are_followed_when_looked_at(qtbot: QtBot, state: AppState, planted: ReviewTab) -> None:
    planted.hide()
    assert state.project is not None
    dotted = [row for row in state.project.images() if row.name.startswith("dotted")]
    state.project.edits.set_excluded([dotted[0].id], True)
    state.changed([dotted[0].id])
    assert "of 42 test images right" in planted._head.intervals.text()
    planted.show()
    planted.activate()
    qtbot.waitUntil(lambda: "of 41 test images right" in planted._head.intervals.text(), timeout=20_000)


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


def test_training_images_like_it_say_why(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    click_image(qtbot, review, 0)
    why = review._images.why.list
    qtbot.waitUntil(lambda: why.count() == 6, timeout=20_000)
    qtbot.waitUntil(lambda: not why.item(0).icon().isNull(), timeout=20_000)
    likeness = [float(why.item(row).toolTip().split(" ")[-1]) for row in range(6)]
    assert likeness == sorted(likeness, reverse=True)
    trained = {row.path for row in review._review.trained_on} if review._review is not None else set()
    assert all(why.item(row).toolTip().split("\n")[0] in trained for row in range(6))


def test_the_list_is_copied_and_sent(qtbot: QtBot, planted: ReviewTab) -> None:
    click_cell(qtbot, planted, 0, 1)
    click(qtbot, planted._images.copy)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert set(clipboard.text().split("\n")) == shown_paths(planted)
    click_image(qtbot, planted, 0)
    with qtbot.waitSignal(planted.label_tab_requested) as heard:
        click(qtbot, planted._images.send)
    assert planted._review is not None
    assert heard.args == [[int(planted._review.image_ids[planted._images._selected()[0]])]]


def test_the_table_and_the_figure_are_saved(
    qtbot: QtBot, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click_cell(qtbot, planted, 0, 1)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "images.csv"), ""))
    click(qtbot, planted._images.table)
    lines = (tmp_path / "images.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "path,label,predicted,confidence,dotted,leopard,striped"
    assert len(lines) == 5
    assert all(",dotted,leopard,0." in line for line in lines[1:])
    for name, beginning in (("figure.png", b"\x89PNG"), ("figure.svg", b"<?xml")):
        file = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        click(qtbot, planted._save)
        assert file.read_bytes().startswith(beginning)


def test_a_picture_that_cannot_be_saved_is_said(
    qtbot: QtBot, state: AppState, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("figure.png", "figure.svg"):
        file = tmp_path / "nowhere" / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        with qtbot.waitSignal(state.failed) as heard:
            click(qtbot, planted._save)
        assert "cannot be written" in heard.args[0].message


@pytest.mark.parametrize("mistakes", [0, 14])
def test_all_right_and_all_wrong_are_drawn_everywhere(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path, mistakes: int
) -> None:
    plant(trained_folder / "runs" / "1", mistakes)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    assert tab._head.accuracy.text() == ("100.0%" if mistakes == 0 else "0.0%")
    for index in range(tab._figures.count()):
        tab._figures.setCurrentIndex(index)
        assert not tab.grab().isNull()


def test_two_hundred_classes_one_of_them_without_images(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(200, 0.02), 400) + 1e-6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = [f"class {number}" for number in range(200)]
    truth = np.where(np.arange(400) % 200 == 7, 8, np.arange(400) % 200)
    found = evaluate(probabilities, truth, labels, [f"{place}.jpg" for place in range(400)])
    write_evaluation(trained_folder / "runs" / "1", found)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=30_000)
    matrix = tab._matrix_view.matrix
    assert matrix.cell_rect(0, 0).height() >= matrix.fontMetrics().height()
    click(qtbot, tab._matrix_view.whole)
    assert matrix.is_in_sight(199, 199)
    assert [name for name, _ in tab._curves.plot.lines()] == ["all (micro)", "mean (macro)"]
    tab._curves.legend.setCurrentRow(3)
    assert {name for name, _ in tab._curves.plot.lines()} == {"class 3", "all (micro)", "mean (macro)"}
    look_at(tab, tab._table)
    assert [tab._table.item(row, 3).text() for row in range(200)].count("–") == 1
    assert not tab._images.agree.isEnabled()


def test_scores_that_are_not_numbers_are_refused_with_words(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    run = trained_folder / "runs" / "1"
    plant(run)
    text = (run / RESULT_FILE).read_text(encoding="utf-8")
    values = json.loads(text)
    values["predictions"][0]["probabilities"][0] = float("nan")
    (run / RESULT_FILE).write_text(json.dumps(values), encoding="utf-8")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._empty.text().startswith("The scores of this run are not all numbers"), timeout=20_000)
    assert tab._empty.isVisible()


def test_one_test_image(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> None:
    found = evaluate(np.array([[0.7, 0.2, 0.1]]), np.array([0]), ["dotted", "leopard", "striped"], ["gone.jpg"])
    write_evaluation(trained_folder / "runs" / "1", found)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    assert tab._head.protocol.text().startswith("Only 1 test images")
    for index in range(tab._figures.count()):
        tab._figures.setCurrentIndex(index)
        assert not tab.grab().isNull()


def test_what_speaks_for_a_class_is_laid_over_the_image(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    review._images.gallery.activated.emit(review._images.gallery.model().index(0, 0))
    dialog = review.findChild(ScoredImageDialog)
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: dialog._view.shown_path() is not None, timeout=20_000)
    dialog.looks.setFocus()
    plain = dialog._view.grab().toImage()
    assert not dialog.opacity.isEnabled()
    qtbot.keyClick(dialog.looks, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=60_000)
    assert dialog.found.label == "dotted"
    assert dialog._view.grab().toImage() != plain
    inside = dialog.found
    qtbot.keyClick(dialog.method, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: dialog.found not in (None, inside), timeout=60_000)
    assert (inside.method, dialog.found.method) == (ACTIVATION, OCCLUSION)
    assert dialog.found.picture != inside.picture
    qtbot.keyClick(dialog.opacity, Qt.Key.Key_Home)
    assert dialog._view.grab().toImage() == plain
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog._previous, Qt.Key.Key_Escape)
