"""How one image of the grid is painted: picture, label, and what is to know of it."""

from collections import OrderedDict

from PyQt5.QtCore import QModelIndex, QObject, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.project.records import FOLDER, ClassRow, ImageRow
from ui import theme
from ui.item_models import CLASSES_ROLE, PROBLEM_ROLE, ROW_ROLE, THUMBNAIL_ROLE

KEPT = 600  # pictures at the size they are painted at, more than a screen shows at once
LABEL_HEIGHT = 22
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
        self._paint_label(painter, badge, index.data(CLASSES_ROLE), row)
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

    def _paint_label(self, painter: QPainter, place: QRect, classes: list[ClassRow], row: ImageRow) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(max(7.5, font.pointSizeF() - 1))
        font.setItalic(row.origin == FOLDER)  # a guess from the folder's name, not looked at yet
        painter.setFont(font)
        name = ", ".join(one.name for one in classes) or self.tr("unlabelled")
        if row.excluded:
            name = self.tr("excluded: {0}").format(name)
        if classes:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(classes[0].colour))
            painter.drawEllipse(QRect(place.left(), place.center().y() - DOT // 2 + 1, DOT, DOT))
            place = place.adjusted(DOT + 5, 0, 0, 0)
        painter.setPen(theme.colour("text" if classes else "muted"))
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
