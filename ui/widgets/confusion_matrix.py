"""The confusion matrix: true classes down, predicted classes across, every cell a door to its images."""

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui import theme

LARGEST_CELL = 64
SMALLEST_TEXT_CELL = 22
SMALLEST_LINED_CELL = 8  # pixels; lines around smaller cells would hide them
MOST_LABEL_WIDTH = 140
DARK_FROM = 0.55  # share of the strongest shade from which text is drawn in the other colour
COUNTS, ROW_SHARES = "counts", "rows"
MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionMatrix(QWidget):
    """Painted cells with numbers; chosen by mouse, or by arrows and Enter."""

    cell_chosen = pyqtSignal(int, int)  # true class, predicted class

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._counts: tuple[tuple[int, ...], ...] = ()
        self._row_sums: tuple[int, ...] = ()
        self._widest: int | None = None  # pixels of the longest label, measured when first needed
        self._mode = COUNTS
        self._cursor = (0, 0)
        self._chosen: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Confusion matrix: true classes down, predicted classes across"))
        theme.signals.changed.connect(self.update)

    def show_counts(self, labels: Sequence[str], counts: tuple[tuple[int, ...], ...]) -> None:
        """Show counts[true][predicted]."""
        self._labels, self._counts = tuple(labels), counts
        self._row_sums = tuple(sum(row) for row in counts)
        self._widest = None
        self._cursor, self._chosen = (0, 0), None
        self.update()

    def set_mode(self, mode: str) -> None:
        """Show counts, or each cell's share of its row."""
        self._mode = mode
        self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(420, 380)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size that can be read."""
        return QSize(220, 200)

    def cell_rect(self, true: int, predicted: int) -> QRect:
        """Return where a cell is painted."""
        side, left, top = self._geometry()
        return QRectF(left + predicted * side, top + true * side, side, side).toRect()

    def worst_cell(self) -> tuple[int, int]:
        """Return the cell with the most mistakes; (0, 0) if there are none."""
        cells = [
            (count, true, predicted)
            for true, row in enumerate(self._counts)
            for predicted, count in enumerate(row)
            if true != predicted
        ]
        count, true, predicted = max(cells, default=(0, 0, 0))
        return (true, predicted) if count else (0, 0)

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
        return max(1.0, side), left, top

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint labels and cells."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._labels:
            return
        self._paint_titles(painter)
        for true in range(len(self._labels)):
            for predicted in range(len(self._labels)):
                self._paint_cell(painter, true, predicted)
        if self.hasFocus():
            self._outline(painter, self._cursor, theme.colour("accent"), 3)
        if self._chosen is not None:
            self._outline(painter, self._chosen, theme.colour("text"), 2)

    def _paint_titles(self, painter: QPainter) -> None:
        side, left, top = self._geometry()
        metrics = self.fontMetrics()
        height, count = metrics.height(), len(self._labels)
        painter.setPen(theme.colour("muted"))
        width = max(side * count, metrics.horizontalAdvance(self.tr("predicted")))
        painter.drawText(QRectF(left, 0, width, height), int(Qt.AlignmentFlag.AlignCenter), self.tr("predicted"))
        painter.save()
        painter.translate(0, top + side * count)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, side * count, height), int(Qt.AlignmentFlag.AlignCenter), self.tr("true"))
        painter.restore()
        painter.setPen(theme.colour("text"))
        if side < height:
            return
        for index, label in enumerate(self._labels):
            row = QRectF(height + theme.SPACE, top + index * side, left - height - 2 * theme.SPACE, side)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(row.width()))
            painter.drawText(row, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), text)
            painter.save()
            painter.translate(left + index * side, top - theme.SPACE // 2)
            painter.rotate(-90)
            column = QRectF(0, 0, top - height - theme.SPACE, side)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(column.width()))
            painter.drawText(column, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
            painter.restore()

    def _paint_cell(self, painter: QPainter, true: int, predicted: int) -> None:
        rect = self.cell_rect(true, predicted)
        lined = rect.width() >= SMALLEST_LINED_CELL
        if lined:
            rect.adjust(1, 1, -1, -1)
        share = self._share(true, predicted)
        # Right answers and mistakes differ in hue and in place; the number says how many in any case.
        strong = theme.colour("accent" if true == predicted else "bad")
        painter.fillRect(rect, _mixed(theme.colour("surface"), strong, share))
        if lined:
            painter.setPen(theme.colour("grid"))
            painter.drawRect(rect)
        if rect.width() < SMALLEST_TEXT_CELL or not self._counts[true][predicted]:
            return
        text = self._text(true, predicted)
        font = QFont(self.font())
        font.setBold(true == predicted)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text)
        if width > rect.width() - 2:
            font.setPointSizeF(font.pointSizeF() * (rect.width() - 2) / width)
            painter.setFont(font)
        painter.setPen(theme.colour("on_accent" if share > DARK_FROM else "text"))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.setFont(self.font())

    def _share(self, true: int, predicted: int) -> float:
        return self._counts[true][predicted] / max(1, self._row_sums[true])

    def _text(self, true: int, predicted: int) -> str:
        if self._mode == COUNTS:
            return f"{self._counts[true][predicted]}"
        return f"{100 * self._share(true, predicted):.0f}"

    def _outline(self, painter: QPainter, cell: tuple[int, int], colour: QColor, width: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        painter.drawRect(self.cell_rect(*cell))

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        side, left, top = self._geometry()
        true, predicted = int((position.y() - top) // side), int((position.x() - left) // side)
        count = len(self._labels)
        return (true, predicted) if 0 <= true < count and 0 <= predicted < count else None

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cursor = self._chosen = cell
        self.update()
        self.cell_chosen.emit(*cell)

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
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._labels:
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the labels anew in another font."""
        self._widest = None
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say in words what the cell below the mouse counts."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self._cell_at(QPointF(event.pos()))
            if cell is not None:
                QToolTip.showText(event.globalPos(), self._description(*cell), self)
                return True
        return bool(super().event(event))

    def _description(self, true: int, predicted: int) -> str:
        text = self.tr("{0} of {1} images of “{2}” were called “{3}” ({4:.0%})")
        count, row = self._counts[true][predicted], self._row_sums[true]
        return text.format(count, row, self._labels[true], self._labels[predicted], self._share(true, predicted))


def _mixed(light: QColor, strong: QColor, share: float) -> QColor:
    return QColor(
        *(round(low + (high - low) * share) for low, high in zip(light.getRgb()[:3], strong.getRgb()[:3], strict=True))
    )
