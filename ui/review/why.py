"""The training images most like the one that is looked at."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QIcon, QImage, QPixmap
from PyQt5.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QStackedWidget, QVBoxLayout, QWidget

from app.engines.snapshot import SnapshotImage
from app.errors import AppError
from app.evaluation.neighbours import Neighbour, nearest_training_images
from ui.jobs import Task, run_in_pool
from ui.widgets.gallery import small_picture

NUMBER = 6
SIDE = 44
TrainedFor = Callable[[str], Sequence[SnapshotImage]]  # by the path of an image


class Why(QWidget):
    """A row of training images with their labels; found in the background."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._labels: Sequence[str] = ()
        self._trained_for: TrainedFor = _nothing
        self._digests: Mapping[str, str] = {}
        self._cache = Path()
        self._tasks: list[Task] = []
        self._words = QLabel(objectName="muted", wordWrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Training images most like this one"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setWrapping(False)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumHeight(SIDE + 34)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._words)
        self._pages.addWidget(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(QLabel(self.tr("Most alike in training"), objectName="muted"))
        layout.addWidget(self._pages, 1)

    def set_source(
        self, labels: Sequence[str], trained_for: TrainedFor, digests: Mapping[str, str], cache: Path
    ) -> None:
        """Look among the training images for a path, whose features are in a project's cache."""
        self._labels, self._trained_for, self._digests, self._cache = labels, trained_for, digests, cache
        self.show_path(None)

    def show_path(self, path: str | None) -> None:
        """Find the training images most like this one."""
        self._cancel()
        self.list.clear()
        self._say("" if path is None else self.tr("Looking…"))
        if path is not None:
            digest = self._digests.get(path, "")
            work = (nearest_training_images, self._cache, digest, self._trained_for(path), NUMBER)
            self._tasks.append(run_in_pool(*work, on_done=self._on_found))

    def close_down(self) -> None:
        """Wait for nothing any more."""
        self._cancel()

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _say(self, text: str) -> None:
        self._words.setText(text)
        self._pages.setCurrentIndex(0)

    def _on_found(self, found: list[Neighbour] | AppError) -> None:
        if isinstance(found, AppError):
            self._say(f"{found.message} {found.hint}")
            return
        if not found:
            self._say(self.tr("The features of these images are not stored."))
            return
        self._pages.setCurrentIndex(1)
        for row, one in enumerate(found):
            label = self._labels[one.image.label]
            item = QListWidgetItem(label)
            item.setToolTip(self.tr("{0}\n“{1}”, likeness {2:.2f}").format(one.image.path, label, one.cosine))
            item.setSizeHint(QSize(SIDE + 18, SIDE + 24))
            self.list.addItem(item)
            done = partial(self._on_picture, row)
            task = run_in_pool(small_picture, one.image.path, one.image.digest, self._cache, on_done=done)
            self._tasks.append(task)

    def _on_picture(self, row: int, result: QImage | AppError) -> None:
        item = self.list.item(row)
        if item is not None and not isinstance(result, AppError):
            item.setIcon(QIcon(QPixmap.fromImage(result)))


def _nothing(path: str) -> Sequence[SnapshotImage]:
    return ()
