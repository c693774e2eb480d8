"""The running job in the status bar: what it does, how far it is, and a button to stop it."""

from PyQt5.QtCore import QTimer, pyqtSlot
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.engines.protocol import Progress
from ui import theme
from ui.jobs import Job, Jobs

BAR_WIDTH = 220
PATIENCE_MS = 200  # a job that ends before needs no bar, which would only flash


class JobBar(QWidget):
    """Shows the job that was started last; invisible while there is none."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None):
        super().__init__(parent)
        self._job: Job | None = None
        self._text = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(BAR_WIDTH)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._stop = QPushButton(self.tr("Stop"))
        self._stop.clicked.connect(self._on_stop_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        for widget in (self._text, self._bar, self._stop):
            layout.addWidget(widget)
        layout.insertStretch(0)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_timeout)
        self._show(False)
        jobs.job_started.connect(self._on_jobs_job_started)
        jobs.job_finished.connect(self._on_jobs_job_finished)
        self._jobs = jobs

    @pyqtSlot(object)
    def _on_jobs_job_started(self, job: Job) -> None:
        self._job = job
        self._text.setText(f"{job.title}…")
        self._bar.setRange(0, 0)
        self._show_stop(False)
        self._patience.start()
        job.progressed.connect(self._on_job_progressed)

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if self.sender() is self._job:
            self._bar.setRange(0, progress.total)
            self._bar.setValue(progress.done)

    @pyqtSlot(object)
    def _on_jobs_job_finished(self, job: Job) -> None:
        if job is self._job:
            running = self._jobs.running
            self._job = running[-1] if running else None
            self._text.setText(f"{self._job.title}…" if self._job else "")
            self._bar.setRange(0, 0)
            self._show_stop(self._job is not None and self._job.cancelling)
            if self._job is None:
                self._patience.stop()
                self._show(False)

    @pyqtSlot()
    def _on_patience_timeout(self) -> None:
        self._show(True)

    @pyqtSlot()
    def _on_stop_clicked(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._show_stop(True)

    def _show_stop(self, stopping: bool) -> None:
        self._stop.setEnabled(not stopping)
        self._stop.setText(self.tr("Stopping…") if stopping else self.tr("Stop"))

    def _show(self, visible: bool) -> None:
        for widget in (self._text, self._bar, self._stop):
            widget.setVisible(visible)
