"""How every plot looks: lines, axes and grid in the theme's colours."""

from collections.abc import Iterable

import numpy as np
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
APART = 0.06  # of an axis, between two marks at the least: their numbers do not overlap
Ticks = list[list[tuple[float, str]]]


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


def ticks_at(values: Iterable[float], log: bool) -> Ticks:
    """Return marks at these values for an axis, without those that are too near to one on their left."""
    ordered = sorted(set(values))
    places = np.log10(ordered) if log else np.asarray(ordered)
    least = APART * float(places[-1] - places[0]) if len(ordered) else 0.0
    ticks: list[tuple[float, str]] = []
    for place, value in zip(places.tolist(), ordered, strict=True):
        if not ticks or place - ticks[-1][0] >= least:
            ticks.append((place, f"{value:g}"))
    return [ticks]
