"""The assistant in the window: it analyses the images once, then answers while the user labels."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.protocol import OnEvent
from app.errors import AppError
from app.project.project import Project
from app.project.records import ImageRow
from ui.jobs import Job, Task, run_in_pool
from ui.state import AppState

if TYPE_CHECKING:
    from app.assist.lists import Assistant, Guess, ImageList

Rows = Callable[[], Sequence[ImageRow]]
Question = Callable[["Assistant", Sequence[ImageRow]], "ImageList"]


class Assistance(QObject):
    """Asks the assistant in the background; `rows` tells how the images are labelled now."""

    found = pyqtSignal(object)
    suggested = pyqtSignal(object)
    busy_changed = pyqtSignal(bool)

    def __init__(self, state: AppState, rows: Rows, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._rows = rows
        self._assistant: Assistant | None = None
        self._job: Job | None = None
        self._question: Question | None = None
        self._answer: Task | None = None
        self._refresh: Task | None = None
        self._stale = False  # labelled on while suggestions were being computed
        state.project_opened.connect(self._forget)
        state.project_closed.connect(self._forget)
        state.images_added.connect(self._forget)

    def ask(self, question: Question) -> None:
        """Answer by `found`, or say why not; the first question analyses the images."""
        self._question = question
        if self._assistant is not None:
            self._answer_question()
        elif self._job is None and self._state.project is not None:
            work = partial(_analyse, self._state.project)
            self._job = self._state.jobs.start(self.tr("Looking at the images"), work)
            self._job.done.connect(self._on_job_done)
            self._job.failed.connect(self._state.failed)
            self._job.finished.connect(self._on_job_finished)
            self.busy_changed.emit(True)

    def close_down(self) -> None:
        """Forget what is being computed."""
        for task in (self._answer, self._refresh):
            if task is not None:
                task.cancel()
        self._answer = self._refresh = None

    @pyqtSlot()
    def _forget(self) -> None:
        self.close_down()
        self._assistant = self._question = None
        self.suggested.emit({})

    @pyqtSlot(object)
    def _on_job_done(self, result: "tuple[Project, Assistant]") -> None:
        project, assistant = result
        if project is self._state.project:
            self._assistant = assistant
            self._answer_question()
            self.renew()

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self.busy_changed.emit(False)

    def _answer_question(self) -> None:
        if self._assistant is not None and self._question is not None:
            if self._answer is not None:
                self._answer.cancel()
            self._answer = run_in_pool(self._question, self._assistant, self._rows(), on_done=self._on_answered)

    def _on_answered(self, result: "ImageList | AppError") -> None:
        self._answer = None
        if isinstance(result, AppError):
            self._state.failed.emit(result)
        else:
            self.found.emit(result)

    @pyqtSlot()
    def renew(self) -> None:
        """Learn from the labels that `rows` tells now; one computation at a time, and a last one after the last."""
        if self._assistant is None:
            return
        self._stale = self._refresh is not None
        if not self._stale:
            self._refresh = run_in_pool(_guesses, self._assistant, self._rows(), on_done=self._on_suggested)

    def _on_suggested(self, result: "dict[int, Guess] | AppError") -> None:
        """Show them; too few labels are no failure here, where nobody asked."""
        self._refresh = None
        self.suggested.emit({} if isinstance(result, AppError) else result)
        if self._stale:
            self.renew()


def _analyse(project: Project, on_event: OnEvent, cancel: threading.Event) -> "tuple[Project, Assistant]":
    # Imported late, with numpy behind it: the window is seen before.
    from app.assist.analysis import analyse
    from app.assist.lists import Assistant
    from app.assist.suggest import Suggester

    analysis = analyse(project, on_event, cancel, measured=True)
    return project, Assistant(analysis, Suggester(analysis.features))


def _guesses(assistant: "Assistant", rows: Sequence[ImageRow]) -> "dict[int, Guess]":
    return assistant.suggest(rows)[1]
