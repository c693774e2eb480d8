"""One plot of a running training: long curves, smoothed ones in front of raw ones, and a line that reads them out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PyQt5.QtCore import QEvent, QPointF, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QColor, QKeyEvent
from PyQt5.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.plot_canvas import PlotCanvas
from ui.widgets.plot_style import LINE_STYLES, LINE_WIDTH, Ticks, dress_plot, number_axes, ticks_at

FAINT = 0.3  # of the colour, the rest being the background: opaque, as a long curve crosses itself often
UNLIMITED = 1e307  # pyqtgraph's own
EDGE = 0.02  # beyond shares of 0 and 1, so that what lies there is seen whole
MOST_MARKED = 60  # points that have a mark each
SHARP = 20_000  # points, from which on the edges of a curve that was not smoothed are no longer softened
MARKER_SIDE, SYMBOL_SIDE = 9, 6
MOST_RAW = 3  # curves, of which the raw value is read out, too
GLYPHS = ("━━", "╍╍", "┅┅", "━╍", "━┅")  # of LINE_STYLES, in the legend
UNBROKEN = "\N{NO-BREAK SPACE}"
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A curve to draw; `raw` is what `y` was smoothed from."""

    name: str
    x: Values
    y: Values
    raw: Values | None = None
    colour: str = ""  # the accent's where there is none
    style: int = 0

    def shade(self) -> QColor:
        """Return the colour in the theme that is shown."""
        return theme.readable(self.colour) if self.colour else theme.colour("accent")


@dataclass(frozen=True)
class Scene:
    """All that a plot shows; `words` stand for curves that there are none of, `note` below those that there are."""

    lines: Sequence[Line]
    x_title: str
    y_title: str
    log_x: bool = False
    log_y: bool = False
    words: str = ""
    note: str = ""
    shares: bool = False  # is what y is
    number: Callable[[float], str] = "{:.4g}".format  # writes a value


EMPTY = Scene((), "", "")


