"""Follow one job at a time: its progress is shown, it can be stopped, and its last word is passed on."""

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.protocol import Progress
from ui.jobs import Job
from ui.widgets.training_progress import TrainingProgress


class FollowedJob(QObject):
    """Stands between a job and who started it; who did says how it ended."""

    progressed = pyqtSignal(object)  # each event
    done = pyqtSignal(object)
    cancelled = pyqtSignal()
    failed = pyqtSignal(object)
    changed = pyqtSignal()  # one began or ended

    def __init__(self, progress: TrainingProgress, shows: Callable[[str], bool] = bool):
        """Show the progress of stages of which `shows` is true."""
        super().__init__(progress)
        self._progress = progress
        self._shows = shows
        self.job: Job | None = None
        progress.stop_requested.connect(self.stop)

    @property
    def running(self) -> bool:
        """Tell whether there is a job that has not ended."""
        return self.job is not None

    def follow(self, job: Job) -> None:
        """Show what becomes of a job that was started."""
        self.job = job
        job.progressed.connect(self._on_job_progressed)
        job.noted.connect(self._progress.show_note)
        job.done.connect(self.done)
        job.cancelled.connect(self.cancelled)
        job.failed.connect(self.failed)
        job.finished.connect(self._on_job_finished)
        self._progress.show_start()
        self.changed.emit()

    @pyqtSlot()
    def stop(self) -> None:
        """Ask the job to stop, if there is one."""
        if self.job is not None:
            self.job.cancel()

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if self.job is not None and self.job.cancelling:  # perhaps by the button in the status bar
            self._progress.show_stopping()
        if self._shows(progress.stage):
            self._progress.show_progress(progress)
        self.progressed.emit(progress)

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self.job = None
        self.changed.emit()
