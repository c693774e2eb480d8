"""The other runs that one can be compared with."""

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from app.project.records import DONE
from ui.compare_window import CompareWindow
from ui.state import AppState
from ui.widgets.run_list import accuracy_text


class CompareMenu(QMenu):
    """Lists the finished runs but for the one that is looked at; choosing one opens the comparison."""

    def __init__(self, state: AppState, parent: QWidget):
        super().__init__(parent)
        self.setTitle(self.tr("&Compare with"))
        self._state = state
        self._number: int | None = None
        state.runs_changed.connect(self._fill)
        self.triggered.connect(self._on_triggered)
        self._fill()

    def show_run(self, number: int | None) -> None:
        """Compare with this run from now on; None is something else than a run."""
        self._number = number
        self._fill()

    @pyqtSlot()
    def _fill(self) -> None:
        self.clear()
        project = self._state.project
        for run in project.runs() if project and self._number is not None else []:
            if run.state == DONE and run.number != self._number:
                action = self.addAction(self.tr("Run {0}: {1}").format(run.number, accuracy_text(run)))
                action.setData(run.number)
        self.menuAction().setEnabled(not self.isEmpty())

    @pyqtSlot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        if self._number is not None:
            CompareWindow(self._state, [self._number, action.data()], self.parentWidget().window()).show()