class _Canvas(PlotCanvas):
    """The plot itself; arrows move the line that reads out, a double click asks for the whole run."""

    stepped = pyqtSignal(int)
    left = pyqtSignal()  # by the mouse

    def leaveEvent(self, event: QEvent) -> None:
        """Say that the mouse is gone."""
        super().leaveEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn arrows into steps."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class LivePlot(QWidget):
    """A plot whose quantity is chosen above it and whose curves are named, and read out, below it."""

    quantity_chosen = pyqtSignal()
    read = pyqtSignal(object)  # at an x, or None
    range_changed = pyqtSignal()

    def __init__(self, quantities: Sequence[tuple[str, str]], first: str, parent: QWidget | None = None):
        """Take the quantities as names and titles."""
        super().__init__(parent)
        self._scene = EMPTY
        self._items: dict[tuple[str, bool], pyqtgraph.PlotDataItem] = {}
        self._at: float | None = None
        self._look: tuple[object, ...] = ()
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What is plotted"))
        for name, title in quantities:
            self.choice.addItem(title, name)
        self.choice.setCurrentIndex(self.choice.findData(first))
        self.canvas = _Canvas()
        # Of the plot, as it hands its own choice on to every curve that is added.
        self.canvas.setDownsampling(auto=True, mode="peak")
        self.canvas.setClipToView(True)
        self.canvas.setToolTip(self.tr("Drag to move, turn the wheel to zoom, double-click to see the whole run."))
        self.words = QLabel(wordWrap=True, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter)
        self.words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout = QLabel(" ", wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self._lay_out()
        self._make_cursor()
        self.choice.activated.connect(self._on_choice_activated)
        self.canvas.stepped.connect(self._on_canvas_stepped)
        self.canvas.whole_requested.connect(self.show_whole)
        self.canvas.left.connect(self._on_canvas_left)
        self.canvas.scene().sigMouseMoved.connect(self._on_scene_mouse_moved)
        self.box.sigRangeChangedManually.connect(self.range_changed)
        theme.signals.changed.connect(self._redraw)
        self._redraw()

    def _lay_out(self) -> None:
        over = QVBoxLayout(self.canvas)
        over.setContentsMargins(*[4 * theme.SPACE] * 4)
        over.addWidget(self.words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        for widget in (self.choice, self.canvas, self.readout):
            layout.addWidget(widget, int(widget is self.canvas))

    def _make_cursor(self) -> None:
        self._cursor = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._marks = pyqtgraph.ScatterPlotItem(size=MARKER_SIDE)
        for item in (self._cursor, self._marks):
            item.setZValue(3)
            item.hide()
            self.canvas.addItem(item, ignoreBounds=True)
        self.box.setMouseEnabled(x=True, y=False)  # y follows what is in sight
        self.box.setAutoVisible(y=True)

    @property
    def box(self) -> pyqtgraph.ViewBox:
        """Return the part of the plot that is moved and zoomed."""
        return self.canvas.getPlotItem().getViewBox()

    @property
    def quantity(self) -> str:
        """Return the name of what is plotted."""
        return str(self.choice.currentData())

    @property
    def x_title(self) -> str:
        """Return what x counts."""
        return self._scene.x_title

    @property
    def is_whole(self) -> bool:
        """Tell whether the whole run is in sight."""
        return bool(self.box.autoRangeEnabled()[0])

    def lines(self) -> Sequence[Line]:
        """Return the curves that are drawn."""
        return self._scene.lines

    @pyqtSlot()
    def show_whole(self) -> None:
        """Undo every move and zoom, and go with the curves again."""
        self.box.enableAutoRange()
        self.range_changed.emit()

    # -- drawing

    def show_scene(self, scene: Scene) -> None:
        """Draw curves in the place of those before; what is zoomed stays so unless x counts something else."""
        if (scene.x_title, scene.log_x) != (self._scene.x_title, self._scene.log_x):
            self.show_whole()
        self._scene = scene
        # Room around equal shares, or around a first epoch, shows nothing that cannot be.
        self.box.setLimits(
            xMin=-UNLIMITED if scene.log_x else 0.0,
            yMin=-EDGE if scene.shares else -UNLIMITED,
            yMax=1 + EDGE if scene.shares else UNLIMITED,
        )
        self._redraw()

    @pyqtSlot()
    def _redraw(self) -> None:
        scene = self._scene
        look = (scene.x_title, scene.y_title, scene.log_x, scene.log_y, bool(scene.lines), theme.is_dark())
        if look != self._look:  # which takes longer than a curve
            self._look = look
            self._dress()
        self.canvas.getPlotItem().getAxis("bottom").setTicks(self._ticks())
        self.canvas.setAccessibleName(self.choice.currentText())
        self.words.setText(scene.words)
        self.words.setVisible(bool(scene.words))
        wanted = {(line.name, raw) for line in scene.lines for raw in (False, True) if not raw or line.raw is not None}
        for key in set(self._items) - wanted:
            self.canvas.removeItem(self._items.pop(key))
        for line in scene.lines:
            if line.raw is not None:
                self._draw(line, line.raw, True)
            self._draw(line, line.y, False)
        self.read_at(self._at)

    def _dress(self) -> None:
        scene, item = self._scene, self.canvas.getPlotItem()
        item.setLogMode(scene.log_x, scene.log_y)
        dress_plot(self.canvas, scene.x_title, scene.y_title)
        number_axes(self.canvas, bool(scene.lines))
        for side in ("bottom", "left"):
            item.showAxis(side, bool(scene.lines))
        self._cursor.setPen(pyqtgraph.mkPen(theme.token("muted")))

    def _ticks(self) -> Ticks | None:
        """Mark each of a few values on a logarithmic axis; None leaves the marks to pyqtgraph."""
        values = {x for line in self._scene.lines for x in line.x.tolist()} if self._scene.log_x else ()
        return ticks_at(values, log=True) if 0 < len(values) <= MOST_MARKED else None

    def _draw(self, line: Line, y: Values, faint: bool) -> None:
        key = (line.name, faint)
        if key not in self._items:
            self._items[key] = self.canvas.plot()
            self._items[key].opts["autoDownsampleFactor"] = 0.5  # lowest and highest of the points in two pixels
            self._items[key].setZValue(0 if faint else 1)
        shade = line.shade()
        if faint:
            shade = _mixed(shade, theme.colour("surface"), FAINT)
        x = line.x
        if self._scene.log_y:
            x, y = x[y > 0], y[y > 0]
        sharp = len(y) > SHARP and (faint or line.raw is None)
        # Without dashes, short lines one by one are drawn several times as fast as a path.
        apart = sharp and LINE_STYLES[line.style] == Qt.PenStyle.SolidLine
        self._items[key].curve.setSegmentedLineMode("on" if apart else "auto")
        self._items[key].setData(
            x,
            y,
            pen=pyqtgraph.mkPen(shade, width=1 if sharp else LINE_WIDTH, style=LINE_STYLES[line.style]),
            symbol="o" if not faint and len(y) <= MOST_MARKED else None,
            symbolBrush=shade,
            symbolPen=None,
            symbolSize=SYMBOL_SIDE,
            antialias=not sharp,
        )

    # -- reading out

    def read_at(self, x: float | None) -> None:
        """Put the line at an x and read every curve out there, or, without one, the last values."""
        self._at = x if self._scene.lines else None
        found = [(line, self._index(line)) for line in self._scene.lines if len(line.x)]
        texts = [self._text(line, index) for line, index in found]
        if self._at is not None and found:
            place = found[0][0].x[found[0][1]]
            texts.append(f"{self._scene.x_title} {place:.4g}".replace(" ", UNBROKEN))
        if self._scene.note:
            texts.append(f'<span style="color:{theme.token("muted")}">{self._scene.note}</span>')
        self.readout.setText(f" {UNBROKEN} ".join(texts) or " ")
        self.keep_room(self.readout.heightForWidth(self.readout.width()))
        self.canvas.setAccessibleDescription(self._spoken(found))
        self._place_cursor(found)

    def keep_room(self, height: int) -> None:
        """Keep so much room below the plot, which does not change its size while it is read."""
        if height > self.readout.minimumHeight():
            self.readout.setMinimumHeight(height)

    def room(self) -> int:
        """Return how much room is kept below the plot."""
        return int(self.readout.minimumHeight())

    def _index(self, line: Line) -> int:
        if self._at is None:
            return len(line.x) - 1
        right = min(int(np.searchsorted(line.x, self._at)), len(line.x) - 1)
        left = max(0, right - 1)
        return left if self._at - line.x[left] < line.x[right] - self._at else right

    def _text(self, line: Line, index: int) -> str:
        number, raw = self._scene.number, ""
        glyph = f'<span style="color:{line.shade().name()}">{GLYPHS[line.style]}</span>'
        if line.raw is not None and len(self._scene.lines) <= MOST_RAW:
            raw = self.tr(" (raw {0})").format(number(float(line.raw[index])))
        texts = (escape(line.name), number(float(line.y[index])), raw)
        name, value, raw = (text.replace(" ", UNBROKEN) for text in texts)
        return f"{glyph}{UNBROKEN}{name}{UNBROKEN}<b>{value}</b>{raw}"

    def _spoken(self, found: Sequence[tuple[Line, int]]) -> str:
        return ", ".join(f"{line.name} {self._scene.number(float(line.y[index]))}" for line, index in found)

    def _place_cursor(self, found: Sequence[tuple[Line, int]]) -> None:
        shown = self._at is not None and bool(found)
        self._cursor.setVisible(shown)
        self._marks.setVisible(shown)
        if not shown:
            return
        line, index = found[0]
        self._cursor.setValue(self._to_view(line.x[index], self._scene.log_x))
        inside = [(one, place) for one, place in found if one.y[place] > 0 or not self._scene.log_y]
        self._marks.setData(
            [self._to_view(one.x[place], self._scene.log_x) for one, place in inside],
            [self._to_view(one.y[place], self._scene.log_y) for one, place in inside],
            brush=[one.shade() for one, _ in inside],
            pen=pyqtgraph.mkPen(theme.token("surface")),
        )

    def _to_view(self, value: float, log: bool) -> float:
        return float(np.log10(value)) if log else float(value)

    @pyqtSlot()
    def _on_canvas_left(self) -> None:
        self.read.emit(None)

    @pyqtSlot(object)
    def _on_scene_mouse_moved(self, position: QPointF) -> None:
        if not self.box.sceneBoundingRect().contains(position):
            self.read.emit(None)
            return
        x = self.box.mapSceneToView(position).x()
        self.read.emit(10**x if self._scene.log_x else x)

    @pyqtSlot(int)
    def _on_canvas_stepped(self, right: int) -> None:
        """Go to the next point that is a pixel away, at least."""
        if not self._scene.lines or not len(self._scene.lines[0].x):
            return
        x = self._scene.lines[0].x
        low, high = self.box.viewRange()[0]
        ends = (10**low, 10**high) if self._scene.log_x else (low, high)
        pixel = 0.0 if self._scene.log_x else (high - low) / max(1.0, self.box.width())
        at = min(max(x[-1] if self._at is None else x[self._index(self._scene.lines[0])], ends[0]), ends[1])
        beyond = np.flatnonzero(x >= at + pixel) if right > 0 else np.flatnonzero(x <= at - pixel)
        beyond = beyond[x[beyond] != at]
        if len(beyond):
            self.read.emit(float(x[beyond[0] if right > 0 else beyond[-1]]))

    @pyqtSlot()
    def _on_choice_activated(self) -> None:
        self.show_whole()
        self.quantity_chosen.emit()


def _mixed(shade: QColor, ground: QColor, share: float) -> QColor:
    """Return a colour of which a share is `shade`, and the rest `ground`."""
    parts = zip(shade.getRgb()[:3], ground.getRgb()[:3], strict=True)
    return QColor(*(round(share * one + (1 - share) * other) for one, other in parts))
