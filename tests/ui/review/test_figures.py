"""The figures of the Review tab."""

import shutil
from pathlib import Path

from PyQt5.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from tests.ui.reviewing import legend_place, newest, stored
from ui.compare_window import CompareWindow
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.thresholds_dialog import ThresholdsDialog


def test_the_head_says_how_good_it_is_and_how_sure_that_is(state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    low, high = evaluation.interval
    assert review._head.accuracy.text() == f"{evaluation.accuracy:.1%}"
    assert f"of {evaluation.images} test images right" in review._head.line.intervals.text()
    assert f"{low:.1%} to {high:.1%}" in review._head.line.intervals.text()
    assert review._head.protocol.text() == evaluation.protocol
    assert review._head.offer.text().startswith("Only 6 images: the intervals are wide. <a ")


def test_a_finished_run_is_in_the_list(state: AppState, review: ReviewTab) -> None:
    assert review._head.runs.count() == 1
    assert review._head.runs.currentText().startswith(f"Run {newest(state).number}: ")
    assert review._head.runs.currentData().run == newest(state).number


def test_the_table_lists_each_class_with_its_interval(state: AppState, review: ReviewTab) -> None:
    figures = {one.label: one for one in stored(state).per_class}
    review._page.figures.setCurrentWidget(review._page.table)
    table = review._page.table
    assert table.rowCount() == 3
    for row in range(3):
        one = figures[table.item(row, 0).text()]
        assert table.item(row, 1).text() == str(one.images)
        recall = one.recall
        assert table.item(row, 3).text().startswith("–" if recall is None else f"{recall:.0%} (")
        assert "95% interval" in table.item(row, 3).toolTip()


def test_a_curve_for_each_class_in_both_kinds(qtbot: QtBot, review: ReviewTab) -> None:
    names = ["dotted", "leopard", "striped", "all (micro)", "mean (macro)"]
    assert [name for name, _ in review._page.curves.plot.lines()] == names
    qtbot.keyClick(review._page.curves.kind, Qt.Key.Key_Down)
    assert review._page.curves.kind.currentText() == "ROC"
    assert [name for name, _ in review._page.curves.plot.lines()] == names
    assert [review._page.curves.legend.item(row).text() for row in range(5)] == names


def test_a_name_in_the_legend_makes_its_curve_thick(qtbot: QtBot, review: ReviewTab) -> None:
    def widths() -> dict[str, int]:
        return {name: curve.item.opts["pen"].width() for name, curve in review._page.curves.plot._curves.items()}

    viewport = review._page.curves.legend.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=legend_place(review, 1))
    averages = ("all (micro)", "mean (macro)")
    assert widths() == {"dotted": 1, "leopard": 4, "striped": 1, **dict.fromkeys(averages, 1)}
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=legend_place(review, 1))
    assert set(widths().values()) == {2}


def test_a_point_of_a_curve_is_read_out(state: AppState, review: ReviewTab) -> None:
    curve = stored(state).per_class[0].pr
    assert curve is not None
    box = review._page.curves.plot._plot.getPlotItem().getViewBox()
    review._page.curves.plot._on_scene_mouse_moved(box.mapViewToScene(QPointF(curve.x[0], curve.y[0])))
    text = review._page.curves.plot._readout.text()
    assert "recall" in text
    assert "at threshold" in text
    review._page.curves.plot._on_scene_mouse_moved(QPointF(-500, -500))
    assert review._page.curves.plot._readout.text() == " "


def test_the_arrows_read_a_curve_out(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    figures = stored(state).per_class
    assert figures[0].pr is not None
    assert figures[1].pr is not None
    qtbot.keyClick(review._page.curves.plot._plot, Qt.Key.Key_Right)
    assert review._page.curves.plot._readout.text().startswith(f"dotted: recall {figures[0].pr.x[0]:.1%}")
    qtbot.keyClick(review._page.curves.plot._plot, Qt.Key.Key_Right)
    assert f"at threshold {figures[0].pr.thresholds[1]:.2f}" in review._page.curves.plot._readout.text()
    qtbot.keyClick(review._page.curves.plot._plot, Qt.Key.Key_Down)
    assert review._page.curves.plot._readout.text().startswith("leopard: ")
    assert review._page.curves.plot._plot.accessibleDescription() == review._page.curves.plot._readout.text()


def test_a_double_click_shows_the_whole_plot_again(qtbot: QtBot, review: ReviewTab) -> None:
    canvas = review._page.curves.plot._plot
    box = canvas.getPlotItem().getViewBox()
    whole = box.viewRange()
    box.setXRange(0.4, 0.5)
    assert box.viewRange() != whole
    place = canvas.viewport().rect().center()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert box.viewRange() == whole


def test_the_thresholds_of_the_run_are_opened_by_a_button(qtbot: QtBot, review: ReviewTab) -> None:
    qtbot.mouseClick(review._head.thresholds, Qt.MouseButton.LeftButton)
    dialog = review.findChild(ThresholdsDialog)
    qtbot.waitExposed(dialog)
    assert dialog.table.rowCount() == 3
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_run_is_shown_when_asked_for(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    review.show_run(newest(state).number)
    assert review._head.runs.currentData().run == newest(state).number
    review.activate()
    qtbot.waitUntil(lambda: review._task is None)
    assert review._head.accuracy.isVisible()


def test_another_run_is_compared_with_the_one_that_is_shown(
    qtbot: QtBot, state: AppState, review: ReviewTab, trained_folder: Path
) -> None:
    assert not review._compare.menuAction().isEnabled()
    assert state.project is not None
    number = state.project.run_log.start("quick")
    shutil.copytree(trained_folder / "runs" / "1", trained_folder / "runs" / str(number), dirs_exist_ok=True)
    state.project.run_log.finish(number, 0.5, (0.4, 0.6), 6, 1.0)
    state.runs_changed.emit()
    review._compare.actions()[0].trigger()
    compared = review.findChild(CompareWindow)
    qtbot.waitUntil(lambda: compared._task is None, timeout=20_000)
    assert compared._numbers == (1, number)
    compared.close()
