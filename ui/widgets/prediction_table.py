"""Predictions of many files; rows are added as they come."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, QSize, QSortFilterProxyModel, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QIcon, QImage, QPixmap
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.dataset.decode import read_image
from app.dataset.thumbnails import shrunk
from app.errors import AppError
from app.evaluation.rule import UNKNOWN, UNSURE
from ui import theme
from ui.item_models import to_image
from ui.jobs import Task, run_in_pool

ICON_SIDE = 40
RESULT_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
FILE, LABEL, CONFIDENCE, SECOND = range(4)
COLUMN_WIDTHS = {CONFIDENCE: 110, SECOND: 220}

Result = dict[str, Any]


class PredictionModel(QAbstractTableModel):
    """A row per file: name, label, confidence, and what else it might be."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._results: list[Result] = []
        self._names: Counter[str] = Counter()
        self._icons: dict[str, QIcon] = {}
        self._tasks: dict[str, Task] = {}

    def clear(self) -> None:
        """Forget every row."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.beginResetModel()
        self._results = []
        self._names.clear()
        self._icons.clear()
        self.endResetModel()

    def add(self, results: Sequence[Result]) -> None:
        """Append rows."""
        first = len(self._results)
        self.beginInsertRows(QModelIndex(), first, first + len(results) - 1)
        self._results.extend(results)
        self._names.update(Path(result["path"]).name for result in results)
        self.endInsertRows()

    def results(self) -> list[Result]:
        """Return every row in the order they came."""
        return self._results

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many files there are."""
        return 0 if parent.isValid() else len(self._results)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles."""
        titles = (self.tr("File"), self.tr("Label"), self.tr("Confidence"), self.tr("Next"))
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return titles[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts, the small picture, and what to sort by."""
        result = self._results[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(result, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return result["problem"] or result["path"]
        if role == Qt.ItemDataRole.DecorationRole and column == FILE:
            return self._icon(index.row(), result["path"])
        if role == SORT_ROLE:
            best = result["predictions"][:1]
            return best[0]["confidence"] if column == CONFIDENCE and best else self._text(result, column)
        if role == Qt.ItemDataRole.ForegroundRole and result["problem"]:
            return QBrush(theme.colour("bad"))
        return result if role == RESULT_ROLE else None

    def _text(self, result: Result, column: int) -> str:
        predictions = result["predictions"]
        if column == FILE:
            return self._name(Path(result["path"]))
        if not predictions:
            return str(result["problem"]) if column == LABEL else ""
        if column == LABEL:
            return self._label(result)
        if column == CONFIDENCE:
            return f"{predictions[0]['confidence']:.1%}"
        return f"{predictions[1]['label']} {predictions[1]['confidence']:.1%}" if len(predictions) > 1 else ""

    def _label(self, result: Result) -> str:
        label = str(result["predictions"][0]["label"])
        verdict = result.get("verdict")
        if verdict == UNKNOWN:
            return self.tr("unknown ({0}?)").format(label)
        return self.tr("unsure ({0}?)").format(label) if verdict == UNSURE else label

    def _name(self, path: Path) -> str:
        """Return the file's name, with its folder where others are called the same."""
        return f"{path.parent.name}/{path.name}" if self._names[path.name] > 1 else path.name

    def _icon(self, row: int, path: str) -> QIcon | None:
        if path not in self._icons and path not in self._tasks:
            self._tasks[path] = run_in_pool(_small, path, on_done=partial(self._on_small, row, path))
        return self._icons.get(path)

    def _on_small(self, row: int, path: str, image: QImage | AppError) -> None:
        self._tasks.pop(path, None)
        self._icons[path] = QIcon() if isinstance(image, AppError) else QIcon(QPixmap.fromImage(image))
        if row < len(self._results):
            self.dataChanged.emit(self.index(row, FILE), self.index(row, FILE))


class PredictionTable(QTableView):
    """Shows a PredictionModel, sortable; says which result the keyboard is on."""

    result_chosen = pyqtSignal(object)

    def __init__(self, model: PredictionModel, parent: QWidget | None = None):
        super().__init__(parent)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(model)
        self._sorted.setSortRole(SORT_ROLE)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ICON_SIDE + 8)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (FILE, LABEL):
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in COLUMN_WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setAccessibleName(self.tr("Predictions"))
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def choose(self, position: int) -> None:
        """Put the keyboard on a result, by its place among those that came."""
        self.setCurrentIndex(self._sorted.mapFromSource(self._sorted.sourceModel().index(position, FILE)))

    def _on_current_row_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.result_chosen.emit(current.data(RESULT_ROLE))


def _small(path: str) -> QImage:
    return to_image(shrunk(read_image(Path(path)), 2 * ICON_SIDE))
