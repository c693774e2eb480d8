"""What the tabs share: the open project and the running jobs."""

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.project.project import Project, default_project_folder, is_project, open_or_create
from app.project.records import ImportResult
from ui.editing import Editing
from ui.jobs import Job, Jobs

if TYPE_CHECKING:
    from app.training import RunResult, TrainingRequest


class AppState(QObject):
    """The only object that tabs have in common. Facts are signals in the past tense."""

    project_opened = pyqtSignal(object)
    project_closed = pyqtSignal()
    images_changed = pyqtSignal(object)  # the ids of the images, or None for all of them
    images_arrived = pyqtSignal()  # some of those that are being added
    images_added = pyqtSignal()  # all of them
    corrected = pyqtSignal(object, object)  # the path that was corrected, a Correction
    runs_changed = pyqtSignal()
    engines_changed = pyqtSignal()  # one was set up or removed
    networks_changed = pyqtSignal()  # one was added
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.project: Project | None = None
        self.jobs = Jobs(self)
        self.editing = Editing(self.jobs, self)
        self.editing.changed.connect(self.changed)
        self.editing.failed.connect(self.failed)

    def open_project(self, folder: Path, name: str = "") -> bool:
        """Open the project in a folder, or make one there if a name is given; tell whether it worked."""
        if self.project is not None and self.project.folder.resolve() == folder.resolve():
            return True
        try:
            project = open_or_create(folder, name) if name else Project.open(folder)
        except AppError as error:
            self.failed.emit(error)
            return False
        self.close_project()
        self.project = project
        self.project_opened.emit(project)
        return True

    def close_project(self) -> None:
        """Close the project, if one is open."""
        if self.project is not None:
            self.editing.forget()
            self.project.close()
            self.project = None
            self.project_closed.emit()

    def open_folder(self, folder: Path) -> Job | None:
        """Open a project folder, or import an image folder: into the open project, or its own default project."""
        if is_project(folder):
            self.open_project(folder)
            return None
        if self.project is None and not self.open_project(default_project_folder(folder), folder.name):
            return None
        return self.import_folder(folder)

    def import_folder(self, folder: Path) -> Job:
        """Add a folder of images to the open project, in the background."""
        project = self._open_project()
        job = self.jobs.start(self.tr("Adding images from {0}").format(folder.name), partial(_import, project, folder))
        job.progressed.connect(self.images_arrived)
        job.done.connect(self._on_import_done)
        job.failed.connect(self.failed)
        job.finished.connect(self._on_import_finished)
        return job

    def start_training(self, request: "TrainingRequest") -> Job:
        """Train on the open project, in the background."""
        job = self.jobs.start(self.tr("Training"), partial(_train, self._open_project(), request))
        job.finished.connect(self._on_training_finished)
        return job

    def resume_training(self, number: int) -> Job:
        """Go on with a run of the open project, in the background."""
        job = self.jobs.start(self.tr("Training"), partial(_resume, self._open_project(), number))
        job.finished.connect(self._on_training_finished)
        return job

    def train_again(self, number: int) -> Job:
        """Train on the open project with the settings of a run, in the background."""
        job = self.jobs.start(self.tr("Training"), partial(_train_again, self._open_project(), number))
        job.finished.connect(self._on_training_finished)
        return job

    def correct(self, path: Path, label: str) -> None:
        """Make a predicted picture part of the open project, with its right label, after the edits before it."""
        self.editing.when_idle(partial(self._correct, path, label))

    def _correct(self, path: Path, label: str) -> None:
        # Imported late, with numpy and OpenCV behind it: the window is seen before.
        from app.project.correcting import correct

        change = partial(correct, self._open_project(), path, label)
        job = self.editing.edit_many(self.tr("Adding to the data set"), change)
        job.done.connect(partial(self._on_corrected, path))

    def _on_corrected(self, path: Path, correction: object) -> None:
        self.corrected.emit(path, correction)
        self.images_added.emit()

    @pyqtSlot()
    def undo(self) -> None:
        """Take the last edit back, after those that are still being written."""
        self.editing.when_idle(self._undo)

    @pyqtSlot()
    def redo(self) -> None:
        """Make the last undone edit again."""
        self.editing.when_idle(self._redo)

    def _undo(self) -> None:
        if self.project is not None and self.project.edits.undo_title():
            self.editing.edit_many(self.tr("Undoing"), self.project.edits.undo)

    def _redo(self) -> None:
        if self.project is not None and self.project.edits.redo_title():
            self.editing.edit_many(self.tr("Redoing"), self.project.edits.redo)

    def changed(self, image_ids: list[int] | None = None) -> None:
        """Say that labels, classes or images were changed."""
        self.images_changed.emit(image_ids)

    def _open_project(self) -> Project:
        if self.project is None:
            raise AppError(self.tr("No project is open."), self.tr("Open one first."))
        return self.project

    @pyqtSlot(object)
    def _on_import_done(self, result: ImportResult) -> None:
        if result.skipped:
            files = "\n".join(f"{one.path}: {one.reason}" for one in result.skipped)
            self.failed.emit(
                AppError(
                    self.tr("{0} files could not be added.").format(len(result.skipped)),
                    self.tr("The details list them; the others are there."),
                    files,
                )
            )

    @pyqtSlot()
    def _on_import_finished(self) -> None:
        """Show what was added; also where it was stopped or failed half-way."""
        self.images_changed.emit(None)
        self.images_added.emit()

    @pyqtSlot()
    def _on_training_finished(self) -> None:
        self.runs_changed.emit()
        self.images_changed.emit(None)


def _import(project: Project, folder: Path, on_event: OnEvent, cancel: threading.Event) -> ImportResult:
    def on_count(done: int, total: int) -> None:
        on_event(Progress("files", done, total))

    return project.add_folder(folder, on_count, cancel)


def _train(project: Project, request: "TrainingRequest", on_event: OnEvent, cancel: threading.Event) -> "RunResult":
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.training import train

    return train(project, request, on_event, cancel)


def _resume(project: Project, number: int, on_event: OnEvent, cancel: threading.Event) -> "RunResult":
    from app.training import resume

    return resume(project, number, on_event, cancel)


def _train_again(project: Project, number: int, on_event: OnEvent, cancel: threading.Event) -> "RunResult":
    from app.repetition import request_like

    return _train(project, request_like(project, number), on_event, cancel)
