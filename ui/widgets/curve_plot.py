"""A plot of a few curves, by pyqtgraph, in the theme's colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph
from PyQt5.QtCore import QEvent, QPointF, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QColor, QKeyEvent, QMouseEvent, QPen
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.plot_canvas import PlotCanvas
from ui.widgets.plot_style import LINE_STYLES, LINE_WIDTH, dress_plot, number_axes, ticks_at

NEAR = 24  # pixels within which the mouse reads a point
MARKER_SIDE = 11
HANDLE_SIDE = 15
FIFTHS = 5  # steps between the marks of a fixed axis
MARGINS = (0.04, 0.08)  # of fixed axes: a curve along an end, and the number there, are seen whole
STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
Describe = Callable[[str, int], str]
Range = tuple[float, float] | None


@dataclass
class _Curve:
    name: str
    item: pyqtgraph.PlotDataItem
    colour: str
    style: Qt.PenStyle
    x: Sequence[float]
    y: Sequence[float]


class _Canvas(PlotCanvas):
    """The plot itself; arrows ask for another point, a double click for the whole plot."""

    step_requested = pyqtSignal(int, int)  # curves down, points to the right
    point_requested = pyqtSignal()
    dragged = pyqtSignal(QPointF)  # to a place in the scene, after a press that was taken

    def __init__(self, may_take: Callable[[QPointF], bool]) -> None:
        super().__init__()
        self._may_take = may_take
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag a point, or else the plot."""
        if event.button() == Qt.MouseButton.LeftButton and self._may_take(self.mapToScene(event.pos())):
            self._dragging = True
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag on."""
        if self._dragging:
            self.dragged.emit(self.mapToScene(event.pos()))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._dragging:
            self._dragging = False
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn arrows into steps."""
        if event.key() in STEPS:
            self.step_requested.emit(*STEPS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.point_requested.emit()
        else:
            super().keyPressEvent(event)


class CurvePlot(QWidget):
    """Curves by name; the mouse or the arrows read a point out below the plot.

    Where there is a handle, a press on a curve takes it there, and it can be dragged along that curve.
    """

    handle_moved = pyqtSignal(str, int)  # to a curve's point

    def __init__(
        self, title: str, x_title: str, y_title: str, log_x: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._log_x = log_x
        self._curves: dict[str, _Curve] = {}
        self._describe: Describe | None = None
        self._read: tuple[str, int] | None = None
        self._titles = (x_title, y_title)
        self._ranges: tuple[Range, Range] = (None, None)
        self._handle: tuple[str, int] | None = None
        self._with_handle = False
        self._plot = _Canvas(self._take_handle)
        self._plot.setAccessibleName(title)
        self._plot.setToolTip(self.tr("Drag to move, turn the wheel to zoom, double-click to see all again."))
        self._plot.setLogMode(x=log_x)
        self._title = QLabel(title, objectName="heading")
        self._readout = QLabel(" ", objectName="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        for widget in (self._title, self._plot, self._readout):
            layout.addWidget(widget, int(widget is self._plot))
        self._marker = pyqtgraph.ScatterPlotItem(size=MARKER_SIDE)
        self._marker.setZValue(2)
        self._plot.addItem(self._marker, ignoreBounds=True)
        self._handle_marker = pyqtgraph.ScatterPlotItem(size=HANDLE_SIDE)
        self._handle_marker.setZValue(3)
        self._plot.addItem(self._handle_marker, ignoreBounds=True)
        self._plot.dragged.connect(self._on_plot_dragged)
        self._plot.point_requested.connect(self._on_plot_point_requested)
        self._plot.step_requested.connect(self._on_plot_step_requested)
        self._plot.scene().sigMouseMoved.connect(self._on_scene_mouse_moved)
        self._plot.whole_requested.connect(self._show_all)
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

    def set_range(self, x: Range, y: Range) -> None:
        """Fix the axes that are given; the others follow the curves."""
        self._ranges = (x, y)
        for side, ends in zip(("bottom", "left"), self._ranges, strict=True):
            ticks = None
            if ends is not None:
                ticks = [[(float(mark), f"{mark:.2g}") for mark in np.linspace(*ends, FIFTHS + 1)]]
            self._plot.getPlotItem().getAxis(side).setTicks(ticks)
        self._show_all()

    def set_ticks(self, values: Sequence[float]) -> None:
        """Mark these values on the x axis, as far as there is room, and no others."""
        self._plot.getPlotItem().getAxis("bottom").setTicks(ticks_at(values, self._log_x))

    def describe_points(self, describe: Describe) -> None:
        """Read points out as `describe(curve's name, point's index)` says."""
        self._describe = describe

    def allow_handle(self) -> None:
        """Let a point be chosen and dragged along its curve; Enter chooses the one that the arrows read out."""
        self._with_handle = True
        self._plot.setToolTip(
            self.tr(
                "Drag a point along its curve. Drag beside it to move, turn the wheel to zoom, double-click for all."
            )
        )

    def set_handle(self, name: str, index: int) -> None:
        """Put the handle on a curve's point, without a word of it."""
        self._handle = (name, index)
        self._place_handle()

    def remove_handle(self) -> None:
        """Show no handle until a curve is pressed."""
        self._handle = None
        self._place_handle()

    def clear(self) -> None:
        """Remove every curve."""
        self.remove_handle()
        for curve in self._curves.values():
            self._plot.removeItem(curve.item)
        self._curves.clear()
        self._show_point(None)
        self._show_axes()

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
            self._dress(self._curves[name])
            if len(self._curves) == 1:
                self._show_axes()
        curve = self._curves[name]
        curve.x, curve.y = x, y
        curve.item.setData(x, y)

    def lines(self) -> list[tuple[str, QPen]]:
        """Return the names of the curves and the pens that draw them, for a legend."""
        return [(curve.name, self._pen(curve)) for curve in self._curves.values()]

    def sample(self, colour: str, style: int) -> QPen:
        """Return the pen that would draw a curve, for a legend of curves that are not all drawn."""
        return pyqtgraph.mkPen(theme.readable(colour), width=LINE_WIDTH, style=LINE_STYLES[style % len(LINE_STYLES)])

    def emphasise(self, name: str | None) -> None:
        """Draw one curve thick and the others thin, or all alike."""
        for curve in self._curves.values():
            width = LINE_WIDTH if name is None else 2 * LINE_WIDTH if curve.name == name else 1
            curve.item.setPen(self._pen(curve, width))
            curve.item.setZValue(1 if curve.name == name else 0)

    def _pen(self, curve: _Curve, width: float = LINE_WIDTH) -> QPen:
        return pyqtgraph.mkPen(_colour(curve), width=width, style=curve.style)

    def _show_axes(self) -> None:
        number_axes(self._plot, bool(self._curves))

    @pyqtSlot()
    def _show_all(self) -> None:
        """Undo every move and zoom."""
        box = self._plot.getPlotItem().getViewBox()
        box.enableAutoRange()
        for ends, set_ends, margin in zip(self._ranges, (box.setXRange, box.setYRange), MARGINS, strict=True):
            if ends is not None:
                set_ends(*ends, padding=margin)

    @pyqtSlot()
    def _restyle(self) -> None:
        dress_plot(self._plot, *self._titles)
        self._show_axes()
        self._handle_marker.setPen(pyqtgraph.mkPen(theme.token("surface"), width=2))
        self._handle_marker.setBrush(pyqtgraph.mkBrush(theme.token("text")))
        self._marker.setPen(pyqtgraph.mkPen(theme.token("text"), width=2))
        self._marker.setBrush(pyqtgraph.mkBrush(theme.token("surface")))
        for curve in self._curves.values():
            self._dress(curve)

    def _dress(self, curve: _Curve) -> None:
        curve.item.setPen(self._pen(curve))
        curve.item.setSymbolBrush(_colour(curve))
        curve.item.setSymbolPen(None)

    # -- the handle

    def _take_handle(self, position: QPointF) -> bool:
        nearest = self._nearest(position) if self._with_handle else None
        if nearest is None:
            return False
        self._move_handle(nearest[0].name, nearest[1])
        return True

    @pyqtSlot(QPointF)
    def _on_plot_dragged(self, position: QPointF) -> None:
        if self._handle is not None and self._handle[0] in self._curves:
            curve = self._curves[self._handle[0]]
            self._move_handle(curve.name, int(self._distances(curve, position).argmin()))

    @pyqtSlot()
    def _on_plot_point_requested(self) -> None:
        if self._with_handle and self._read is not None:
            self._move_handle(*self._read)

    def _move_handle(self, name: str, index: int) -> None:
        self._show_point((name, index))
        if self._handle != (name, index):
            self._handle = (name, index)
            self._place_handle()
            self.handle_moved.emit(name, index)

    def _place_handle(self) -> None:
        if self._handle is None or self._handle[0] not in self._curves:
            self._handle_marker.setData([], [])
            return
        curve, index = self._curves[self._handle[0]], self._handle[1]
        x = np.log10(curve.x[index]) if self._log_x else curve.x[index]
        self._handle_marker.setData([x], [curve.y[index]])

    # -- reading points out

    def leaveEvent(self, event: QEvent) -> None:
        """Read nothing out once the mouse is gone."""
        super().leaveEvent(event)
        self._show_point(None)

    @pyqtSlot(object)
    def _on_scene_mouse_moved(self, position: QPointF) -> None:
        nearest = self._nearest(position)
        self._show_point(None if nearest is None else (nearest[0].name, nearest[1]))

    @pyqtSlot(int, int)
    def _on_plot_step_requested(self, down: int, right: int) -> None:
        names = [name for name, curve in self._curves.items() if len(curve.x)]
        if not names:
            return
        name, index = self._read or (names[0], -right)
        name = names[(names.index(name) + down) % len(names)]
        self._show_point((name, min(max(index + right, 0), len(self._curves[name].x) - 1)))

    def _show_point(self, point: tuple[str, int] | None) -> None:
        """Mark a point, by curve and index, and say where it is; None marks nothing."""
        self._read = point
        if point is None:
            self._marker.setData([], [])
            self._readout.setText(" ")
            return
        curve, index = self._curves[point[0]], point[1]
        x = np.log10(curve.x[index]) if self._log_x else curve.x[index]
        self._marker.setData([x], [curve.y[index]])
        self._readout.setText(self._words(curve, index))
        self._plot.setAccessibleDescription(self._readout.text())

    def _nearest(self, position: QPointF) -> tuple[_Curve, int] | None:
        """Return the curve and index of the point nearest to a place in the scene, if it is near at all."""
        best: tuple[float, _Curve, int] | None = None
        for curve in self._curves.values():
            if not len(curve.x):
                continue
            distance = self._distances(curve, position)
            index = int(distance.argmin())
            if distance[index] < NEAR and (best is None or distance[index] < best[0]):
                best = (float(distance[index]), curve, index)
        return None if best is None else best[1:]

    def _distances(self, curve: _Curve, position: QPointF) -> np.ndarray:
        """Return how many pixels each point is away from a place in the scene."""
        box = self._plot.getPlotItem().getViewBox()
        x = np.log10(curve.x) if self._log_x else np.asarray(curve.x)
        corner, unit = box.mapViewToScene(QPointF(0, 0)), box.mapViewToScene(QPointF(1, 1))
        dx = corner.x() + x * (unit.x() - corner.x()) - position.x()
        dy = corner.y() + np.asarray(curve.y) * (unit.y() - corner.y()) - position.y()
        return np.hypot(dx, dy)

    def _words(self, curve: _Curve, index: int) -> str:
        if self._describe is not None:
            return self._describe(curve.name, index)
        return f"{curve.name}: {self._titles[0]} {curve.x[index]:.3g}, {self._titles[1]} {curve.y[index]:.3g}"


def range_of_shares(shares: Sequence[float]) -> Range:
    """Return the range of an axis for shares: around equal ones it would go beyond 1 if it followed them."""
    return (0, 1) if len(set(shares)) < 2 else None


def _colour(curve: _Curve) -> QColor:
    return theme.readable(curve.colour) if curve.colour else theme.colour("accent")
