"""The training runs of a project, the newest first."""

from collections.abc import Sequence
from datetime import datetime

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app.project.records import CANCELLED, DONE, FAILED, RUNNING, RunRow

REASON = 5  # the column
RUN_ROLE = Qt.ItemDataRole.UserRole


class RunList(QTreeWidget):
    """A row per run: number, state, accuracy with interval, time, and the reason where it did not end well."""

    run_activated = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setColumnCount(6)
        self.setHeaderLabels(
            [
                self.tr("Run"),
                self.tr("State"),
                self.tr("Test accuracy"),
                self.tr("When"),
                self.tr("Took"),
                self.tr("Reason"),
            ]
        )
        self.setToolTip(self.tr("Double-click a finished run, or press Enter on it, to review it."))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAccessibleName(self.tr("Runs"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.itemActivated.connect(self._on_item_activated)

    def show_runs(self, runs: Sequence[RunRow]) -> None:
        """List the runs."""
        self.clear()
        for run in runs:
            item = QTreeWidgetItem(
                [f"{run.number}", self._state(run), accuracy_text(run), _when(run), self._took(run), run.reason]
            )
            item.setData(0, RUN_ROLE, run)
            item.setToolTip(REASON, run.reason)
            self.addTopLevelItem(item)

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


def accuracy_text(run: RunRow) -> str:
    """Write a run's test accuracy with its interval; a dash where there is none."""
    if run.accuracy is None or run.interval is None:
        return "–"
    low, high = run.interval
    return f"{run.accuracy:.1%}  ({low:.1%} – {high:.1%})"


def _when(run: RunRow) -> str:
    return f"{datetime.fromisoformat(run.created).astimezone():%Y-%m-%d %H:%M}"
