"""How every plot looks: lines, axes and grid in the theme's colours."""

import pyqtgraph
from PyQt5.QtCore import Qt

from ui import theme

LINE_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
LINE_WIDTH = 2
GRID = 0.15  # opacity


def dress_plot(plot: pyqtgraph.PlotWidget, x_title: str, y_title: str) -> None:
    """Give a plot the theme's colours and titles at its axes."""
    plot.setBackground(theme.token("surface"))
    for side, title in (("bottom", x_title), ("left", y_title)):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(theme.token("border"))
        axis.setTextPen(theme.token("muted"))
        # Without ranges 0.85 is 0.85, not 850 thousandths.
        axis.setLabel(title, siPrefixEnableRanges=(), color=theme.token("muted"))


def number_axes(plot: pyqtgraph.PlotWidget, numbered: bool) -> None:
    """Number the axes while there is something to measure on them."""
    item = plot.getPlotItem()
    for side in ("bottom", "left"):
        item.getAxis(side).setStyle(showValues=numbered)
    item.showGrid(x=numbered, y=numbered, alpha=GRID)
