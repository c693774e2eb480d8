"""How one image of the grid is painted: picture, label, and what is to know of it."""

from collections import OrderedDict

from PyQt5.QtCore import QModelIndex, QObject, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.project.records import FOLDER, SUGGESTED, ClassRow, ImageRow
from ui import theme
from ui.item_models import CLASSES_ROLE, NOTE_ROLE, PROBLEM_ROLE, ROW_ROLE, THUMBNAIL_ROLE, Note

KEPT = 600  # pictures at the size they are painted at, more than a screen shows at once
LABEL_HEIGHT = 22
ROUNDING = 2  # pixels: text is as wide as a fraction more than its rounded advance
DOT = 10
MARGIN = 6


class ImageDelegate(QStyledItemDelegate):
    """Paints one image with its label, or why there is no picture."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._scaled: OrderedDict[tuple[int, int, int], QPixmap] = OrderedDict()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the size of every cell."""
        return option.rect.size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint a cell."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell = option.rect.adjusted(3, 3, -3, -3)
        self._paint_frame(painter, cell, option)
        picture = cell.adjusted(MARGIN, MARGIN, -MARGIN, -LABEL_HEIGHT - 2)
        row: ImageRow = index.data(ROW_ROLE)
        self._paint_picture(painter, picture, index, row)
        badge = QRect(cell.left() + MARGIN, picture.bottom() + 3, cell.width() - 2 * MARGIN, LABEL_HEIGHT - 4)
        self._paint_label(painter, badge, index, row)
        painter.restore()

    def _paint_frame(self, painter: QPainter, cell: QRect, option: QStyleOptionViewItem) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if selected or focused:
            painter.setBrush(theme.colour("selection") if selected else Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 2 if focused else 1))
            painter.drawRoundedRect(cell, 6, 6)

    def _paint_picture(self, painter: QPainter, place: QRect, index: QModelIndex, row: ImageRow) -> None:
        thumbnail: QPixmap | None = index.data(THUMBNAIL_ROLE)
        problem = index.data(PROBLEM_ROLE)
        if problem:
            painter.fillRect(place, theme.colour("hover"))
            painter.setPen(theme.colour("bad"))
            text = self.tr("Unreadable") + f"\n{row.path.name}"
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)
        elif thumbnail is None:
            painter.fillRect(place, theme.colour("hover"))
        else:
            size = thumbnail.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = place.center() - QPoint(size.width() // 2, size.height() // 2)
            painter.setOpacity(0.35 if row.excluded else 1.0)
            painter.drawPixmap(
                QRect(corner, size), self._at_size(thumbnail, size, painter.device().devicePixelRatioF())
            )
            painter.setOpacity(1.0)

    def _at_size(self, pixmap: QPixmap, size: QSize, ratio: float) -> QPixmap:
        """Return a picture in the size of a cell; scaling each anew takes three quarters of a frame's time."""
        pixels = size * ratio
        key = (pixmap.cacheKey(), pixels.width(), pixels.height())
        known = self._scaled.get(key)
        if known is None:
            mode = Qt.TransformationMode.SmoothTransformation
            known = pixmap.scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
            self._scaled[key] = known
            if len(self._scaled) > KEPT:
                self._scaled.popitem(last=False)
        self._scaled.move_to_end(key)
        return known

    def _paint_label(self, painter: QPainter, place: QRect, index: QModelIndex, row: ImageRow) -> None:
        """Paint the label, or what the assistant thinks it is; of both, the second is on the right."""
        classes: list[ClassRow] = index.data(CLASSES_ROLE)
        note: Note | None = index.data(NOTE_ROLE)
        font = QFont(painter.font())
        font.setPointSizeF(max(7.5, font.pointSizeF() - 1))
        painter.setFont(font)
        if note is not None:
            width = painter.fontMetrics().horizontalAdvance(note.words) + ROUNDING
            width += DOT + 5 if note.class_row else 0
            known = bool(classes or row.excluded)
            width = min(width, place.width() * 3 // 5 if known else place.width())
            side = place.adjusted(place.width() - width if known else 0, 0, 0, 0)
            self._paint_note(painter, side, note)
            if not known:
                return
            place = place.adjusted(0, 0, -width - 4, 0)
        font.setItalic(row.origin == FOLDER)  # a guess from the folder's name, not looked at yet
        painter.setFont(font)
        name = ", ".join(one.name for one in classes) or self.tr("unlabelled")
        if row.excluded:
            name = self.tr("excluded: {0}").format(name)
        for one in classes:
            self._paint_dot(painter, place, one, ring=row.origin == SUGGESTED)
            place = place.adjusted(DOT + 4, 0, 0, 0)
        self._paint_words(painter, place, name, "text" if classes else "muted")

    def _paint_note(self, painter: QPainter, place: QRect, note: Note) -> None:
        if note.class_row is not None:
            self._paint_dot(painter, place, note.class_row, ring=True)
            place = place.adjusted(DOT + 5, 0, 0, 0)
        self._paint_words(painter, place, note.words, "muted")

    def _paint_dot(self, painter: QPainter, place: QRect, one: ClassRow, ring: bool) -> None:
        """Paint a class's colour: a dot for a label of the user's own, a ring for the assistant's."""
        circle = QRect(place.left(), place.center().y() - DOT // 2 + 1, DOT, DOT)
        if ring:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(one.colour), 2))
            circle.adjust(1, 1, -1, -1)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(one.colour))
        painter.drawEllipse(circle)

    def _paint_words(self, painter: QPainter, place: QRect, words: str, colour: str) -> None:
        painter.setPen(theme.colour(colour))
        text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
