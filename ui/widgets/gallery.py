"""Scored images: picture, true and predicted label, confidence."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QObject, QSize, Qt
from PyQt5.QtGui import QIcon, QImage, QPixmap
from PyQt5.QtWidgets import QAbstractItemView, QListView, QWidget

from app.dataset.decode import decode_image, read_file
from app.dataset.thumbnails import shrunk, thumbnail
from app.errors import AppError
from app.evaluation.report import ScoredImage
from ui.item_models import THUMBNAIL_SIDE, to_image
from ui.jobs import Task, run_in_pool

SIDE = 96
TEXT_HEIGHT = 60
KEPT_PICTURES = 600  # of up to 192 x 192 x 4 bytes: at most 90 MB
MOST_WAITING = 120  # what was scrolled past long ago is not read


class ScoredModel(QAbstractListModel):
    """The images of a gallery, the surest mistakes first."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._images: list[ScoredImage] = []
        self._labels: tuple[str, ...] = ()
        self._digests: Mapping[str, str] = {}
        self._cache = Path()
        self._pictures: OrderedDict[str, QIcon | str] = OrderedDict()  # or why there is none
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def set_source(self, digests: Mapping[str, str], cache: Path) -> None:
        """Take thumbnails of these content hashes, by path, from a project's cache; others are read anew."""
        self._digests, self._cache = digests, cache

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...]) -> None:
        """Replace the images."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.beginResetModel()
        self._images = sorted(images, key=_by_mistake)
        self._labels = labels
        self._pictures.clear()
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many images there are."""
        return 0 if parent.isValid() else len(self._images)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts or the picture."""
        image = self._images[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            problem = self._pictures.get(image.path)
            return f"{image.path}\n{problem}" if isinstance(problem, str) else image.path
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(index.row(), image.path)
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
            self._tasks[path] = run_in_pool(_picture, path, self._digests.get(path), self._cache, on_done=done)
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


class Gallery(QListView):
    """A row of pictures; a double click or Enter asks for one of them."""

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
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName(self.tr("Images behind the figure"))

    def set_source(self, digests: Mapping[str, str], cache: Path) -> None:
        """Take thumbnails of these content hashes, by path, from a project's cache."""
        self._scored.set_source(digests, cache)

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...]) -> None:
        """Show these images, the surest mistakes first."""
        self._scored.show_images(images, labels)
        self.scrollToTop()

    def images(self) -> list[ScoredImage]:
        """Return the images in the order they are shown."""
        return self._scored.images()

    def count(self) -> int:
        """Return how many images are shown."""
        return self._scored.rowCount()


def _by_mistake(image: ScoredImage) -> tuple[bool, float]:
    return image.truth == image.predicted, -image.confidence


def _picture(path: str, digest: str | None, cache: Path) -> QImage:
    if digest is None:
        pixels = decode_image(read_file(Path(path)), at_least=2 * SIDE)
    else:
        pixels = thumbnail(Path(path), digest, cache, THUMBNAIL_SIDE)
    return to_image(shrunk(pixels, 2 * SIDE))
