"""Images as a Qt model: rows are filtered in memory, thumbnails come from the background."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QPixmap

from app.errors import AppError
from app.project.records import FOLDER, SUGGESTED, ClassRow, ImageRow
from ui.image_filter import Filter, count_kinds, kinds_of
from ui.image_loading import Images
from ui.jobs import Task, run_in_pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.assist.lists import Guess

THUMBNAIL_SIDE = 256
KEPT_THUMBNAILS = 1200  # of up to 256 x 256 x 4 bytes: at most 300 MB
MOST_WAITING = 120  # what was scrolled past long ago is not made

ROW_ROLE = Qt.ItemDataRole.UserRole
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 1
CLASSES_ROLE = Qt.ItemDataRole.UserRole + 2
PROBLEM_ROLE = Qt.ItemDataRole.UserRole + 3
NOTE_ROLE = Qt.ItemDataRole.UserRole + 4


@dataclass(frozen=True)
class Note:
    """What the assistant says of an image: a class that it may have, with its likelihood of 0 to 1, or a few words."""

    words: str
    class_row: ClassRow | None = None


class ImageModel(QAbstractListModel):
    """The images that the filter takes."""

    labels_changed = pyqtSignal()  # the rows already tell the new ones

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._cache = Path()
        self._all: dict[int, ImageRow] = {}
        self._counts = count_kinds(())
        self._shown: list[ImageRow] = []
        self._positions: dict[int, int] = {}
        self._classes: dict[int, ClassRow] = {}
        self._filter = Filter()
        self._thumbnails: OrderedDict[str, QPixmap | str] = OrderedDict()
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._guesses: Mapping[int, Guess] = {}
        self._doubts: Mapping[int, Guess] = {}
        self._words: Mapping[int, str] = {}
        self._waiting: dict[str, set[int]] = {}  # positions of those without a thumbnail yet

    def show_images(self, images: Images) -> bool:
        """Replace all images; tell whether others are there now, or the same ones with other labels."""
        same = self._cache == images.cache and list(self._all) == list(images.rows)
        self._cache, self._all, self._counts = images.cache, images.rows, Counter(images.counts)
        if same:
            self._shown = [self._all[row.id] for row in self._shown]
            self._touch_all()
        else:
            self._refilter()
        self.labels_changed.emit()
        return not same

    def clear(self) -> None:
        """Show nothing."""
        self._filter = Filter()
        self.show_images(Images({}, count_kinds(()), Path()))

    def show_classes(self, classes: Sequence[ClassRow]) -> None:
        """Learn names and colours of the classes."""
        before = [(row.id, row.name, row.colour) for row in self._classes.values()]
        self._classes = {row.id: row for row in classes}
        if before != [(row.id, row.name, row.colour) for row in classes]:
            self._touch_all()

    def update_rows(self, rows: Iterable[ImageRow]) -> None:
        """Show new labels in place; images stay until the filter is set again, so that nothing jumps."""
        for row in rows:
            self._counts.subtract(kinds_of(self._all[row.id]) if row.id in self._all else ())
            self._counts.update(kinds_of(row))
            self._all[row.id] = row
            position = self._positions.get(row.id)
            if position is not None:
                self._shown[position] = row
                self._touch(position)
        self.labels_changed.emit()

    def add_rows(self, rows: Sequence[ImageRow]) -> None:
        """Show new images after the others."""
        self._all.update((row.id, row) for row in rows)
        for row in rows:
            self._counts.update(kinds_of(row))
        taken = self._filter.taken({row.id: row for row in rows})
        if taken:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(taken) - 1)
            self._shown += taken
            self._positions.update((row.id, first + number) for number, row in enumerate(taken))
            self.endInsertRows()

    def show_guesses(self, guesses: "Mapping[int, Guess]") -> None:
        """Show below unlabelled images what they may be."""
        self._guesses = guesses
        self._touch_all()

    def show_notes(self, doubts: "Mapping[int, Guess]", words: Mapping[int, str]) -> None:
        """Show below images what they may be instead of their label, or a few words, until the next filter."""
        self._doubts, self._words = doubts, words
        self._touch_all()

    def guess(self, image_id: int) -> "Guess | None":
        """Return what an unlabelled image may be."""
        row = self._all.get(image_id)
        return self._guesses.get(image_id) if row and not row.class_ids and not row.excluded else None

    def rows(self) -> list[ImageRow]:
        """Return all images, shown or not."""
        return list(self._all.values())

    def set_filter(self, chosen: Filter) -> None:
        """Show other images."""
        self._filter = chosen
        self._refilter()

    @property
    def filter(self) -> Filter:
        """Return what is shown at present."""
        return self._filter

    def counts(self) -> dict[str, int]:
        """Return how many of all images are of each kind."""
        return dict(self._counts)

    def waiting(self) -> bool:
        """Tell whether thumbnails are still being read."""
        return bool(self._tasks)

    def thumbnail(self, position: int) -> QPixmap | None:
        """Return the thumbnail at a position, if it is there already."""
        known = self._thumbnails.get(self._shown[position].digest)
        return known if isinstance(known, QPixmap) else None

    def classes_of(self, row: ImageRow) -> list[ClassRow]:
        """Return the classes of an image."""
        return [self._classes[key] for key in row.class_ids if key in self._classes]

    def ids(self) -> list[int]:
        """Return the ids of all images, shown or not."""
        return list(self._all)

    def row(self, position: int) -> ImageRow:
        """Return the image at a position."""
        return self._shown[position]

    def position(self, image_id: int) -> int | None:
        """Return where an image is shown, if it is."""
        return self._positions.get(image_id)

    def next_unlabelled(self, start: int) -> int | None:
        """Return the first position after `start`, around the end, of an image without a label."""
        count = len(self._shown)
        for step in range(1, count + 1):
            row = self._shown[(start + step) % count]
            if not row.class_ids and not row.excluded:
                return (start + step) % count
        return None

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many images are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what the delegate paints and a screen reader says."""
        if not index.isValid():
            return None
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.path.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            names = ", ".join(one.name for one in self.classes_of(row)) or self.tr("unlabelled")
            note = self._note(row)
            return ", ".join([row.path.name, names, *([note.words] if note else [])])
        return self._own_data(row, index.row(), role)

    def _tip(self, row: ImageRow) -> str:
        lines = [row.name]
        if row.origin == FOLDER:
            lines.append(self.tr("The label is the name of its folder (in italics until you set one)."))
        doubt = self._doubts.get(row.id)
        if doubt is not None and doubt.class_id in self._classes:
            words = self.tr("A model that never saw this image gives its label {0:.0%}, and thinks of {1}.")
            lines.append(words.format(1 - doubt.confidence, self._classes[doubt.class_id].name))
        if row.origin == SUGGESTED:
            lines.append(self.tr("The label is an accepted suggestion (a ring instead of a dot)."))
        if row.split:
            lines.append(self.tr("Part: {0}").format(row.split))
        if row.group:
            lines.append(self.tr("Group: {0}").format(row.group))
        if row.problem:
            lines.append(row.problem)
        return "\n".join(lines)

    def _own_data(self, row: ImageRow, position: int, role: int) -> Any:
        if role == ROW_ROLE:
            return row
        if role == CLASSES_ROLE:
            return self.classes_of(row)
        if role == PROBLEM_ROLE:
            known = self._thumbnails.get(row.digest)
            return row.problem or (known if isinstance(known, str) else None)
        if role == THUMBNAIL_ROLE:
            return self._thumbnail(row, position)
        if role == NOTE_ROLE:
            return self._note(row)
        return None

    def _note(self, row: ImageRow) -> Note | None:
        """Say what the assistant thinks of an image; of a doubtful label only what it may be, as room is scarce."""
        if row.id in self._words:
            return Note(self._words[row.id])
        guess, words = self.guess(row.id), self.tr("{0}? {1:.0%}")
        if guess is None:
            guess, words = self._doubts.get(row.id), self.tr("{0}?")
        if guess is None or guess.class_id not in self._classes:
            return None
        one = self._classes[guess.class_id]
        return Note(words.format(one.name, guess.confidence), one)

    def _thumbnail(self, row: ImageRow, position: int) -> QPixmap | None:
        known = self._thumbnails.get(row.digest)
        if known is not None:
            self._thumbnails.move_to_end(row.digest)
            return known if isinstance(known, QPixmap) else None
        self._waiting.setdefault(row.digest, set()).add(position)
        if row.digest not in self._tasks:
            done = partial(self._on_thumbnail_done, row.digest)
            self._tasks[row.digest] = run_in_pool(_thumbnail_image, row.path, row.digest, self._cache, on_done=done)
            if len(self._tasks) > MOST_WAITING:
                digest, task = self._tasks.popitem(last=False)
                self._waiting.pop(digest, None)
                task.cancel()
        return None

    def _on_thumbnail_done(self, digest: str, result: QImage | AppError) -> None:
        self._tasks.pop(digest, None)
        self._thumbnails[digest] = result.message if isinstance(result, AppError) else QPixmap.fromImage(result)
        if len(self._thumbnails) > KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        for position in self._waiting.pop(digest, ()):
            self._touch(position)

    def _refilter(self) -> None:
        self.beginResetModel()
        self._shown = self._filter.taken(self._all)
        self._positions = {row.id: position for position, row in enumerate(self._shown)}
        self._waiting.clear()
        self.endResetModel()

    def _touch(self, position: int) -> None:
        index = self.index(position)
        self.dataChanged.emit(index, index)

    def _touch_all(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))


def _thumbnail_image(path: Path, digest: str, cache: Path) -> QImage:
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.dataset.thumbnails import thumbnail

    return to_image(thumbnail(path, digest, cache, THUMBNAIL_SIDE))


def to_image(pixels: "NDArray[np.uint8]") -> QImage:
    """Copy RGB pixels [H, W, 3] into a Qt image."""
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
