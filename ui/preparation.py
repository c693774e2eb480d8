"""What a project still needs when it is opened or grew: the rest of an import, then thumbnails."""

import threading
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSlot

from app.engines.protocol import OnEvent, Progress
from app.project.project import Project
from ui.item_models import THUMBNAIL_SIDE
from ui.jobs import Job, run_in_pool
from ui.state import AppState


class Preparation(QObject):
    """Goes on with what was cancelled or cut off, one job after the other."""

    def __init__(self, state: AppState, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        state.project_opened.connect(self._on_project_opened)
        state.project_closed.connect(self._on_project_closed)
        state.images_added.connect(self._look_for_missing)

    @pyqtSlot(object)
    def _on_project_opened(self, project: Project) -> None:
        for folder in project.unfinished_folders():
            if folder.is_dir():
                self._state.import_folder(folder)
                return
        self._look_for_missing()

    @pyqtSlot()
    def _on_project_closed(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @pyqtSlot()
    def _look_for_missing(self) -> None:
        project = self._state.project
        if project is not None and self._job is None:
            run_in_pool(_missing, project, on_done=partial(self._on_missing_found, project))

    def _on_missing_found(self, project: Project, missing: object) -> None:
        """Start on the thumbnails; where they could not be looked for, they are made as they are seen."""
        if isinstance(missing, list) and missing and project is self._state.project and self._job is None:
            work = partial(_make, missing, project.cache)
            self._job = self._state.jobs.start(self.tr("Making thumbnails"), work, detached=True)
            self._job.finished.connect(self._on_job_finished)

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None


def _missing(project: Project) -> list[tuple[Path, str]]:
    from app.dataset.thumbnails import missing_thumbnails

    return missing_thumbnails(project.readable_files(), project.cache, THUMBNAIL_SIDE)


def _make(missing: list[tuple[Path, str]], cache: Path, on_event: OnEvent, cancel: threading.Event) -> None:
    from app.dataset.thumbnails import make_thumbnails

    def on_count(done: int, total: int) -> None:
        on_event(Progress("thumbnails", done, total))

    make_thumbnails(missing, cache, THUMBNAIL_SIDE, on_count, cancel)
