"""Plots of curves: what is drawn, emphasised and read out, in both themes."""

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QPainter, QPicture
from pyqtgraph import ScatterPlotItem
from pytestqt.qtbot import QtBot

from tests.ui.mouse import move
from ui import theme
from ui.widgets.curve_legend import CurveLegend
from ui.widgets.curve_plot import CurvePlot, range_of_shares
from ui.widgets.plot_style import ticks_at


@pytest.fixture
def plot(qtbot: QtBot) -> CurvePlot:
    plot = CurvePlot("Heights", "age", "height")
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    plot.set_range((0, 10), (0, 10))
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def hover(plot: CurvePlot, x: float, y: float) -> str:
    """Move the mouse to a place of the plot; return what is read out."""
    box = plot._plot.getPlotItem().getViewBox()
    plot._plot.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(x, y)))
    return str(plot._readout.text())


def place(plot: CurvePlot, x: float, y: float) -> QPoint:
    """Return where a point of the plot is on its canvas."""
    box = plot._plot.getPlotItem().getViewBox()
    found: QPoint = plot._plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    return found


def widths(plot: CurvePlot) -> dict[str, int]:
    return {name: curve.item.opts["pen"].width() for name, curve in plot._curves.items()}


def test_curves_have_names_colours_and_styles(plot: CurvePlot) -> None:
    plot.set_curve("girls", [1, 2], [3, 4], "#0072b2")
    plot.set_curve("boys", [1, 2], [4, 3], "#009e73", style=1)
    (girls, solid), (boys, dashed) = plot.lines()
    assert (girls, solid.color(), solid.style()) == ("girls", theme.readable("#0072b2"), Qt.PenStyle.SolidLine)
    assert (boys, dashed.color(), dashed.style()) == ("boys", theme.readable("#009e73"), Qt.PenStyle.DashLine)


def test_a_curve_grows_and_is_not_doubled(plot: CurvePlot) -> None:
    plot.set_curve("girls", [1], [3])
    plot.set_curve("girls", [1, 2, 3], [3, 4, 5])
    assert len(plot.lines()) == 1
    assert list(plot._curves["girls"].item.getData()[0]) == [1, 2, 3]


def test_the_nearest_point_is_read_out(plot: CurvePlot) -> None:
    plot.set_curve("girls", [1, 5, 9], [2, 4, 8])
    plot.set_curve("boys", [1, 5, 9], [8, 6, 2])
    assert hover(plot, 5.05, 4.05) == "girls: age 5, height 4"
    assert hover(plot, 9, 2) == "boys: age 9, height 2"
    assert hover(plot, 3, 0.2) == " "


def test_whoever_shows_a_plot_may_say_how_points_are_read(plot: CurvePlot) -> None:
    plot.describe_points(lambda name, index: f"{name} number {index}")
    plot.set_curve("girls", [1, 5], [2, 4])
    assert hover(plot, 5, 4) == "girls number 1"


def test_an_empty_plot_and_an_empty_curve_read_nothing(plot: CurvePlot) -> None:
    assert hover(plot, 5, 5) == " "
    plot.set_curve("nobody", [], [])
    assert hover(plot, 5, 5) == " "


def test_clearing_forgets_curves_and_words(plot: CurvePlot) -> None:
    plot.set_curve("girls", [5], [5])
    assert hover(plot, 5, 5) != " "
    plot.clear()
    assert plot.lines() == []
    assert plot._readout.text() == " "
    assert [item for item in plot._plot.getPlotItem().listDataItems() if not isinstance(item, ScatterPlotItem)] == []


def test_one_curve_is_emphasised_or_none(plot: CurvePlot) -> None:
    for name in ("a", "b"):
        plot.set_curve(name, [1, 2], [1, 2])
    plot.emphasise("b")
    assert widths(plot) == {"a": 1, "b": 4}
    plot.emphasise(None)
    assert widths(plot) == {"a": 2, "b": 2}


def test_another_curve_leaves_the_others_as_they_are(plot: CurvePlot) -> None:
    for name in ("a", "b"):
        plot.set_curve(name, [1, 2], [1, 2])
    plot.emphasise("b")
    plot.set_curve("c", [1, 2], [1, 2])
    assert widths(plot) == {"a": 1, "b": 4, "c": 2}


def test_a_logarithmic_axis_takes_plain_values(qtbot: QtBot) -> None:
    plot = CurvePlot("Fits", "strength", "accuracy", log_x=True)
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    with qtbot.waitExposed(plot):
        plot.show()
    plot.set_range((-3, 3), (0, 1))
    plot.set_ticks([0.01, 1, 100])
    plot.set_curve("fit", [0.01, 1, 100], [0.5, 0.9, 0.7], points=True)
    assert hover(plot, 2, 0.7) == "fit: strength 100, accuracy 0.7"
    (ticks,) = plot._plot.getPlotItem().getAxis("bottom")._tickLevels
    assert ticks == [(-2.0, "0.01"), (0.0, "1"), (2.0, "100")]


