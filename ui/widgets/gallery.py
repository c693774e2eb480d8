"""Scored images: picture, true and predicted label, confidence."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QObject, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QIcon, QImage, QPainter, QPixmap
from PyQt5.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.dataset.decode import decode_image, read_file
from app.dataset.thumbnails import shrunk, thumbnail
from app.errors import AppError
from app.evaluation.report import ScoredImage
from ui import theme
from ui.item_models import THUMBNAIL_SIDE, to_image
from ui.jobs import Task, run_in_pool

SIDE = 96
TEXT_HEIGHT = 80  # three lines and the bars
BAR_HEIGHT = 4
SCORES = Qt.ItemDataRole.UserRole  # of the answer, of the label, and whether they are the same
KEPT_PICTURES = 600  # of up to 192 x 192 x 4 bytes: at most 90 MB
MOST_WAITING = 120  # what was scrolled past long ago is not read


class ScoredModel(QAbstractListModel):
    """The images of a gallery, in the order they were given."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._images: list[ScoredImage] = []
        self._labels: tuple[str, ...] = ()
        self._captions: tuple[str, ...] = ()
        self._digests: Mapping[str, str] = {}
        self._cache = Path()
        self._pictures: OrderedDict[str, QIcon | str] = OrderedDict()  # or why there is none
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def set_source(self, digests: Mapping[str, str], cache: Path) -> None:
        """Take thumbnails of these content hashes, by path, from a project's cache; others are read anew."""
        self._digests, self._cache = digests, cache

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...], captions: Sequence[str] = ()) -> None:
        """Replace the images; captions stand below them instead of label, answer and confidence."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.beginResetModel()
        self._images = list(images)
        self._labels = labels
        self._captions = tuple(captions)
        self._pictures.clear()
        self.endResetModel()

    def renew(self, images: Sequence[ScoredImage]) -> None:
        """Show the same images, in the same order, with other labels."""
        self._images = list(images)
        if self._images:
            self.dataChanged.emit(self.index(0), self.index(len(self._images) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many images there are."""
        return 0 if parent.isValid() else len(self._images)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts or the picture."""
        image = self._images[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._captions[index.row()] if self._captions else self._text(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            problem = self._pictures.get(image.path)
            return f"{image.path}\n{problem}" if isinstance(problem, str) else image.path
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(index.row(), image.path)
        if role == SCORES:
            right = image.truth == image.predicted
            return image.confidence, image.probabilities[image.truth], right
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(SIDE + 16, SIDE + TEXT_HEIGHT)
        return None

    def images(self) -> list[ScoredImage]:
        """Return the images in the order of the rows."""
        return list(self._images)

    def _text(self, image: ScoredImage) -> str:
        true, predicted = self._labels[image.truth], self._labels[image.predicted]
        if true == predicted:
            text = self.tr("{0}\n{1:.0%} sure").format(true, image.confidence)
        else:
            text = self.tr("{0}, called {1}\n{2:.0%} sure").format(true, predicted, image.confidence)
        problem = self._pictures.get(image.path)
        return f"{text}\n{problem}" if isinstance(problem, str) else text

    def _icon(self, row: int, path: str) -> QIcon | None:
        known = self._pictures.get(path)
        if known is not None:
            self._pictures.move_to_end(path)
            return known if isinstance(known, QIcon) else QIcon()
        if path not in self._tasks:
            done = partial(self._on_picture, row, path)
            self._tasks[path] = run_in_pool(small_picture, path, self._digests.get(path), self._cache, on_done=done)
            if len(self._tasks) > MOST_WAITING:
                self._tasks.popitem(last=False)[1].cancel()
        return None

    def _on_picture(self, row: int, path: str, result: QImage | AppError) -> None:
        self._tasks.pop(path, None)
        self._pictures[path] = result.message if isinstance(result, AppError) else QIcon(QPixmap.fromImage(result))
        if len(self._pictures) > KEPT_PICTURES:
            self._pictures.popitem(last=False)
        if row < len(self._images):
            self.dataChanged.emit(self.index(row), self.index(row))


class _Tile(QStyledItemDelegate):
    """A picture with its words, and bars for what the model gave its answer and, where that is wrong, the label."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        answer, label, right = index.data(SCORES)
        bars = [(answer, "accent")] if right else [(answer, "bad"), (label, "accent")]
        width = SIDE
        left = option.rect.center().x() - width / 2
        top = option.rect.bottom() - 2 * (BAR_HEIGHT + 1)
        for row, (share, colour) in enumerate(bars):
            place = QRectF(left, top + row * (BAR_HEIGHT + 1), width, BAR_HEIGHT)
            painter.fillRect(place, theme.colour("hover"))
            place.setWidth(max(1.0, share * width))
            painter.fillRect(place, theme.colour(colour))


class Gallery(QListView):
    """A row of pictures; a double click or Enter asks for one of them."""

    selection_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._scored = ScoredModel(self)
        self.setModel(self._scored)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + 24, SIDE + TEXT_HEIGHT + 4))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setItemDelegate(_Tile(self))
        self.setAccessibleName(self.tr("Images behind the figure"))
        self.selectionModel().selectionChanged.connect(self.selection_changed)

    def set_source(self, digests: Mapping[str, str], cache: Path) -> None:
        """Take thumbnails of these content hashes, by path, from a project's cache."""
        self._scored.set_source(digests, cache)

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...], captions: Sequence[str] = ()) -> None:
        """Show these images in this order; captions stand below them instead of label, answer and confidence."""
        self._scored.show_images(images, labels, captions)
        self.scrollToTop()

    def renew(self, images: Sequence[ScoredImage]) -> None:
        """Show the same images with other labels; what is selected and in sight stays."""
        self._scored.renew(images)

    def selected_rows(self) -> list[int]:
        """Return the rows that are selected, from the first on."""
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def select_row(self, row: int) -> None:
        """Select one image."""
        self.setCurrentIndex(self._scored.index(row))

    def images(self) -> list[ScoredImage]:
        """Return the images in the order they are shown."""
        return self._scored.images()

    def count(self) -> int:
        """Return how many images are shown."""
        return self._scored.rowCount()


def small_picture(path: str, digest: str | None, cache: Path) -> QImage:
    """Return a picture twice as large as it is shown, for dense displays; raises AppError."""
    if digest is None:
        pixels = decode_image(read_file(Path(path)), at_least=2 * SIDE)
    else:
        pixels = thumbnail(Path(path), digest, cache, THUMBNAIL_SIDE)
    return to_image(shrunk(pixels, 2 * SIDE))
