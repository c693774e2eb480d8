"""Offer to go on with a run that was cut off: by a crash of the program, of its worker, or of the computer."""

from functools import partial

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from app.errors import AppError
from app.project.project import Project
from app.project.records import FAILED, RunRow
from ui import messages
from ui.jobs import run_in_pool
from ui.state import AppState


class Interruption(QObject):
    """Asks when a project is opened; not for a run that the user stopped, or that a sweep goes on with."""

    resume_requested = pyqtSignal(int)

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window, self._state = window, state

    @pyqtSlot(object)
    def look(self, project: Project) -> None:
        """Look for such a run in a project that was opened."""
        run_in_pool(_cut_off, project, on_done=partial(self._on_known, project))

    def _on_known(self, project: Project, run: RunRow | AppError | None) -> None:
        if not isinstance(run, RunRow) or self._state.project is not project or self._state.jobs.needed:
            return
        question = self.tr(
            "Run {0} was cut off: {1}\n\nIt can go on from its last checkpoint, which is at most a minute older, with "
            "the labels of that run. Later the Train tab offers the same."
        ).format(run.number, run.reason)
        if messages.ask(self._window, self.tr("A run was cut off"), question, self.tr("Go on with it")):
            self.resume_requested.emit(run.number)


def _cut_off(project: Project) -> RunRow | None:
    runs = project.runs()
    if not runs or runs[0].state != FAILED or runs[0].sweep is not None:
        return None
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.training import resumable_run

    return runs[0] if resumable_run(project) == runs[0].number else None
