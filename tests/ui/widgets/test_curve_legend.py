"""The legend of curves: long names, and the picture of it beside its plot."""

from pathlib import Path

from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from ui.review.saving import save_picture
from ui.widgets.curve_legend import CurveLegend, with_legend
from ui.widgets.curve_plot import CurvePlot


def test_long_names_are_cut_in_their_middle_and_said_whole(qtbot: QtBot) -> None:
    legend = CurveLegend()
    qtbot.addWidget(legend)
    legend.show_lines([("a class with a long name 17", CurvePlot("", "", "").sample("#123456", 0))])
    assert legend.textElideMode() == Qt.TextElideMode.ElideMiddle
    assert legend.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert legend.item(0).toolTip() == "a class with a long name 17"


def test_a_saved_plot_has_every_name_that_is_drawn(qtbot: QtBot, tmp_path: Path) -> None:
    plot, legend = CurvePlot("", "recall", "precision"), CurveLegend()
    for widget in (plot, legend):
        qtbot.addWidget(widget)
    plot.resize(400, 100)
    names = [f"a class with a long name {number}" for number in range(12)]
    for name in names:
        plot.set_curve(name, (0, 1), (0, 1))
    drawing = with_legend(plot, legend)
    assert drawing.size.height() >= 12 * legend.fontMetrics().height()
    save_picture(drawing, tmp_path / "curves.svg")
    drawn = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in drawn for name in names)
