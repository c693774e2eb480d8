"""Measures in other ways than a run does: every labelled image out of fold, or a model on other images."""

import threading
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.cross_validation import cross_validate
from app.dataset.scan import Skipped
from app.engines.protocol import OnEvent
from app.errors import AppError
from app.evaluation.subjects import Subject, cross_validation_subject
from app.project.project import Project
from app.trying import try_run
from ui.jobs import Job, Work
from ui.state import AppState

SEED = 0
Result = tuple[Project, Subject, tuple[Skipped, ...]]


class Measuring(QObject):
    """Starts one measurement at a time and tells what came of it."""

    measured = pyqtSignal(object)  # the Subject that can be reviewed now
    busy_changed = pyqtSignal(bool)

    def __init__(self, state: AppState, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None

    @pyqtSlot()
    def cross_validate(self) -> None:
        """Predict every labelled image by models that saw neither it nor its group."""
        if self._state.project is not None:
            self._start(self.tr("Cross-validating"), partial(_cross_validate, self._state.project))

    def try_folder(self, number: int, data: Path) -> None:
        """Try the model of a run on a folder of images, labelled by its sub-folders or not at all."""
        if self._state.project is not None:
            work = partial(_try_folder, self._state.project, number, data)
            self._start(self.tr("Testing on {0}").format(data.name), work)

    def _start(self, title: str, work: Work) -> None:
        if self._job is not None:
            return
        self._job = self._state.jobs.start(title, work)
        self._job.done.connect(self._on_job_done)
        self._job.failed.connect(self._state.failed)
        self._job.finished.connect(self._on_job_finished)
        self.busy_changed.emit(True)

    @pyqtSlot(object)
    def _on_job_done(self, result: Result) -> None:
        project, subject, skipped = result
        if project is not self._state.project:
            return
        self.measured.emit(subject)
        if skipped:
            files = "\n".join(f"{one.path}: {one.reason}" for one in skipped)
            text = self.tr("{0:,} files were left out.").format(len(skipped))
            self._state.failed.emit(AppError(text, self.tr("The details list them."), files))

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self.busy_changed.emit(False)


def _cross_validate(project: Project, on_event: OnEvent, cancel: threading.Event) -> Result:
    cross_validate(project, SEED, on_event, cancel)
    return project, cross_validation_subject(project), ()


def _try_folder(project: Project, number: int, data: Path, on_event: OnEvent, cancel: threading.Event) -> Result:
    return project, *try_run(project, number, data, on_event, cancel)
