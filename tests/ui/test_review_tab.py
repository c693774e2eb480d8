"""The Review tab: the stored figures, and the images behind each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt, QThreadPool
from PyQt5.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from app.engines.snapshot import SPEC_FILE, read_snapshot
from app.evaluation.report import Evaluation, load_evaluation
from app.project.records import RunRow
from ui.item_models import THUMBNAIL_SIDE
from ui.review_tab import ReviewTab
from ui.state import AppState
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
        assert table.item(row, 3).text().startswith("–" if recall is None else f"{recall:.1%}  (")
        assert "95% interval" in table.item(row, 3).toolTip()


def test_a_curve_for_each_class_in_both_kinds(qtbot: QtBot, review: ReviewTab) -> None:
    names = ["dotted", "leopard", "striped", "all answers (micro)", "mean of classes (macro)"]
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
    averages = ("all answers (micro)", "mean of classes (macro)")
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
