"""Predictions of many files: rows are added as they come, sorted and filtered at once, and take little memory."""

import os
from collections import Counter, OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QIcon, QImage, QPixmap

from app.dataset.archive import original
from app.dataset.decode import decode_image, read_file
from app.dataset.thumbnails import shrunk
from app.errors import AppError
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE
from app.export.answers import Answers, Result
from ui import theme
from ui.item_models import to_image
from ui.jobs import Task, run_in_pool

ICON_SIDE = 40
KEPT_ICONS = 500  # more than any screen shows; older ones are made again
RESULT_ROLE = Qt.ItemDataRole.UserRole
COLUMNS = (FILE, LABEL, CONFIDENCE, SECOND) = range(4)
UNSORTED = -1
KNOWN = (ALL, GOOD, STRANGE, UNCERTAIN, BAD) = ("all", ACCEPTED, UNKNOWN, UNSURE, "unreadable")


class PredictionModel(QAbstractTableModel):
    """A row per file that is wanted: name, label, confidence, and what else it might be, in any order.

    It sorts and filters itself: asked by Qt for each comparison, ten thousand rows would hold the window up.
    """

    counted = pyqtSignal()  # there are other answers, or others are shown

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._answers = Answers(())
        self._rows: list[int] = []  # the answers that are shown, by their numbers
        self._places: dict[int, int] = {}  # and the other way round
        self._sorting = (UNSORTED, Qt.SortOrder.AscendingOrder)
        self._text, self._kind = "", ALL
        self._names: Counter[str] = Counter()
        self._icons: OrderedDict[str, QIcon] = OrderedDict()
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def clear(self, labels: Sequence[str] = ()) -> None:
        """Forget every row; the next ones are answers of a model with these labels."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.beginResetModel()
        self._answers = Answers(labels)
        self._names.clear()
        self._icons.clear()
        self._show([])
        self.endResetModel()
        self.counted.emit()

    def add(self, results: Sequence[Result]) -> None:
        """Append answers; those that are wanted are shown in their place."""
        first, shown = len(self._answers), len(self._rows)
        self._answers.add(results)
        self._names.update(os.path.basename(result["path"]) for result in results)
        new = [number for number in range(first, len(self._answers)) if self._is_wanted(number)]
        if new:
            self.beginInsertRows(QModelIndex(), shown, shown + len(new) - 1)
            self._rows += new
            self._places.update((number, shown + at) for at, number in enumerate(new))
            self.endInsertRows()
            if self._sorting[0] != UNSORTED:
                self.sort(*self._sorting)
        self.counted.emit()

    def set_filter(self, text: str, kind: str) -> None:
        """Show the answers of a kind, one of KNOWN, with a text in file name or label."""
        self._text, self._kind = text.casefold(), kind
        self.beginResetModel()
        self._show(self._sorted([number for number in range(len(self._answers)) if self._is_wanted(number)]))
        self.endResetModel()
        self.counted.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Show the answers by a column; UNSORTED shows them as they came."""
        self._sorting = (column, order)
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        numbers = [self._rows[index.row()] for index in before]
        self._show(self._sorted(self._rows))
        after = [
            self.index(self._places[number], index.column()) for number, index in zip(numbers, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def row_of(self, number: int) -> int | None:
        """Return where an answer is shown, by its number among those that came."""
        return self._places.get(number)

    def _show(self, rows: list[int]) -> None:
        self._rows = rows
        self._places = {number: at for at, number in enumerate(rows)}

    def _sorted(self, rows: list[int]) -> list[int]:
        column, order = self._sorting
        if column == UNSORTED:
            return sorted(rows)
        return sorted(rows, key=partial(self._key, column), reverse=order == Qt.SortOrder.DescendingOrder)

    def _key(self, column: int, number: int) -> tuple[float, str]:
        if column == CONFIDENCE:
            best = self._answers.best(number, 1)
            return (best[0][1] if best else -1.0, "")
        return (0.0, self.text(number, column).casefold())

    def _is_wanted(self, number: int) -> bool:
        problem = self._answers.problem(number) is not None
        if self._kind != ALL and self._kind != (BAD if problem else self._answers.verdict(number)):
            return False
        return not self._text or any(self._text in self.text(number, at).casefold() for at in (FILE, LABEL))

    def results(self) -> Answers:
        """Return every result in the order they came."""
        return self._answers

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many files are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles."""
        titles = (self.tr("File"), self.tr("Label"), self.tr("Confidence"), self.tr("Next"))
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return titles[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts, the small picture, and the whole result."""
        number, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(number, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._answers.problem(number) or str(original(Path(self._answers.path(number))))
        if role == Qt.ItemDataRole.DecorationRole and column == FILE:
            return self._icon(number)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._shade(number)
        return self._answers[number] if role == RESULT_ROLE else None

    def text(self, number: int, column: int) -> str:
        """Return what a column says of an answer."""
        if column == FILE:
            return self._name(self._answers.path(number))
        best = self._answers.best(number, 2 if column == SECOND else 1)
        if not best:
            return str(self._answers.problem(number)) if column == LABEL else ""
        if column == LABEL:
            return self._label(best[0][0], self._answers.verdict(number))
        if column == CONFIDENCE:
            return f"{best[0][1]:.1%}"
        return f"{best[1][0]} {best[1][1]:.1%}" if len(best) > 1 else ""

    def _label(self, label: str, verdict: str | None) -> str:
        if verdict == UNKNOWN:
            return self.tr("unknown ({0}?)").format(label)
        return self.tr("unsure ({0}?)").format(label) if verdict == UNSURE else label

    def _shade(self, number: int) -> QBrush | None:
        if self._answers.problem(number):
            return QBrush(theme.colour("bad"))
        return QBrush(theme.colour("muted")) if self._answers.verdict(number) in (UNKNOWN, UNSURE) else None

    def _name(self, path: str) -> str:
        """Return the file's name, with its folder where others are called the same."""
        folder, name = os.path.split(path)
        return f"{os.path.basename(folder)}/{name}" if self._names[name] > 1 else name

    def _icon(self, number: int) -> QIcon | None:
        path = self._answers.path(number)
        if path not in self._icons and path not in self._tasks:
            self._tasks[path] = run_in_pool(_small, path, on_done=partial(self._on_small, number, path))
            if len(self._tasks) > KEPT_ICONS:  # scrolled past long ago
                self._tasks.popitem(last=False)[1].cancel()
        return self._icons.get(path)

    def _on_small(self, number: int, path: str, image: QImage | AppError) -> None:
        self._tasks.pop(path, None)
        self._icons[path] = QIcon() if isinstance(image, AppError) else QIcon(QPixmap.fromImage(image))
        if len(self._icons) > KEPT_ICONS:
            self._icons.popitem(last=False)
        row = self._places.get(number)
        if row is not None:
            self.dataChanged.emit(self.index(row, FILE), self.index(row, FILE))


def _small(path: str) -> QImage:
    return to_image(shrunk(decode_image(read_file(Path(path)), 2 * ICON_SIDE), 2 * ICON_SIDE))
