"""The histogram: a click chooses a bar, a drag a range of them, keys do as well."""

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.mouse import move
from ui import theme
from ui.widgets.bar_plot import BarPlot


@pytest.fixture
def plot(qtbot: QtBot) -> BarPlot:
    plot = BarPlot("score", "images")
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show_bars([0, 4, 9, 100, 3], [1, 0, 0, 2, 0], "score")
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def test_a_click_chooses_a_bar(qtbot: QtBot, plot: BarPlot) -> None:
    with qtbot.waitSignal(plot.range_chosen) as heard:
        qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=plot.bar_place(3))
    assert heard.args == [3, 3]


def test_a_drag_chooses_a_range_either_way(qtbot: QtBot, plot: BarPlot) -> None:
    for start, end in ((1, 3), (3, 1)):
        viewport = plot.canvas.viewport()
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=plot.bar_place(start))
        move(qtbot, viewport, plot.bar_place(2))
        move(qtbot, viewport, plot.bar_place(end))
        with qtbot.waitSignal(plot.range_chosen) as heard:
            qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=plot.bar_place(end))
        assert heard.args == [1, 3]


def test_keys_go_from_bar_to_bar(qtbot: QtBot, plot: BarPlot) -> None:
    heard: list[tuple[int, int]] = []
    plot.range_chosen.connect(lambda first, last: heard.append((first, last)))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(plot.canvas, key)
    assert heard == [(4, 4), (3, 3), (4, 4), (4, 4)]


def test_it_follows_the_theme_and_can_be_empty(plot: BarPlot) -> None:
    theme.apply(theme.DARK)
    assert plot._plot.backgroundBrush().color().name() == theme.TOKENS[theme.DARK]["surface"]
    plot.show_bars([], [], "score")
    assert not plot.grab().isNull()


def test_its_ends_have_ticks_with_room_beside_them(plot: BarPlot) -> None:
    (left, right), _ = plot._plot.getPlotItem().getViewBox().viewRange()
    assert left < 0
    assert right > 1
    marks = plot._plot.getPlotItem().getAxis("bottom")._tickLevels[0]
    assert marks[0] == (0.0, "0.0")
    assert marks[-1] == (1.0, "1.0")