def test_marks_that_would_overlap_are_left_out() -> None:
    assert ticks_at([0.5, 2, 2.1, 8], log=True)[0] == [
        (pytest.approx(-0.301, abs=0.001), "0.5"),
        (pytest.approx(0.301, abs=0.001), "2"),
        (pytest.approx(0.903, abs=0.001), "8"),
    ]
    assert ticks_at([3], log=False) == [[(3, "3")]]
    assert ticks_at([], log=True) == [[]]


def test_a_small_plot_numbers_both_ends(qtbot: QtBot) -> None:
    plot = CurvePlot("Precision and recall", "recall", "precision")
    qtbot.addWidget(plot)
    plot.hide_title()
    plot.resize(500, 210)
    plot.set_range((0, 1), (0, 1))
    plot.set_curve("dress", [0, 1], [1, 0])
    with qtbot.waitExposed(plot):
        plot.show()
    painter = QPainter(picture := QPicture())
    for side in ("left", "bottom"):
        _, _, texts = plot._plot.getPlotItem().getAxis(side).generateDrawSpecs(painter)
        assert {"0", "1"} <= {text for _, _, text in texts}
    painter.end()
    assert not picture.isNull()


def test_an_axis_is_fixed_and_then_follows_again(plot: CurvePlot) -> None:
    axis = plot._plot.getPlotItem().getAxis("left")
    assert axis._tickLevels is not None
    plot.set_range((0, 10), None)
    assert axis._tickLevels is None


def test_equal_shares_have_the_whole_range() -> None:
    assert range_of_shares([1.0]) == range_of_shares([1.0, 1.0]) == (0, 1)
    assert range_of_shares([1.0, 0.8]) is None


def test_it_follows_the_theme(plot: CurvePlot) -> None:
    plot.set_curve("plain", [1, 2], [1, 2])
    theme.apply(theme.DARK)
    assert plot.lines()[0][1].color().name() == theme.TOKENS[theme.DARK]["accent"]
    assert plot._plot.backgroundBrush().color().name() == theme.TOKENS[theme.DARK]["surface"]


def test_the_legend_lists_and_chooses(qtbot: QtBot, plot: CurvePlot) -> None:
    for name in ("a", "b"):
        plot.set_curve(name, [1, 2], [1, 2])
    legend = CurveLegend()
    qtbot.addWidget(legend)
    legend.show_lines(plot.lines())
    legend.show()
    assert [legend.item(row).text() for row in range(legend.count())] == ["a", "b"]
    with qtbot.waitSignal(legend.curve_chosen) as heard:
        place = legend.visualItemRect(legend.item(1)).center()
        qtbot.mouseClick(legend.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.args == ["b"]


def test_a_point_is_dragged_along_its_curve(qtbot: QtBot, plot: CurvePlot) -> None:
    plot.set_curve("girls", [1, 5, 9], [2, 4, 8])
    plot.set_curve("boys", [1, 5, 9], [8, 6, 3])
    heard: list[tuple[str, int]] = []
    plot.handle_moved.connect(lambda name, index: heard.append((name, index)))
    canvas = plot._plot.viewport()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place(plot, 1, 2))
    assert heard == []
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place(plot, 1, 2))
    plot.allow_handle()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place(plot, 1, 2))
    move(qtbot, canvas, place(plot, 5.2, 4))
    move(qtbot, canvas, place(plot, 9, 3.1))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place(plot, 9, 3.1))
    move(qtbot, canvas, place(plot, 1, 2))
    assert heard == [("girls", 0), ("girls", 1), ("girls", 2)]
    assert list(plot._handle_marker.getData()[0]) == [9]


def test_a_handle_is_put_and_removed_without_a_word(qtbot: QtBot, plot: CurvePlot) -> None:
    plot.allow_handle()
    plot.set_curve("girls", [1, 5, 9], [2, 4, 8])
    with qtbot.assertNotEmitted(plot.handle_moved):
        plot.set_handle("girls", 2)
        assert list(plot._handle_marker.getData()[0]) == [9]
        plot.remove_handle()
    assert not len(plot._handle_marker.getData()[0])


def test_the_keyboard_takes_the_point_that_is_read_out(qtbot: QtBot, plot: CurvePlot) -> None:
    plot.allow_handle()
    plot.set_curve("girls", [1, 5, 9], [2, 4, 8])
    qtbot.keyClick(plot._plot, Qt.Key.Key_Right)
    with qtbot.waitSignal(plot.handle_moved) as heard:
        qtbot.keyClick(plot._plot, Qt.Key.Key_Return)
    assert heard.args == ["girls", 0]
