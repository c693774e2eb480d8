"""Paints the cells of a confusion matrix, their labels and titles, onto a widget or into a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFont, QFontMetrics, QPainter

from ui import theme
from ui.widgets.matrix_cells import MatrixCells
from ui.widgets.matrix_layout import MatrixLayout

SMALLEST_LINED_CELL = 8  # pixels; lines around smaller cells would hide them
DARK_FROM = 0.55  # share of the strongest shade from which text is drawn in the other colour


@dataclass(frozen=True)
class MatrixPainter:
    """Labels and cells by number, the order of the classes, and where and in what font all of it is painted.

    `area` has the cells in sight, without labels; `scrolled` is how far they are moved. `titles` are those of the
    columns and of the rows.
    """

    labels: Sequence[str]
    cells: MatrixCells
    order: Sequence[int]
    layout: MatrixLayout
    area: QRectF
    scrolled: QPointF
    font: QFont
    titles: tuple[str, str]

    def rect(self, row: int, column: int) -> QRect:
        """Return where the cell at these places is."""
        layout = self.layout
        x = layout.left - self.scrolled.x() + column * layout.wide
        y = layout.top - self.scrolled.y() + row * layout.high
        return QRectF(x, y, max(1.0, layout.wide), max(1.0, layout.high)).toRect()

    def paint(self, painter: QPainter) -> None:
        """Paint everything; nothing without classes."""
        if not self.labels:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        self._paint_titles(painter)
        if self.layout.labelled:
            self._paint_labels(painter)
        painter.setClipRect(self.area.adjusted(-1, -1, 1, 1))
        if self.layout.high < SMALLEST_LINED_CELL:
            self._paint_colours(painter)
        else:
            rows, columns = self._visible()
            for row in rows:
                for column in columns:
                    self._paint_cell(painter, row, column)

    def number_font(self, text: str, rect: QRect, bold: bool) -> QFont:
        """Return a font in which a number is inside its cell."""
        font = QFont(self.font)
        font.setBold(bold)
        metrics = QFontMetrics(font)
        room = min((rect.width() - 2) / metrics.horizontalAdvance(text), rect.height() / metrics.ascent(), 1.0)
        font.setPointSizeF(max(1.0, font.pointSizeF() * room))
        return font

    @property
    def _line_height(self) -> int:
        return int(QFontMetrics(self.font).height())

    def _visible(self) -> tuple[range, range]:
        """Return the places of the rows and columns in sight."""
        layout, count = self.layout, len(self.labels)
        first, top = int(self.scrolled.x() // layout.wide), int(self.scrolled.y() // layout.high)
        columns = range(first, min(count, first + int(self.area.width() // layout.wide) + 2))
        return range(top, min(count, top + int(self.area.height() // layout.high) + 2)), columns

    def _paint_titles(self, painter: QPainter) -> None:
        layout, area, height = self.layout, self.area, self._line_height
        painter.setPen(theme.colour("muted"))
        corner = QRectF(0, 0, layout.left - theme.SPACE, layout.top - theme.SPACE // 2)
        if layout.labelled:
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        else:
            corner, side = QRectF(layout.left, 0, area.width(), height), Qt.AlignmentFlag.AlignLeft
        painter.drawText(corner, int(side | Qt.TextFlag.TextDontClip), self.titles[0])
        painter.save()
        painter.translate(0, area.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, area.height(), height), int(Qt.AlignmentFlag.AlignCenter), self.titles[1])
        painter.restore()

    def _paint_labels(self, painter: QPainter) -> None:
        layout, area, height = self.layout, self.area, self._line_height
        rows, columns = self._visible()
        painter.save()
        painter.setPen(theme.colour("text"))
        if layout.high < height:
            font = QFont(self.font)
            font.setPointSizeF(font.pointSizeF() * layout.high / height)
            painter.setFont(font)
        painter.setClipRect(QRectF(0, area.top(), layout.left, area.height()))
        for place in rows:
            left = height + theme.SPACE
            row = QRectF(left, self.rect(place, 0).top(), layout.left - left - theme.SPACE, layout.high)
            self._write_label(painter, row, place, Qt.AlignmentFlag.AlignRight)
        painter.setClipRect(QRectF(area.left(), 0, area.width(), layout.top))
        for place in columns:
            painter.save()
            painter.translate(self.rect(0, place).left(), layout.top - theme.SPACE // 2)
            painter.rotate(-90)
            column = QRectF(0, 0, layout.top - theme.SPACE, layout.wide)
            self._write_label(painter, column, place, Qt.AlignmentFlag.AlignLeft)
            painter.restore()
        painter.restore()

    def _write_label(self, painter: QPainter, rect: QRectF, place: int, side: Qt.AlignmentFlag) -> None:
        label = self.labels[self.order[place]]
        text = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, int(rect.width()))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | side), text)

    def _paint_colours(self, painter: QPainter) -> None:
        """Paint cells that are too small for lines as one picture."""
        layout = self.layout
        corner = QPointF(layout.left - self.scrolled.x(), layout.top - self.scrolled.y())
        place = QRectF(corner.x(), corner.y(), layout.right - layout.left, layout.bottom - layout.top)
        picture = self.cells.picture(self.order)
        if layout.wide < 1:  # cells that share a pixel are mixed, so that none is lost
            size = place.size().toSize().expandedTo(QSize(1, 1))
            smooth = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        painter.drawImage(place, picture)

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        rect = self.rect(row, column).adjusted(1, 1, -1, -1)
        true, predicted = self.order[row], self.order[column]
        painter.fillRect(rect, self.cells.colour(true, predicted))
        painter.setPen(theme.colour("grid"))
        painter.drawRect(rect)
        if not self.layout.labelled or not self.cells.counts[true, predicted]:
            return
        text = self.cells.text(true, predicted)
        painter.setFont(self.number_font(text, rect, true == predicted))
        painter.setPen(theme.colour("on_accent" if self.cells.share(true, predicted) > DARK_FROM else "text"))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), text)
        painter.setFont(self.font)
