"""A histogram of two kinds of images, one above the other; a click or a drag chooses a range of it."""

from collections.abc import Sequence
from math import sqrt

import pyqtgraph
from PyQt5.QtCore import QPoint, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QKeyEvent, QMouseEvent
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from ui import theme
from ui.widgets.plot_canvas import PlotCanvas

TICKS = (0, 1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
FIFTHS = 5
SELECTION_SHADE = 60  # of 255
MARGIN = 0.03  # beside the first and the last bar, so that their ticks are seen


class _Canvas(PlotCanvas):
    pressed = pyqtSignal(QPoint)
    dragged = pyqtSignal(QPoint)
    released = pyqtSignal()
    step_requested = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._held = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.button() == Qt.MouseButton.LeftButton
        if self._held:
            self.pressed.emit(event.pos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self.dragged.emit(event.pos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.dragged.emit(event.pos())  # the last move may have been swallowed
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self.step_requested.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class BarPlot(QWidget):
    """Bars over 0 to 1; heights go with the root of the count, so that few images beside many are seen."""

    range_chosen = pyqtSignal(int, int)  # the first and the last bar

    def __init__(self, x_title: str, y_title: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._titles = (x_title, self.tr("{0} (root scale)").format(y_title))
        self._bottom: tuple[int, ...] = ()
        self._top: tuple[int, ...] = ()
        self._colours = ("accent", "bad")
        self._anchor: int | None = None
        self._chosen: tuple[int, int] | None = None
        self._plot = _Canvas()
        self._plot.setAccessibleName(self._titles[1])
        self._plot.setToolTip(self.tr("Click a bar, or drag over several, to see their images."))
        self._plot.setMouseEnabled(False, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._plot.pressed.connect(self._on_plot_pressed)
        self._plot.dragged.connect(self._on_plot_dragged)
        self._plot.released.connect(self._on_plot_released)
        self._plot.step_requested.connect(self._on_plot_step_requested)
        theme.signals.changed.connect(self._draw)

    def show_bars(self, bottom: Sequence[int], top: Sequence[int], x_title: str) -> None:
        """Show how many images of the expected kind lie in each bar, and above them those of the other kind."""
        if len(bottom) != len(self._bottom):
            self._chosen = None
        self._bottom, self._top = tuple(bottom), tuple(top)
        self._titles = (x_title, self._titles[1])
        self._draw()

    def forget_choice(self) -> None:
        """Show no range as chosen."""
        self._chosen = None
        self._draw()

    def bar_place(self, bar: int) -> QPoint:
        """Return where the middle of a bar is, in the plot's viewport."""
        box = self._plot.getPlotItem().getViewBox()
        (_, _), (low, high) = box.viewRange()
        scene = box.mapViewToScene(pyqtgraph.Point((bar + 0.5) / len(self._bottom), (low + high) / 2))
        return QPoint(self._plot.mapFromScene(scene))

    @property
    def canvas(self) -> QWidget:
        """Return what takes mouse and keys."""
        return self._plot

    @pyqtSlot()
    def _draw(self) -> None:
        self._plot.setBackground(theme.token("surface"))
        item = self._plot.getPlotItem()
        item.clear()
        self._dress_axes()
        if not self._bottom:
            return
        width = 1 / len(self._bottom)
        middles = [(bar + 0.5) * width for bar in range(len(self._bottom))]
        low = [sqrt(count) for count in self._bottom]
        whole = [sqrt(one + other) for one, other in zip(self._bottom, self._top, strict=True)]
        if self._chosen is not None:
            first, last = self._chosen
            shade = theme.colour("text")
            shade.setAlpha(SELECTION_SHADE)
            region = pyqtgraph.LinearRegionItem(
                (first * width, (last + 1) * width), movable=False, brush=shade, pen=pyqtgraph.mkPen(None)
            )
            region.setZValue(-1)
            item.addItem(region)
        for heights, bases, colour in (
            (low, [0.0] * len(low), self._colours[0]),
            ([one - other for one, other in zip(whole, low, strict=True)], low, self._colours[1]),
        ):
            item.addItem(
                pyqtgraph.BarGraphItem(
                    x=middles, y0=bases, height=heights, width=0.86 * width, brush=theme.colour(colour), pen=None
                )
            )
        item.getViewBox().setRange(xRange=(-MARGIN, 1 + MARGIN), yRange=(0, 1.06 * max(*whole, 1.0)), padding=0)

    def _dress_axes(self) -> None:
        item = self._plot.getPlotItem()
        most = max((one + other for one, other in zip(self._bottom, self._top, strict=True)), default=0)
        counts = [tick for tick in TICKS if tick <= most]
        marks = [(mark / FIFTHS, f"{mark / FIFTHS:.1f}") for mark in range(FIFTHS + 1)]
        spread = [tick for tick in counts if tick == 0 or sqrt(tick) > sqrt(most) / 12]
        item.getAxis("bottom").setTicks([marks])
        item.getAxis("left").setTicks([[(sqrt(tick), f"{tick:,}") for tick in spread]])
        for side, title in zip(("bottom", "left"), self._titles, strict=True):
            axis = item.getAxis(side)
            axis.setPen(theme.token("border"))
            axis.setTextPen(theme.token("muted"))
            axis.setLabel(title, siPrefixEnableRanges=(), color=theme.token("muted"))

    def _bar_at(self, place: QPoint) -> int | None:
        if not self._bottom:
            return None
        x = self._plot.getPlotItem().getViewBox().mapSceneToView(self._plot.mapToScene(place)).x()
        return min(max(int(x * len(self._bottom)), 0), len(self._bottom) - 1)

    @pyqtSlot(QPoint)
    def _on_plot_pressed(self, place: QPoint) -> None:
        self._anchor = self._bar_at(place)
        self._stretch(place)

    @pyqtSlot(QPoint)
    def _on_plot_dragged(self, place: QPoint) -> None:
        self._stretch(place)

    @pyqtSlot()
    def _on_plot_released(self) -> None:
        self._anchor = None
        if self._chosen is not None:
            self.range_chosen.emit(*self._chosen)

    @pyqtSlot(int)
    def _on_plot_step_requested(self, step: int) -> None:
        if self._bottom:
            bar = len(self._bottom) - 1 if self._chosen is None else self._chosen[0] + step
            bar = min(max(bar, 0), len(self._bottom) - 1)
            self._chosen = (bar, bar)
            self._draw()
            self.range_chosen.emit(bar, bar)

    def _stretch(self, place: QPoint) -> None:
        bar = self._bar_at(place)
        if bar is not None and self._anchor is not None:
            chosen = (min(bar, self._anchor), max(bar, self._anchor))
            if chosen != self._chosen:
                self._chosen = chosen
                self._draw()
