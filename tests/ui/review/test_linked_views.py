"""A click or a drag anywhere in the Review tab shows the images behind it."""

from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.mouse import drag, move
from tests.ui.reviewing import click_cell, look_at, place_on, shown_paths, stored
from ui.review_tab import ReviewTab
from ui.state import AppState


def test_a_threshold_is_dragged_along_a_curve(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._page.curves)
    review = planted._review
    assert review is not None
    curve = review.figures.per_class[0].pr
    assert curve is not None
    canvas = planted._page.curves.plot._plot.viewport()
    start, end = len(curve.x) // 2, len(curve.x) - 3
    qtbot.mousePress(
        canvas, Qt.MouseButton.LeftButton, pos=place_on(planted._page.curves.plot, curve.x[start], curve.y[start])
    )
    first = planted._page.images.title.text()
    move(qtbot, canvas, place_on(planted._page.curves.plot, curve.x[end], curve.y[end]))
    qtbot.mouseRelease(
        canvas, Qt.MouseButton.LeftButton, pos=place_on(planted._page.curves.plot, curve.x[end], curve.y[end])
    )
    title = planted._page.images.title.text()
    assert "false alarms and" in title
    assert title != first
    name, threshold = planted._page.curves._threshold or ("", 0.0)
    number = review.labels.index(name)
    expected = review.together(review.false_alarms(number, threshold), review.missed(number, threshold))
    assert shown_paths(planted) == {review.image(place).path for place in expected}


def test_points_to_drag_are_there_from_the_beginning(planted: ReviewTab) -> None:
    page, title = planted._page, planted._page.images.title.text()
    curves, coverage = page.curves, page.coverage
    assert curves.plot._handle is not None
    assert curves.plot._handle[0] == "all (micro)"
    curves.emphasise("leopard")
    assert curves.plot._handle[0] == "leopard"
    look_at(planted, coverage)
    assert coverage._curve is not None
    assert coverage.plot._handle == ("accuracy", len(coverage._curve.x) - 1)
    for plot in (curves.plot, coverage.plot):
        assert len(plot._handle_marker.getData()[0]) == 1
    assert curves._threshold is None
    assert "Drag the point" in coverage._words.text()
    assert page.images.title.text() == title


def test_a_range_of_the_histogram_is_dragged(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._page.scores)
    bars = planted._page.scores.bars
    viewport = bars.canvas.viewport()
    drag(qtbot, viewport, [bars.bar_place(16), bars.bar_place(17)])
    review = planted._review
    assert review is not None
    assert shown_paths(planted) == {review.image(place).path for place in review.between(review.confidence, 0.8, 0.9)}
    assert planted._page.images.title.text().endswith("between 0.80 and 0.90: Confidence in the answer")
    qtbot.keyClick(planted._page.scores.of, Qt.Key.Key_Down)
    assert planted._page.scores.of.currentText() == "Score of “dotted”"


def test_a_point_of_the_reliability_diagram_has_its_images(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._page.calibration)
    view = planted._page.calibration
    assert view._after is not None
    point = place_on(view.plot, float(view._after.confidence[-1]), float(view._after.accuracy[-1]))
    qtbot.mouseClick(view.plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert planted._page.images.gallery.count() == int(view._after.counts[-1])
    assert "as calibrated" in planted._page.images.title.text()
    assert "before" in view._words.text()


def test_accuracy_against_coverage_has_the_mistakes_left(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._page.coverage)
    view = planted._page.coverage
    assert view._curve is not None
    middle = len(view._curve.x) // 2
    point = place_on(view.plot, view._curve.x[middle], view._curve.y[middle])
    qtbot.mouseClick(view.plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert "answered" in view._words.text()
    assert "95% interval" in view._words.text()
    assert all(image.truth != image.predicted for image in planted._page.images.gallery.images())


def test_a_class_of_the_table_has_its_images(qtbot: QtBot, planted: ReviewTab) -> None:
    look_at(planted, planted._page.table)
    place = planted._page.table.visualItemRect(planted._page.table.item(1, 0)).center()
    qtbot.mouseClick(planted._page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert planted._page.images.title.text() == "18 images that are “leopard”, or were called so"
    assert planted._page.images.gallery.count() == 18


def test_the_matrix_is_ordered_and_shares_columns(qtbot: QtBot, planted: ReviewTab) -> None:
    for _ in range(2):
        qtbot.keyClick(planted._page.matrix_view.order, Qt.Key.Key_Down)
    assert planted._page.matrix_view.order.currentText() == "Confused classes together"
    click_cell(qtbot, planted, 0, 1)
    assert planted._page.images.title.text() == "4 images of “dotted” that were called “leopard”"
    for _ in range(2):
        qtbot.keyClick(planted._page.matrix_view.mode, Qt.Key.Key_Down)
    assert planted._page.matrix_view.matrix._cells.text(0, 0) == "71"


def test_the_matrix_answers_to_keys(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    qtbot.keyClick(review._page.matrix_view.matrix, Qt.Key.Key_Down)
    qtbot.keyClick(review._page.matrix_view.matrix, Qt.Key.Key_Right)
    qtbot.keyClick(review._page.matrix_view.matrix, Qt.Key.Key_Return)
    assert review._page.images.gallery.count() == stored(state).confusion[1][1]
    assert review._page.images.title.text().endswith("images of “leopard”, recognised")


def test_the_matrix_counts_or_shares(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    row = stored(state).confusion[0]
    assert review._page.matrix_view.matrix._cells.text(0, 0) == str(row[0])
    qtbot.keyClick(review._page.matrix_view.mode, Qt.Key.Key_Down)
    assert review._page.matrix_view.matrix._cells.text(0, 0) == f"{100 * row[0] / sum(row):.0f}"
