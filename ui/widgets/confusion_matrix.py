"""The confusion matrix: true classes down, predicted classes across, every cell a door to its images."""

from collections.abc import Sequence
from dataclasses import replace

from PyQt5.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import (
    QColor,
    QFont,
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
from ui.widgets.matrix_cells import COLUMN_SHARES, COUNTS, ROW_SHARES, MatrixCells

__all__ = ["COLUMN_SHARES", "COUNTS", "ROW_SHARES", "ConfusionMatrix"]

LARGEST_CELL = 64
SMALLEST_TEXT_CELL = 22
SMALLEST_LABELLED_CELL = 11  # pixels; labels in smaller letters cannot be read
SMALLEST_LINED_CELL = 8  # pixels; lines around smaller cells would hide them
MOST_LABEL_WIDTH = 140
DARK_FROM = 0.55  # share of the strongest shade from which text is drawn in the other colour
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
        self._widest: int | None = None  # pixels of the longest label, measured when first needed
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
        self._labels = tuple(labels)
        self._cells = MatrixCells.of(counts, self._cells.mode)
        if not same:
            self._widest = None
            self._cursor, self._chosen = (0, 0), None
            self.set_order(range(len(labels)))
        self._renew()

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
        self._renew()

    def set_readable(self, readable: bool) -> None:
        """Show cells large enough for their labels, and scroll; or the whole matrix."""
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
        side, left, top = self._geometry()
        corner = QPointF(left - self._across.value() + column * side, top - self._down.value() + row * side)
        return QRectF(corner.x(), corner.y(), side, side).toRect()

    def worst_cell(self) -> tuple[int, int]:
        """Return the cell with the most mistakes; (0, 0) if there are none."""
        return self._cells.worst()

    def _geometry(self) -> tuple[float, float, float]:
        """Return the side of a cell and the corner of the first."""
        metrics = self.fontMetrics()
        if self._widest is None:
            self._widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0)
        widest = min(self._widest, MOST_LABEL_WIDTH)
        left = widest + 3 * theme.SPACE + metrics.height()
        top = widest + 2 * theme.SPACE + metrics.height()
        count = max(1, len(self._labels))
        side = min((self.width() - left) / count, (self.height() - top) / count, LARGEST_CELL)
        if self._readable:
            side = max(side, metrics.height() + 2)
        return max(1.0, side), left, top

    def _area(self) -> QRectF:
        """Return where cells are, without labels and bars."""
        side, left, top = self._geometry()
        whole = side * len(self._labels)
        return QRectF(
            left,
            top,
            min(whole, self.width() - left - self._room(self._down)),
            min(whole, self.height() - top - self._room(self._across)),
        )

    def _room(self, bar: QScrollBar) -> int:
        if not self._scrolls():
            return 0
        return int(bar.sizeHint().width() if bar is self._down else bar.sizeHint().height())

    def _scrolls(self) -> bool:
        side, left, top = self._geometry()
        whole = side * len(self._labels)
        return self._readable and (left + whole > self.width() + 1 or top + whole > self.height() + 1)

    def _fit(self) -> None:
        """Place the bars and let them reach to the last cell."""
        scrolls = self._scrolls()
        whole, area = self._geometry()[0] * len(self._labels), self._area()
        for bar, length in ((self._across, area.width()), (self._down, area.height())):
            bar.setVisible(scrolls)
            bar.setRange(0, max(0, round(whole - length)) if scrolls else 0)
            bar.setPageStep(max(1, int(length)))
            bar.setSingleStep(max(1, int(self._geometry()[0])))
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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self._paint_titles(painter)
        painter.setClipRect(self._area().adjusted(-1, -1, 1, 1))
        if self._geometry()[0] < SMALLEST_LINED_CELL:
            self._paint_colours(painter)
        else:
            rows, columns = self._visible()
            for row in rows:
                for column in columns:
                    self._paint_cell(painter, row, column)
        painter.end()
        return picture

    def _visible(self) -> tuple[range, range]:
        """Return the places of the rows and columns in sight."""
        side, area, count = self._geometry()[0], self._area(), len(self._labels)
        first, top = int(self._across.value() // side), int(self._down.value() // side)
        columns = range(first, min(count, first + int(area.width() // side) + 2))
        return range(top, min(count, top + int(area.height() // side) + 2)), columns

    def _paint_titles(self, painter: QPainter) -> None:
        side, left, top = self._geometry()
        metrics, area = self.fontMetrics(), self._area()
        height = metrics.height()
        painter.setPen(theme.colour("muted"))
        width = max(area.width(), metrics.horizontalAdvance(self.tr("predicted")))
        painter.drawText(QRectF(left, 0, width, height), int(Qt.AlignmentFlag.AlignCenter), self.tr("predicted"))
        painter.save()
        painter.translate(0, area.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, area.height(), height), int(Qt.AlignmentFlag.AlignCenter), self.tr("true"))
        painter.restore()
        painter.setPen(theme.colour("text"))
        if side < SMALLEST_LABELLED_CELL:
            return
        if side < height:
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() * side / height)
            painter.setFont(font)
            metrics = painter.fontMetrics()
        rows, columns = self._visible()
        painter.save()
        painter.setClipRect(QRectF(0, area.top(), left, area.height()))
        for place in rows:
            row = QRectF(height + theme.SPACE, self._rect(place, 0).top(), left - height - 2 * theme.SPACE, side)
            text = metrics.elidedText(self._label(place), Qt.TextElideMode.ElideRight, int(row.width()))
            painter.drawText(row, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), text)
        painter.setClipRect(QRectF(area.left(), 0, area.width(), top))
        for place in columns:
            painter.save()
            painter.translate(self._rect(0, place).left(), top - theme.SPACE // 2)
            painter.rotate(-90)
            column = QRectF(0, 0, top - height - theme.SPACE, side)
            text = metrics.elidedText(self._label(place), Qt.TextElideMode.ElideRight, int(column.width()))
            painter.drawText(column, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
            painter.restore()
        painter.restore()

    def _label(self, place: int) -> str:
        return self._labels[self._order[place]]

    def _paint_colours(self, painter: QPainter) -> None:
        """Paint cells that are too small for lines as one picture."""
        side, left, top = self._geometry()
        whole = side * len(self._order)
        place = QRectF(left - self._across.value(), top - self._down.value(), whole, whole)
        painter.drawImage(place, self._cells.picture(self._order))

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        rect = self._rect(row, column).adjusted(1, 1, -1, -1)
        true, predicted = self._order[row], self._order[column]
        painter.fillRect(rect, self._cells.colour(true, predicted))
        painter.setPen(theme.colour("grid"))
        painter.drawRect(rect)
        if rect.width() < SMALLEST_TEXT_CELL - 8 or not self._cells.counts[true, predicted]:
            return
        text = self._cells.text(true, predicted)
        font = QFont(self.font())
        font.setBold(true == predicted)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text)
        if width > rect.width() - 2:
            font.setPointSizeF(max(1.0, font.pointSizeF() * (rect.width() - 2) / width))
            painter.setFont(font)
        painter.setPen(theme.colour("on_accent" if self._cells.share(true, predicted) > DARK_FROM else "text"))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.setFont(self.font())

    def _outline(self, painter: QPainter, cell: tuple[int, int], colour: QColor, width: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        painter.drawRect(self._rect(*cell))

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return the places of the cell at a position."""
        side, left, top = self._geometry()
        if not self._labels or not self._area().contains(position):
            return None
        row = int((position.y() - top + self._down.value()) // side)
        column = int((position.x() - left + self._across.value()) // side)
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
        side, area = self._geometry()[0], self._area()
        for bar, place, length in ((self._down, cell[0], area.height()), (self._across, cell[1], area.width())):
            first = place * side
            bar.setValue(round(min(max(bar.value(), first + side - length), first)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Shift or Alt, or a wheel that tilts, across."""
        if not self._down.isVisible():
            super().wheelEvent(event)
            return
        turned = event.angleDelta()
        across = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = self._geometry()[0] * WHEEL_CELLS / 120
        self._across.setValue(round(self._across.value() - step * (turned.y() if across else turned.x())))
        self._down.setValue(round(self._down.value() - step * (0 if across else turned.y())))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cells in."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure the labels anew in another font."""
        self._widest = None
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
