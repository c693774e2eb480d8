"""The grid of thumbnails: cells of one size, so that a hundred thousand take no longer to lay out than ten."""

from collections.abc import Iterable, Iterator

from PyQt5.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    pyqtSignal,
    pyqtSlot,
)
from PyQt5.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion
from PyQt5.QtWidgets import QAbstractItemView, QStyle, QStyleOptionRubberBand, QWidget

from ui import theme
from ui.item_models import ImageModel
from ui.widgets.cell_layout import PADDING, CellLayout
from ui.widgets.image_delegate import LABEL_HEIGHT, ImageDelegate

SMALLEST, LARGEST, FIRST_SIZE = 80, 320, 152


class ImageGrid(QAbstractItemView):
    """Shows an ImageModel in rows; selects by click, shift, control and rubber band.

    Places are computed, not kept. `QListView` would lay out every cell again at each change, and
    walk through all selected cells at each move: 0.3 s at 100,000 images.
    """

    selection_changed = pyqtSignal()

    def __init__(self, model: ImageModel, parent: QWidget | None = None):
        super().__init__(parent)
        self._images = model
        self._side = FIRST_SIZE
        self._band: QRect | None = None
        self._pressed = QPoint()
        self.setItemDelegate(ImageDelegate(self))
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName(self.tr("Images"))
        self.selectionModel().selectionChanged.connect(self.selection_changed)
        theme.signals.changed.connect(self.viewport().update)

    # -- what others ask and say

    @pyqtSlot(int)
    def set_side(self, side: int) -> None:
        """Show thumbnails at most `side` pixels wide; what the keyboard is on stays in sight."""
        anchor = self.current_position()
        seen = self.visible_positions()
        if anchor not in seen:
            anchor = min(seen, default=0)
        self._side = side
        self.updateGeometries()
        self.scrollTo(self._images.index(anchor))
        self.viewport().update()

    def selected_positions(self) -> list[int]:
        """Return the positions of the selected images, in order."""
        return sorted(
            position for part in self.selectionModel().selection() for position in range(part.top(), part.bottom() + 1)
        )

    def selected_ids(self) -> list[int]:
        """Return the ids of the selected images, in their order on the screen."""
        return [self._images.row(position).id for position in self.selected_positions()]

    def selected_count(self) -> int:
        """Return how many images are selected."""
        return sum(part.height() for part in self.selectionModel().selection())

    def select_ids(self, image_ids: Iterable[int]) -> None:
        """Select images again after others came or went; the first one, if none of them is shown."""
        known = (self._images.position(image_id) for image_id in image_ids)
        positions = sorted(position for position in known if position is not None)
        if len(positions) < 2:
            self.go_to(positions[0] if positions else 0)
            return
        chosen = QItemSelection()
        for first, last in _runs(positions):
            chosen.append(self._range(first, last))
        self.selectionModel().setCurrentIndex(self._images.index(positions[0]), QItemSelectionModel.NoUpdate)
        self.selectionModel().select(chosen, QItemSelectionModel.ClearAndSelect)

    def current_position(self) -> int | None:
        """Return where the keyboard is."""
        index = self.currentIndex()
        return index.row() if index.isValid() else None

    def go_to(self, position: int) -> None:
        """Select one image and scroll to it."""
        if 0 <= position < self._images.rowCount():
            self.setCurrentIndex(self._images.index(position))
            self.scrollTo(self.currentIndex())

    def visible_positions(self) -> range:
        """Return the positions of the images in sight."""
        rows = list(self._layout().rows_in(self._in_content(self.viewport().rect())))
        return range(rows[0][0], rows[-1][1] + 1) if rows else range(0)

    def _layout(self) -> CellLayout:
        height = self._side + LABEL_HEIGHT
        return CellLayout.of(self._images.rowCount(), self._side, height, self.viewport().width())

    def _in_content(self, area: QRect) -> QRect:
        return area.normalized().translated(0, self.verticalOffset())

    def _range(self, first: int, last: int) -> QItemSelectionRange:
        return QItemSelectionRange(self._images.index(first), self._images.index(last))

    # -- what QAbstractItemView asks

    def visualRect(self, index: QModelIndex) -> QRect:
        """Return a cell's place in the viewport."""
        if not index.isValid():
            return QRect()
        return self._layout().place(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the image below a point of the viewport."""
        found = self._layout().positions_in(self._in_content(QRect(point, point)))
        return self._images.index(found[0]) if found else QModelIndex()

    def scrollTo(
        self,
        index: QModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Bring an image into sight, moving as little as needed."""
        if not index.isValid():
            return
        place, bar, height = self._layout().place(index.row()), self.verticalScrollBar(), self.viewport().height()
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(place.center().y() - height // 2)
        elif place.top() - PADDING < bar.value() or hint == QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(place.top() - PADDING)
        elif place.bottom() + PADDING > bar.value() + height:
            bar.setValue(place.bottom() + PADDING - height)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifiers | Qt.KeyboardModifier
    ) -> QModelIndex:
        """Return where a key leads."""
        if not self._images.rowCount():
            return QModelIndex()
        position = self._layout().moved(self.current_position() or 0, action, self.viewport().height())
        return self._images.index(position)

    def horizontalOffset(self) -> int:
        """Return 0: rows are as long as the window is wide."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far the content is scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: QModelIndex) -> bool:
        """Return False: the model leaves out what is not shown."""
        return False

    def setSelection(
        self, rect: QRect, command: QItemSelectionModel.SelectionFlags | QItemSelectionModel.SelectionFlag
    ) -> None:
        """Select what a rubber band covers, or by click and key everything between two images."""
        chosen = QItemSelection()
        if self.state() == QAbstractItemView.State.DragSelectingState:
            for first, last in self._layout().rows_in(self._in_content(rect)):
                chosen.append(self._range(first, last))
        else:
            ends = sorted(index.row() for index in map(self.indexAt, (rect.topLeft(), rect.bottomRight())))
            if ends[0] >= 0:
                chosen.append(self._range(*ends))
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return what to paint anew: simply everything in sight, however much is selected."""
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        """Fit the scroll bar to the content."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(height)
        bar.setSingleStep(self._side // 3)
        bar.setRange(0, max(0, self._layout().total_height - height))
        super().updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted already."""
        if self._band is None:
            self.viewport().scroll(dx, dy)
        else:
            self.viewport().update()

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: keys are labels here, not the beginnings of file names."""

    # -- painting and the rubber band

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that are in sight, and the rubber band."""
        painter = QPainter(self.viewport())
        selection, current, delegate = self.selectionModel(), self.current_position(), self.itemDelegate()
        focused = self.hasFocus()
        for position in self._layout().positions_in(self._in_content(event.rect())):
            index = self._images.index(position)
            option = self.viewOptions()
            option.rect = self.visualRect(index)
            if selection.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if focused and position == current:
                option.state |= QStyle.StateFlag.State_HasFocus
            delegate.paint(painter, option, index)
        if self._band is not None:
            self._paint_band(painter, self._band)

    def _paint_band(self, painter: QPainter, band: QRect) -> None:
        option = QStyleOptionRubberBand()
        option.initFrom(self)
        option.shape = 1  # QRubberBand.Rectangle
        option.opaque = False
        option.rect = band.translated(0, -self.verticalOffset())
        self.style().drawControl(QStyle.ControlElement.CE_RubberBand, option, painter, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note where a rubber band may begin."""
        self._pressed = event.pos() + QPoint(0, self.verticalOffset())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the rubber band up to the mouse."""
        super().mouseMoveEvent(event)
        if self.state() == QAbstractItemView.State.DragSelectingState:
            self._band = QRect(self._pressed, event.pos() + QPoint(0, self.verticalOffset())).normalized()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take the rubber band away."""
        super().mouseReleaseEvent(event)
        if self._band is not None:
            self._band = None
            self.viewport().update()


def _runs(positions: list[int]) -> Iterator[tuple[int, int]]:
    """Return the first and last of each run of neighbours."""
    first = before = positions[0]
    for position in positions[1:]:
        if position != before + 1:
            yield first, before
            first = position
        before = position
    yield first, before
