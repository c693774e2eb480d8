"""Scored images: picture, true and predicted label, confidence."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QObject, QSize, Qt
from PyQt5.QtGui import QIcon, QImage, QPixmap
from PyQt5.QtWidgets import QAbstractItemView, QListView, QWidget

from app.dataset.decode import read_image
from app.dataset.thumbnails import shrunk
from app.errors import AppError
from app.evaluation.report import ScoredImage
from ui.item_models import to_image
from ui.jobs import Task, run_in_pool

SIDE = 96
TEXT_HEIGHT = 60
PATH_ROLE = Qt.ItemDataRole.UserRole


class ScoredModel(QAbstractListModel):
    """The images of a gallery, the surest mistakes first."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._images: list[ScoredImage] = []
        self._labels: tuple[str, ...] = ()
        self._icons: OrderedDict[str, QIcon] = OrderedDict()
        self._tasks: dict[str, Task] = {}

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...]) -> None:
        """Replace the images."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.beginResetModel()
        self._images = sorted(images, key=_by_mistake)
        self._labels = labels
        self._icons.clear()
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many images there are."""
        return 0 if parent.isValid() else len(self._images)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts, picture or path."""
        image = self._images[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            return image.path
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(index.row(), image.path)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(SIDE + 16, SIDE + TEXT_HEIGHT)
        return Path(image.path) if role == PATH_ROLE else None

    def _text(self, image: ScoredImage) -> str:
        true, predicted = self._labels[image.truth], self._labels[image.predicted]
        if true == predicted:
            return self.tr("{0}\n{1:.0%} sure").format(true, image.confidence)
        return self.tr("{0}, called {1}\n{2:.0%} sure").format(true, predicted, image.confidence)

    def _icon(self, row: int, path: str) -> QIcon | None:
        if path in self._icons:
            return self._icons[path]
        if path not in self._tasks:
            self._tasks[path] = run_in_pool(_picture, path, on_done=partial(self._on_picture, row, path))
        return None

    def _on_picture(self, row: int, path: str, result: QImage | AppError) -> None:
        self._tasks.pop(path, None)
        self._icons[path] = QIcon() if isinstance(result, AppError) else QIcon(QPixmap.fromImage(result))
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

    def show_images(self, images: Sequence[ScoredImage], labels: tuple[str, ...]) -> None:
        """Show these images, the surest mistakes first."""
        self._scored.show_images(images, labels)

    def count(self) -> int:
        """Return how many images are shown."""
        return self._scored.rowCount()


def _by_mistake(image: ScoredImage) -> tuple[bool, float]:
    return image.truth == image.predicted, -image.confidence


def _picture(path: str) -> QImage:
    return to_image(shrunk(read_image(Path(path)), 2 * SIDE))
