"""Looks for leaks between training and the user's own test part before training, and asks what to do about them."""

import threading
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from app.engines.protocol import OnEvent
from app.project.project import Project
from ui.jobs import Job
from ui.state import AppState

if TYPE_CHECKING:
    from app.leaks import Leak


class LeakGuard(QObject):
    """Lets training pass, at once or after a question; a question that is not answered is none passed."""

    passed = pyqtSignal()
    held = pyqtSignal()  # until the question is answered

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window, self._state = window, state

    def check(self, seed: int) -> Job | None:
        """Return the job that looks, after which `passed` may follow; None where nothing can leak."""
        project = self._state.project
        if project is None or not project.has_own_test_part:
            return None
        job = self._state.jobs.start(self.tr("Looking for leaks"), partial(_find, project, seed))
        job.done.connect(self._on_job_done)
        return job

    @pyqtSlot(object)
    def _on_job_done(self, found: "tuple[Project, list[Leak]]") -> None:
        project, leaks = found
        if not leaks:
            self._pass()
        elif project is self._state.project:
            self.held.emit()
            from ui.leaks_dialog import LeaksDialog

            dialog = LeaksDialog(leaks, project.cache, self._window)
            dialog.train_requested.connect(self._pass)
            dialog.leave_out_requested.connect(self._on_leave_out_requested)
            dialog.open()

    @pyqtSlot(object)
    def _on_leave_out_requested(self, image_ids: list[int]) -> None:
        def wish() -> None:
            project = self._state.project
            if project is not None:
                change = partial(project.edits.set_excluded, image_ids, True)
                self._state.editing.edit_many(self.tr("Leaving images out"), change)
                self._state.editing.when_idle(self._pass)

        self._state.editing.when_idle(wish)

    @pyqtSlot()
    def _pass(self) -> None:
        """Say so when the job that looked is over."""
        QTimer.singleShot(0, self.passed.emit)


def _find(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event) -> "tuple[Project, list[Leak]]":
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.leaks import find_leaks

    return project, find_leaks(project, seed, on_event, cancel)
