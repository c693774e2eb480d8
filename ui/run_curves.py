"""The curves of the runs that are selected in a list, read in the background."""

from collections.abc import Sequence
from functools import partial

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.run_curves import RunCurves, read_run_curves
from app.errors import AppError
from app.project.records import RUNNING
from ui.jobs import OnDone, run_in_pool
from ui.state import AppState
from ui.widgets.run_list import RunList


class SelectedCurves(QObject):
    """Follows the selection; the run that is watched is left out."""

    found = pyqtSignal(object)  # RunCurves of each selected run
    classes_found = pyqtSignal(object)  # the names of a run's classes

    def __init__(self, state: AppState, runs: RunList, parent: QObject):
        super().__init__(parent)
        self._state, self._runs = state, runs
        self._wanted: tuple[int, ...] = ()
        self._watched: int | None = None
        runs.selection_changed.connect(self.refresh)

    def leave_out(self, number: int | None) -> None:
        """Leave out the run that is watched, which is drawn already."""
        self._watched = number
        self.refresh()

    @pyqtSlot()
    def refresh(self) -> None:
        """Read what is selected, unless it is what was read last."""
        chosen = [run for run in self._runs.selected_runs() if run.state != RUNNING]
        wanted = tuple(run.number for run in chosen if run.number != self._watched)
        if wanted != self._wanted:
            self._wanted = wanted
            self._read(wanted, partial(self._on_read, wanted))

    def ask_classes(self, number: int) -> None:
        """Find the names of a run's classes."""
        self._read((number,), self._on_classes_read)

    def _read(self, numbers: Sequence[int], on_done: OnDone) -> None:
        project = self._state.project
        folders = {number: project.run_folder(number) for number in numbers} if project else {}
        run_in_pool(read_run_curves, folders, on_done=on_done)

    def _on_read(self, wanted: tuple[int, ...], result: list[RunCurves] | AppError) -> None:
        if wanted == self._wanted and not isinstance(result, AppError):
            self.found.emit(result)

    def _on_classes_read(self, result: list[RunCurves] | AppError) -> None:
        if not isinstance(result, AppError) and result:
            self.classes_found.emit(result[0].classes)
