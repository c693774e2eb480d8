"""Send an image of one's own to the running server and see what comes back."""

from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.dataset.scan import IMAGE_SUFFIXES
from app.errors import AppError
from app.server.client import classify
from ui import theme
from ui.jobs import Job, Jobs

BEST = 3


class TryServer(QWidget):
    """A button and a place to drop an image on; the answer is told in words."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None):
        super().__init__(parent, acceptDrops=True)
        self._jobs = jobs
        self._job: Job | None = None
        self._url = self._token = ""
        self._button = QPushButton(self.tr("Try an image…"))
        self._hint = QLabel(self.tr("or drop one here"), objectName="muted")
        self._answer = QLabel(wordWrap=True)
        self._answer.setAccessibleName(self.tr("Answer of the server"))
        self._button.clicked.connect(self._on_button_clicked)
        row = QHBoxLayout()
        row.addWidget(self._button)
        row.addWidget(self._hint)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(row)
        layout.addWidget(self._answer)
        self.set_server("", "")

    def set_server(self, url: str, token: str) -> None:
        """Say which server to ask; none if `url` is empty."""
        if url != self._url:
            self._answer.setText("")
        self._url, self._token = url, token
        self._button.setEnabled(bool(url) and self._job is None)

    def ask(self, image: Path) -> None:
        """Send an image."""
        if not self._url or self._job is not None:
            return
        self._answer.setText(self.tr("Asking…"))
        job = self._jobs.start(self.tr("Asking the server"), partial(classify, self._url, self._token, image))
        self._job = job
        self._button.setEnabled(False)
        job.done.connect(self._on_job_done)
        job.failed.connect(self._on_job_failed)
        job.finished.connect(self._on_job_finished)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one image file while a server runs."""
        if self._url and _dropped_image(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask about what was dropped."""
        image = _dropped_image(event)
        if image is not None:
            event.acceptProposedAction()
            self.ask(image)

    @pyqtSlot()
    def _on_button_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose an image"), "", self.tr("Images ({0})").format(patterns)
        )
        if name:
            self.ask(Path(name))

    @pyqtSlot(object)
    def _on_job_done(self, reply: dict[str, Any]) -> None:
        best = (self.tr("{0} {1:.1%}").format(one["label"], one["confidence"]) for one in reply["predictions"][:BEST])
        words = " · ".join(best)
        if not reply["accepted"]:
            words = self.tr("Not sure enough: {0}").format(words)
        self._answer.setText(self.tr("{0} ({1:.0f} ms)").format(words, reply["time_ms"]))

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        self._answer.setText(f"{error.message} {error.hint}".strip())

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        if self._answer.text() == self.tr("Asking…"):
            self._answer.setText("")
        self._button.setEnabled(bool(self._url))


def _dropped_image(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    images = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
    return images[0] if len(images) == 1 else None
