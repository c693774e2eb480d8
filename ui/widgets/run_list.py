"""The training runs of a project, the newest first."""

from collections.abc import Sequence
from datetime import datetime

from PyQt5.QtCore import QDateTime, QItemSelectionModel, QLocale, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app.project.records import CANCELLED, DONE, FAILED, RUNNING, RunRow
from app.settings import PRESETS

NUMBER, STATE, PRESET, VALIDATION, TEST, WHEN, TOOK, REASON, DATA = range(9)  # the columns
RUN_ROLE = Qt.ItemDataRole.UserRole
STAR = "★"
NOTHING = "–"


class RunList(QTreeWidget):
    """A row per run: number, state, preset, figures with intervals, time, a note or why it ended, data version."""

    run_activated = pyqtSignal(int)
    selection_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._listed: list[RunRow] = []
        self.setColumnCount(DATA + 1)
        self.setHeaderLabels(
            [
                self.tr("Run"),
                self.tr("State"),
                self.tr("Preset"),
                self.tr("Validation"),
                self.tr("Test accuracy"),
                self.tr("When"),
                self.tr("Took"),
                self.tr("Note"),
                self.tr("Data"),
            ]
        )
        self._explain_columns()
        self.setToolTip(self.tr("Double-click a finished run, or press Enter on it, to review it."))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setAccessibleName(self.tr("Runs"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.setSortingEnabled(True)
        self.sortByColumn(NUMBER, Qt.SortOrder.DescendingOrder)
        self.itemActivated.connect(self._on_item_activated)
        self.itemSelectionChanged.connect(self.selection_changed)

    def _explain_columns(self) -> None:
        header = self.headerItem()
        for column, text in (
            (VALIDATION, self.tr("On images that training held out; settings are chosen by this figure.")),
            (TEST, self.tr("On the test images, which nothing was chosen by, with the 95% interval.")),
            (DATA, self.tr("Runs with the same mark worked on the same images and labels.")),
        ):
            header.setToolTip(column, text)

    def show_runs(self, runs: Sequence[RunRow]) -> None:
        """List the runs, unless they are listed as they are; those that were selected stay so, and the current one."""
        if list(runs) == self._listed:
            return
        self._listed = list(runs)
        chosen = {run.number for run in self.selected_runs()}
        current = None if self.currentItem() is None else self.currentItem().data(0, RUN_ROLE).number
        self.blockSignals(True)
        self.clear()
        for run in runs:
            item = _Row(self._texts(run))
            item.setData(0, RUN_ROLE, run)
            item.setToolTip(REASON, item.text(REASON))
            item.setToolTip(WHEN, f"{_moment(run):%Y-%m-%d %H:%M}")
            if run.starred:
                item.setData(NUMBER, Qt.ItemDataRole.AccessibleTextRole, self.tr("{0}, starred").format(run.number))
            self.addTopLevelItem(item)
            item.setSelected(run.number in chosen)
            if run.number == current:
                self.setCurrentItem(item, 0, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.blockSignals(False)
        self.selection_changed.emit()

    def selected_runs(self) -> list[RunRow]:
        """Return the runs that are selected, the oldest first."""
        return sorted((item.data(0, RUN_ROLE) for item in self.selectedItems()), key=lambda run: run.number)

    def _texts(self, run: RunRow) -> list[str]:
        preset = PRESETS.get(run.preset)
        return [
            f"{STAR} {run.number}" if run.starred else f"{run.number}",
            self._state(run),
            preset.title if preset else run.engine,
            _figure(run.validation.share, run.validation.interval) if run.validation else NOTHING,
            _figure(run.accuracy, run.interval),
            _when(run),
            self._took(run),
            " · ".join(part for part in (run.note.replace("\n", " "), run.reason) if part),
            run.data or NOTHING,
        ]

    def _state(self, run: RunRow) -> str:
        return {
            DONE: self.tr("done"),
            RUNNING: self.tr("running"),
            CANCELLED: self.tr("stopped"),
            FAILED: self.tr("failed"),
        }[run.state]

    def _took(self, run: RunRow) -> str:
        return "" if run.seconds is None else self.tr("{0:,.0f} s").format(run.seconds)

    @pyqtSlot(QTreeWidgetItem, int)
    def _on_item_activated(self, item: QTreeWidgetItem, column: int) -> None:
        run: RunRow = item.data(0, RUN_ROLE)
        if run.state == DONE:
            self.run_activated.emit(run.number)


class _Row(QTreeWidgetItem):
    """A run that is sorted by its values, not by how they are written."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn()
        mine, others = (_key(item.data(0, RUN_ROLE), column, item.text(column)) for item in (self, other))
        return mine < others


def _key(run: RunRow, column: int, text: str) -> tuple[float, str]:
    numbers = {
        NUMBER: run.number,
        VALIDATION: -1.0 if run.validation is None else run.validation.share,
        TEST: -1.0 if run.accuracy is None else run.accuracy,
        WHEN: _moment(run).timestamp(),
        TOOK: -1.0 if run.seconds is None else run.seconds,
    }
    return (numbers[column], "") if column in numbers else (0.0, text)


def accuracy_text(run: RunRow) -> str:
    """Write a run's test accuracy with its interval; a dash where there is none."""
    if run.accuracy is None or run.interval is None:
        return NOTHING
    low, high = run.interval
    return f"{run.accuracy:.1%}  ({low:.1%} – {high:.1%})"


def _figure(share: float | None, interval: tuple[float, float] | None) -> str:
    """Write a figure in the little room of a column."""
    if share is None or interval is None:
        return NOTHING
    low, high = interval
    return f"{share:.1%} ({100 * low:.1f}–{100 * high:.1f})"


def _when(run: RunRow) -> str:
    """Write a moment of this year without it, as there is little room."""
    moment = _moment(run)
    this_year = moment.year == datetime.now().year
    return str(QLocale().toString(QDateTime(moment), "d MMM hh:mm" if this_year else "d MMM yyyy"))


def _moment(run: RunRow) -> datetime:
    return datetime.fromisoformat(run.created).astimezone()
