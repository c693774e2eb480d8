"""Setting CNTK up, or removing it, in the background; a dialog may come and go meanwhile."""

from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.cntk_service import remove_cntk, set_up_cntk
from app.errors import AppError
from ui import theme
from ui.jobs import Job
from ui.state import AppState

if TYPE_CHECKING:
    from app.engines.cntk_runtime import RuntimeInfo

PYTHON = "cntk/python"


class CntkSetup(QObject):
    """The one set-up that may be going on, and what it has said since it began."""

    line_came = pyqtSignal(str)
    changed = pyqtSignal()  # it began, is being stopped, or ended

    def __init__(self, state: AppState, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        self._wished = ""
        self.lines: list[str] = []

    @property
    def python(self) -> str:
        """Return the Python 3.6 that was named when set-up last succeeded."""
        return str(theme.settings().value(PYTHON, ""))

    @property
    def running(self) -> bool:
        """Tell whether it is going on."""
        return self._job is not None

    @property
    def stopping(self) -> bool:
        """Tell whether it was asked to stop."""
        return self._job is not None and self._job.cancelling

    def start(self, python: str, device: str) -> None:
        """Set CNTK up, with a Python 3.6 that is looked for where none is named."""
        self._wished = python
        job = self._begin(self._state.jobs.start(self.tr("Setting CNTK up"), partial(set_up_cntk, python, device)))
        job.done.connect(self._on_set_up)

    def remove(self) -> None:
        """Delete CNTK's own Python."""
        self._begin(self._state.jobs.start(self.tr("Removing CNTK"), remove_cntk)).done.connect(self._on_removed)

    @pyqtSlot()
    def stop(self) -> None:
        """Ask it to stop; what is installed is kept, and a later start goes on from there."""
        if self._job is not None:
            self._job.cancel()
            self.changed.emit()

    def _begin(self, job: Job) -> Job:
        self._job = job
        self.lines = []
        job.noted.connect(self._say)
        job.cancelled.connect(self._on_cancelled)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        self.changed.emit()
        return job

    @pyqtSlot(str)
    def _say(self, line: str) -> None:
        self.lines.append(line)
        self.line_came.emit(line)

    @pyqtSlot(object)
    def _on_set_up(self, info: "RuntimeInfo") -> None:
        theme.settings().setValue(PYTHON, self._wished)
        self._say(self.tr("CNTK {0} works here.").format(info.version))

    @pyqtSlot(object)
    def _on_removed(self, removed: bool) -> None:
        self._say(self.tr("CNTK was removed.") if removed else self.tr("CNTK was not set up."))

    @pyqtSlot()
    def _on_cancelled(self) -> None:
        self._say(self.tr("Stopped. The next set-up goes on from here."))

    @pyqtSlot(object)
    def _on_failed(self, error: AppError) -> None:
        self._say(f"{error.message} {error.hint}".strip())
        self._state.failed.emit(error)

    @pyqtSlot()
    def _on_finished(self) -> None:
        self._job = None
        self.changed.emit()
        self._state.engines_changed.emit()
