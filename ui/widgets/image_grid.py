"""The grid of thumbnails: a list view and a painter, no widget per image."""

from PyQt5.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.project.records import FOLDER, ClassRow, ImageRow
from ui import theme
from ui.item_models import CLASSES_ROLE, PROBLEM_ROLE, ROW_ROLE, THUMBNAIL_ROLE, ImageModel

SMALLEST, LARGEST, FIRST_SIZE = 80, 320, 152
BADGE_HEIGHT = 22
DOT = 10
MARGIN = 6


class ImageDelegate(QStyledItemDelegate):
    """Paints one image with its label, or why there is no picture."""

    def __init__(self, side: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.side = side

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the size of every cell."""
        return QSize(self.side, self.side + BADGE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint a cell."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        cell = option.rect.adjusted(3, 3, -3, -3)
        self._paint_frame(painter, cell, option)
        picture = cell.adjusted(MARGIN, MARGIN, -MARGIN, -BADGE_HEIGHT - 2)
        row: ImageRow = index.data(ROW_ROLE)
        self._paint_picture(painter, picture, index, row)
        badge = QRect(cell.left() + MARGIN, picture.bottom() + 3, cell.width() - 2 * MARGIN, BADGE_HEIGHT - 4)
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
            painter.drawPixmap(QRect(corner, size), thumbnail)
            painter.setOpacity(1.0)

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


class ImageGrid(QListView):
    """Shows an ImageModel; selects by click, shift, control and rubber band."""

    selection_changed = pyqtSignal()

    def __init__(self, model: ImageModel, parent: QWidget | None = None):
        super().__init__(parent)
        self._images = model
        self._painter = ImageDelegate(FIRST_SIZE, self)
        self.setModel(model)
        self.setItemDelegate(self._painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.SinglePass)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSpacing(0)
        self.setAccessibleName(self.tr("Images"))
        self.set_side(FIRST_SIZE)
        self.selectionModel().selectionChanged.connect(self.selection_changed)
        theme.signals.changed.connect(self.viewport().update)

    @pyqtSlot(int)
    def set_side(self, side: int) -> None:
        """Show thumbnails at most `side` pixels wide."""
        self._painter.side = side
        self.setGridSize(QSize(side, side + BADGE_HEIGHT))
        self.verticalScrollBar().setSingleStep(side // 3)

    def selected_ids(self) -> list[int]:
        """Return the ids of the selected images, in their order on the screen."""
        return [self._images.row(position).id for position in sorted(index.row() for index in self.selectedIndexes())]

    def current_position(self) -> int | None:
        """Return where the keyboard is."""
        index = self.currentIndex()
        return index.row() if index.isValid() else None

    def go_to(self, position: int) -> None:
        """Select one image and scroll to it."""
        if 0 <= position < self._images.rowCount():
            self.setCurrentIndex(self._images.index(position))
            self.scrollTo(self.currentIndex())

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: keys are labels here, not the beginnings of file names."""
