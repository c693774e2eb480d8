"""Back up, restore and find moved images: the questions before, the work in the background, one word at its end."""

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QFileDialog, QWidget

from app.dataset.scan import Skipped
from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.files import safe_name
from app.project.project import Project
from app.project.relink import MovedFolder, Relinked, moved_folders, relink
from ui import messages
from ui.jobs import Job, Work, run_in_pool
from ui.state import AppState

if TYPE_CHECKING:
    from app.project.backup import Backup
    from app.project.restore import Restored

LISTED = 200  # files named behind "Details"


class Safekeeping(QObject):
    """What keeps a project safe, for the menu and for a project whose images are gone."""

    restored = pyqtSignal(object)  # the new project's folder
    complete = pyqtSignal(object)  # a project that was opened: its images are where they were

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window = window
        self._state = state
        state.project_opened.connect(self._on_project_opened)

    @pyqtSlot()
    def back_up(self) -> None:
        """Ask where to, and write the open project's backup."""
        project = self._state.project
        if project is None:
            return
        name = f"{safe_name(project.name)}.zip"
        path, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Back up the project to"), name, self.tr("Backup (*.zip)")
        )
        if not path:
            return
        with_images = messages.choose(
            self._window,
            self.tr("Back up the project"),
            self.tr("Labels, edits and models are backed up. Put copies of the {0:,} images in, too?").format(
                project.image_count()
            ),
            (self.tr("Without images"), self.tr("With images")),
        )
        if with_images is not None:
            file = Path(path if Path(path).suffix else f"{path}.zip")
            job = self._start(self.tr("Backing up"), partial(_back_up, project, file, bool(with_images)))
            job.done.connect(self._on_backup_done)

    @pyqtSlot()
    def restore(self) -> None:
        """Ask for a backup and a folder, and make a project there."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Choose a backup"), "", self.tr("Backup (*.zip);;All files (*)")
        )
        if not path:
            return
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Choose an empty folder for the restored project")
        )
        if folder:
            job = self._start(self.tr("Restoring a project"), partial(_restore, Path(path), Path(folder)))
            job.done.connect(self._on_restore_done)

    @pyqtSlot()
    def find_moved(self) -> None:
        """Ask for a folder, and look there for images that are missing."""
        project = self._state.project
        if project is None:
            return
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Choose the folder the images are in now"))
        if folder and self._state.project is project:
            job = self._start(self.tr("Looking for moved images"), partial(_relink, project, Path(folder)))
            job.done.connect(self._on_relink_done)

    def _start(self, title: str, work: Work) -> Job:
        job = self._state.jobs.start(title, work)
        job.failed.connect(self._state.failed)
        job.cancelled.connect(self._on_job_cancelled)
        return job

    # -- when a project is opened

    @pyqtSlot(object)
    def _on_project_opened(self, project: Project) -> None:
        run_in_pool(moved_folders, project, on_done=partial(self._on_moved_folders_known, project))

    def _on_moved_folders_known(self, project: Project, moved: list[MovedFolder] | AppError) -> None:
        if isinstance(moved, AppError) or self._state.project is not project:
            return
        if not moved:
            self.complete.emit(project)
            return
        images = sum(one.images for one in moved)
        question = self.tr("{0:,} images are not where they were:\n{1}\n\nThe labels are safe. Look for them?").format(
            images, "\n".join(str(one.folder) for one in moved)
        )
        if messages.ask(self._window, self.tr("Images are missing"), question, self.tr("Find moved images…")):
            self.find_moved()

    # -- the last words

    @pyqtSlot(object)
    def _on_backup_done(self, backup: "Backup") -> None:
        self._say(
            self.tr("The project is backed up ({0:,.1f} MB).").format(backup.size / 1e6),
            str(backup.file),
            self.tr("{0:,} images are not in it: they could not be read.").format(len(backup.skipped)),
            backup.skipped,
        )

    @pyqtSlot(object)
    def _on_restore_done(self, made: "Restored") -> None:
        self._say(
            self.tr("“{0}” is restored: {1:,} images, {2:,} runs.").format(made.name, made.images, made.runs),
            str(made.folder),
        )
        QTimer.singleShot(0, partial(self.restored.emit, made.folder))

    @pyqtSlot(object)
    def _on_relink_done(self, found: Relinked) -> None:
        self._state.changed(None)
        self._state.images_added.emit()
        lines = []
        if found.missing:
            lines.append(self.tr("Still missing: {0:,}. Look in another folder, too.").format(found.missing))
        if found.different:
            lines.append(
                self.tr("{0:,} files of the same name show something else and were not taken.").format(found.different)
            )
        if found.doubled:
            lines.append(self.tr("{0:,} had been added again; those have the labels now.").format(found.doubled))
        self._say(self.tr("{0:,} images were found.").format(found.found), "\n".join(lines))

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        self._say(self.tr("It was stopped. Nothing was changed."), "")

    def _say(self, message: str, hint: str, problem: str = "", skipped: tuple[Skipped, ...] = ()) -> None:
        """Say one thing when the job is over; with files that were left out, those are listed behind it."""
        if skipped:
            files = "\n".join(f"{one.path}: {one.reason}" for one in skipped[:LISTED])
            QTimer.singleShot(0, partial(self._state.failed.emit, AppError(message, f"{hint}\n{problem}", files)))
        else:
            text = f"{message}\n{hint}".strip()
            QTimer.singleShot(0, partial(messages.info, self._window, self.tr("Project"), text))


# Both imported late, with what packs files behind them: the window is seen before.


def _back_up(project: Project, file: Path, with_images: bool, on_event: OnEvent, cancel: threading.Event) -> "Backup":
    from app.project.backup import back_up

    return back_up(project, file, with_images, partial(_tell, on_event, "backup"), cancel)


def _restore(file: Path, folder: Path, on_event: OnEvent, cancel: threading.Event) -> "Restored":
    from app.project.restore import restore

    return restore(file, folder, partial(_tell, on_event, "restore"), cancel)


def _relink(project: Project, folder: Path, on_event: OnEvent, cancel: threading.Event) -> Relinked:
    return relink(project, folder, partial(_tell, on_event, "relink"), cancel)


def _tell(on_event: OnEvent, stage: str, done: int, total: int) -> None:
    on_event(Progress(stage, done, total))
