"""The confusion matrix: true classes down, predicted classes across, every cell a door to its images."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from PyQt5.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QScrollBar, QSizePolicy, QToolTip, QWidget

from ui import theme
from ui.widgets.drawing import Drawing
from ui.widgets.matrix_cells import COLUMN_SHARES, COUNTS, ROW_SHARES, MatrixCells
from ui.widgets.matrix_layout import MOST_LABEL_SHARE, MOST_LABEL_WIDTH, MatrixLayout, Texts
from ui.widgets.matrix_painter import MatrixPainter

__all__ = ["COLUMN_SHARES", "COUNTS", "ROW_SHARES", "ConfusionMatrix"]

LABEL_MARGIN = 4  # pixels: turned letters are a little wider
NUMBER_MARGIN = 6  # pixels beside a number, with the lines of its cell
MOST_SAVED = 3000  # pixels of a side of a picture
WHEEL_CELLS = 3  # scrolled by one notch of the wheel
MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionMatrix(QWidget):
    """Painted cells with numbers; chosen by mouse, or by arrows and Enter.

    Many classes are seen whole, or at a size that can be read, with bars to scroll and labels that stay. Classes
    are always given by their number, in whatever order they are shown.
    """

    cell_chosen = pyqtSignal(int, int)  # true class, predicted class

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._cells = MatrixCells.of((), COUNTS)
        self._order: list[int] = []
        self._places: list[int] = []
        self._texts: Texts | None = None  # measured when first needed
        self._readable = False
        self._cursor = (0, 0)  # places, not classes
        self._chosen: tuple[int, int] | None = None
        self._picture: QPixmap | None = None  # everything but the outlines, until something changes
        self._across = QScrollBar(Qt.Orientation.Horizontal, self)
        self._down = QScrollBar(Qt.Orientation.Vertical, self)
        for bar in (self._across, self._down):
            bar.valueChanged.connect(self._renew)
            bar.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Confusion matrix: true classes down, predicted classes across"))
        theme.signals.changed.connect(self._renew)

    def show_counts(self, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show counts[true][predicted]; other counts of the same classes leave order and choice as they are."""
        same = tuple(labels) == self._labels
        self._texts = None
        self._labels = tuple(labels)
        self._cells = MatrixCells.of(counts, self._cells.mode)
        if not same:
            self._cursor, self._chosen = (0, 0), None
            self.set_order(range(len(labels)))
        self._fit()

    def set_order(self, order: Sequence[int]) -> None:
        """Show the classes, given by number, in another order."""
        chosen = None if self._chosen is None else [self._order[place] for place in self._chosen]
        self._order = list(order)
        self._places = [0] * len(self._order)
        for place, number in enumerate(self._order):
            self._places[number] = place
        if chosen is not None:
            self._chosen = self._places[chosen[0]], self._places[chosen[1]]
        self._fit()

    def set_mode(self, mode: str) -> None:
        """Show COUNTS, ROW_SHARES or COLUMN_SHARES."""
        self._cells = replace(self._cells, mode=mode)
        self._texts = None
        self._fit()

    def forget_choice(self) -> None:
        """Show no cell as chosen."""
        self._chosen = None
        self.update()

    def set_readable(self, readable: bool) -> None:
        """Show cells large enough for their labels and numbers, and scroll if need be; or the whole matrix."""
        self._readable = readable
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size that can be read."""
        return QSize(220, 200)

    def cell_rect(self, true: int, predicted: int) -> QRect:
        """Return where a cell is painted."""
        return self._rect(self._places[true], self._places[predicted])

    def is_in_sight(self, true: int, predicted: int) -> bool:
        """Tell whether a cell is not scrolled away."""
        return self._area().contains(QPointF(self.cell_rect(true, predicted).center()))

    def _rect(self, row: int, column: int) -> QRect:
        return self._painter(self._layout(), self._area(), self._scrolled()).rect(row, column)

    def _scrolled(self) -> QPointF:
        return QPointF(self._across.value(), self._down.value())

    def _painter(self, layout: MatrixLayout, area: QRectF, scrolled: QPointF) -> MatrixPainter:
        titles = (self._columns_title(), self.tr("true"))
        return MatrixPainter(self._labels, self._cells, self._order, layout, area, scrolled, self.font(), titles)

    def worst_cell(self) -> tuple[int, int]:
        """Return the cell with the most mistakes; (0, 0) if there are none."""
        return self._cells.worst()

    def drawing(self) -> Drawing:
        """Return the whole matrix as a picture, large enough to be read, whatever part of it is in sight."""
        texts, count = self._measured(), max(1, len(self._labels))
        layout = MatrixLayout.of_size(count, max(self._layout().high, texts.height + 2), texts)
        least = ceil(min(texts.label, MOST_LABEL_WIDTH) / MOST_LABEL_SHARE)  # so that no label is cut
        size = QSize(ceil(layout.right) + 2, ceil(layout.bottom) + 2).expandedTo(QSize(least, least))
        size = size.boundedTo(QSize(MOST_SAVED, MOST_SAVED))
        layout = MatrixLayout.of(count, size.width(), size.height(), texts, readable=False)
        corner = QPointF(min(layout.right, size.width()), min(layout.bottom, size.height()))
        whole = self._painter(layout, QRectF(QPointF(layout.left, layout.top), corner), QPointF())
        return Drawing(size, whole.paint, self.accessibleName())

    def _measured(self) -> Texts:
        if self._texts is None:
            metrics = self.fontMetrics()
            bold = QFont(self.font())
            bold.setBold(True)
            number = QFontMetrics(bold).horizontalAdvance(self._cells.longest_text()) + NUMBER_MARGIN
            widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0)
            widest += LABEL_MARGIN
            title = metrics.horizontalAdvance(self._columns_title())
            self._texts = Texts(metrics.height(), widest, number, title)
        return self._texts

    def _columns_title(self) -> str:
        return self.tr("predicted →")

    def _layout(self) -> MatrixLayout:
        """Return where the cells are while nothing is scrolled."""
        count = max(1, len(self._labels))
        return MatrixLayout.of(count, self.width(), self.height(), self._measured(), self._readable)

    def _area(self) -> QRectF:
        """Return where cells are, without labels and bars."""
        layout = self._layout()
        right = min(layout.right, self.width() - self._room(self._down))
        bottom = min(layout.bottom, self.height() - self._room(self._across))
        return QRectF(layout.left, layout.top, right - layout.left, bottom - layout.top)

    def _room(self, bar: QScrollBar) -> int:
        if not self._scrolls():
            return 0
        return int(bar.sizeHint().width() if bar is self._down else bar.sizeHint().height())

    def _scrolls(self) -> bool:
        return self._readable and self._layout().reaches_beyond(self.width(), self.height())

    def _fit(self) -> None:
        """Place the bars and let them reach to the last cell."""
        scrolls, layout, area = self._scrolls(), self._layout(), self._area()
        for bar, hidden, length, step in (
            (self._across, layout.right - area.right(), area.width(), layout.wide),
            (self._down, layout.bottom - area.bottom(), area.height(), layout.high),
        ):
            bar.setVisible(scrolls)
            bar.setRange(0, max(0, round(hidden)) if scrolls else 0)
            bar.setPageStep(max(1, int(length)))
            bar.setSingleStep(max(1, int(step)))
        thick = self._across.sizeHint().height()
        self._across.setGeometry(int(area.left()), self.height() - thick, int(area.width()), thick)
        wide = self._down.sizeHint().width()
        self._down.setGeometry(self.width() - wide, int(area.top()), wide, int(area.height()))
        self._renew()

    @pyqtSlot()
    def _renew(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint labels and cells, as they were until something changed, and outlines above them."""
        if not self._labels:
            return
        if self._picture is None:
            self._picture = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        if self.hasFocus():
            self._outline(painter, self._cursor, theme.colour("accent"), 3)
        if self._chosen is not None:
            self._outline(painter, self._chosen, theme.colour("text"), 2)

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self._painter(self._layout(), self._area(), self._scrolled()).paint(painter)
        painter.end()
        return picture

    def _outline(self, painter: QPainter, cell: tuple[int, int], colour: QColor, width: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        painter.drawRect(self._rect(*cell))

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return the places of the cell at a position."""
        layout = self._layout()
        if not self._labels or not self._area().contains(position):
            return None
        row = int((position.y() - layout.top + self._down.value()) // layout.high)
        column = int((position.x() - layout.left + self._across.value()) // layout.wide)
        last = len(self._labels) - 1
        return min(row, last), min(column, last)

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cursor = self._chosen = cell
        self.update()
        self.cell_chosen.emit(self._order[cell[0]], self._order[cell[1]])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell below the mouse."""
        cell = self._cell_at(event.localPos())
        if cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by arrows, choose by Enter or Space."""
        if event.key() in MOVES and self._labels:
            step, last = MOVES[Qt.Key(event.key())], len(self._labels) - 1
            self._cursor = (
                min(max(self._cursor[0] + step[0], 0), last),
                min(max(self._cursor[1] + step[1], 0), last),
            )
            self.setAccessibleDescription(self._description(*self._cursor))
            self._reveal(self._cursor)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._labels:
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def _reveal(self, cell: tuple[int, int]) -> None:
        """Scroll until a cell is in sight."""
        layout, area = self._layout(), self._area()
        for bar, place, side, length in (
            (self._down, cell[0], layout.high, area.height()),
            (self._across, cell[1], layout.wide, area.width()),
        ):
            first = place * side
            bar.setValue(round(min(max(bar.value(), first + side - length), first)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Shift or Alt, or a wheel that tilts, across."""
        if not self._down.isVisible():
            super().wheelEvent(event)
            return
        turned = event.angleDelta()
        across = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = self._layout().high * WHEEL_CELLS / 120
        self._across.setValue(round(self._across.value() - step * (turned.y() if across else turned.x())))
        self._down.setValue(round(self._down.value() - step * (0 if across else turned.y())))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cells in."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure the labels anew in another font."""
        self._texts = None
        self._picture = None
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say in words what the cell below the mouse counts."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self._cell_at(QPointF(event.pos()))
            if cell is not None:
                QToolTip.showText(event.globalPos(), self._description(*cell), self)
                return True
        return bool(super().event(event))

    def _description(self, row: int, column: int) -> str:
        true, predicted = self._order[row], self._order[column]
        text = self.tr("{0} of {1} images of “{2}” were called “{3}” ({4:.0%})")
        counts = self._cells.counts
        count, whole = int(counts[true, predicted]), int(counts[true].sum())
        return text.format(count, whole, self._labels[true], self._labels[predicted], count / max(1, whole))
