"""A plot of a few curves, by pyqtgraph, in the theme's colours; the only file that imports it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph
from PyQt5.QtCore import QPointF, Qt, pyqtSlot
from PyQt5.QtGui import QPen
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from ui import theme

LINE_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
LINE_WIDTH = 2
NEAR = 24  # pixels within which the mouse reads a point
Describe = Callable[[str, int], str]


@dataclass
class _Curve:
    name: str
    item: pyqtgraph.PlotDataItem
    colour: str
    style: Qt.PenStyle
    x: Sequence[float]
    y: Sequence[float]


class CurvePlot(QWidget):
    """Curves by name; hovering reads the nearest point out below the plot."""

    def __init__(
        self, title: str, x_title: str, y_title: str, log_x: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._log_x = log_x
        self._curves: dict[str, _Curve] = {}
        self._describe: Describe | None = None
        self._titles = (x_title, y_title)
        self._plot = pyqtgraph.PlotWidget()
        self._plot.setAccessibleName(title)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setLogMode(x=log_x)
        self._title = QLabel(title, objectName="heading")
        self._readout = QLabel(" ", objectName="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        for widget in (self._title, self._plot, self._readout):
            layout.addWidget(widget, int(widget is self._plot))
        self._plot.scene().sigMouseMoved.connect(self._on_scene_mouse_moved)
        theme.signals.changed.connect(self._restyle)
        self._restyle()

    def set_titles(self, title: str, x_title: str, y_title: str) -> None:
        """Say what is plotted now."""
        self._title.setText(title)
        self._plot.setAccessibleName(title)
        self._titles = (x_title, y_title)
        self._restyle()

    def hide_title(self) -> None:
        """Leave the title to a widget above."""
        self._title.hide()

    def set_range(self, x: tuple[float, float] | None, y: tuple[float, float] | None) -> None:
        """Fix the axes that are given; the others follow the curves."""
        box = self._plot.getPlotItem().getViewBox()
        if x is not None:
            box.setXRange(*x, padding=0.02)
        if y is not None:
            box.setYRange(*y, padding=0.02)

    def set_ticks(self, values: Sequence[float]) -> None:
        """Mark these values on the x axis and no others."""
        places = np.log10(values) if self._log_x else values
        ticks = [(float(place), f"{value:g}") for place, value in zip(places, values, strict=True)]
        self._plot.getPlotItem().getAxis("bottom").setTicks([ticks])

    def describe_points(self, describe: Describe) -> None:
        """Read points out as `describe(curve's name, point's index)` says."""
        self._describe = describe

    def clear(self) -> None:
        """Remove every curve."""
        for curve in self._curves.values():
            self._plot.removeItem(curve.item)
        self._curves.clear()
        self._readout.setText(" ")

    def set_curve(
        self,
        name: str,
        x: Sequence[float],
        y: Sequence[float],
        colour: str = "",
        style: int = 0,
        points: bool = False,
    ) -> None:
        """Draw or redraw a curve; without a colour it takes the accent's."""
        if name not in self._curves:
            item = self._plot.plot(antialias=True, symbol="o" if points else None, symbolSize=7)
            self._curves[name] = _Curve(name, item, colour, LINE_STYLES[style % len(LINE_STYLES)], x, y)
            self._restyle()
        curve = self._curves[name]
        curve.x, curve.y = x, y
        curve.item.setData(x, y)

    def lines(self) -> list[tuple[str, QPen]]:
        """Return the names of the curves and the pens that draw them, for a legend."""
        return [(curve.name, self._pen(curve)) for curve in self._curves.values()]

    def emphasise(self, name: str | None) -> None:
        """Draw one curve thick and the others thin, or all alike."""
        for curve in self._curves.values():
            width = LINE_WIDTH if name is None else 2 * LINE_WIDTH if curve.name == name else 1
            curve.item.setPen(self._pen(curve, width))
            curve.item.setZValue(1 if curve.name == name else 0)

    def _pen(self, curve: _Curve, width: float = LINE_WIDTH) -> QPen:
        return pyqtgraph.mkPen(curve.colour or theme.token("accent"), width=width, style=curve.style)

    @pyqtSlot()
    def _restyle(self) -> None:
        self._plot.setBackground(theme.token("surface"))
        item = self._plot.getPlotItem()
        for side, title in zip(("bottom", "left"), self._titles, strict=True):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(theme.token("border"))
            axis.setTextPen(theme.token("muted"))
            axis.setLabel(title, color=theme.token("muted"))
        item.showGrid(x=True, y=True, alpha=0.15)
        for curve in self._curves.values():
            curve.item.setPen(self._pen(curve))
            curve.item.setSymbolBrush(curve.colour or theme.token("accent"))
            curve.item.setSymbolPen(None)

    @pyqtSlot(object)
    def _on_scene_mouse_moved(self, position: QPointF) -> None:
        nearest = self._nearest(position)
        self._readout.setText(" " if nearest is None else self._words(*nearest))

    def _nearest(self, position: QPointF) -> tuple[_Curve, int] | None:
        """Return the curve and index of the point nearest to a place in the scene, if it is near at all."""
        box = self._plot.getPlotItem().getViewBox()
        best: tuple[float, _Curve, int] | None = None
        for curve in self._curves.values():
            if not len(curve.x):
                continue
            x = np.log10(curve.x) if self._log_x else np.asarray(curve.x)
            corner, unit = box.mapViewToScene(QPointF(0, 0)), box.mapViewToScene(QPointF(1, 1))
            dx = corner.x() + x * (unit.x() - corner.x()) - position.x()
            dy = corner.y() + np.asarray(curve.y) * (unit.y() - corner.y()) - position.y()
            distance = np.hypot(dx, dy)
            index = int(distance.argmin())
            if distance[index] < NEAR and (best is None or distance[index] < best[0]):
                best = (float(distance[index]), curve, index)
        return None if best is None else best[1:]

    def _words(self, curve: _Curve, index: int) -> str:
        if self._describe is not None:
            return self._describe(curve.name, index)
        return f"{curve.name}: {self._titles[0]} {curve.x[index]:.3g}, {self._titles[1]} {curve.y[index]:.3g}"
