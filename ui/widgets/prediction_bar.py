"""The bar below predictions: how far they are, stopping and going on, and what can be made of them."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.export.answers import Answers
from ui import theme


class PredictionBar(QWidget):
    """Shows progress while a job runs, and wishes for its results afterwards."""

    stop_requested = pyqtSignal()
    go_on_requested = pyqtSignal()
    sort_requested = pyqtSignal()
    save_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.summary = QLabel(objectName="muted")
        self.progress = QProgressBar(textVisible=False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.stop = QPushButton(self.tr("Stop"))
        self.go_on = QPushButton(self.tr("Go on"), objectName="primary")
        self.go_on.setToolTip(self.tr("Predict the images that are left"))
        self.sort = QPushButton(self.tr("Sort into folders…"))
        self.sort.setToolTip(self.tr("Copy the images, or link to them, into a folder per class"))
        self.save = QPushButton(self.tr("Save as CSV…"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.summary, 1)
        for widget in (self.progress, self.stop, self.go_on, self.sort, self.save):
            layout.addWidget(widget)
        self.stop.clicked.connect(self.stop_requested)
        self.go_on.clicked.connect(self.go_on_requested)
        self.sort.clicked.connect(self.sort_requested)
        self.save.clicked.connect(self.save_requested)

    def begin(self) -> None:
        """Show that a job has begun; nobody knows how long it is."""
        self.progress.setRange(0, 0)
        self.stop.setEnabled(True)
        self.stop.setText(self.tr("Stop"))

    def say_stopping(self) -> None:
        """Show that the job was asked to stop."""
        self.stop.setEnabled(False)
        self.stop.setText(self.tr("Stopping…"))

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the job is."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def show_state(self, answers: Answers, running: bool, unfinished: bool) -> None:
        """Show what can be done now: with the results, and with the job."""
        self.setVisible(running or bool(len(answers)))
        self.progress.setVisible(running)
        self.stop.setVisible(running)
        self.go_on.setVisible(unfinished and not running)
        readable = len(answers) - answers.unreadable
        for button, useful in ((self.sort, readable), (self.save, len(answers))):
            button.setVisible(bool(len(answers)))
            button.setEnabled(bool(useful) and not running)
        self.summary.setText(self._words(answers, running, unfinished))

    def _words(self, answers: Answers, running: bool, unfinished: bool) -> str:
        if not answers:
            return ""
        done, total = self.progress.value(), self.progress.maximum()
        if running and total:
            return self.tr("{0:,} of {1:,} images").format(done, total)
        if unfinished:
            return self.tr("Stopped at {0:,} of {1:,} images; what was answered is kept").format(done, total)
        readable = len(answers) - answers.unreadable
        text = self.tr("1 image") if readable == 1 else self.tr("{0:,} images").format(readable)
        if not answers.unreadable:
            return text
        return text + self.tr(", {0:,} unreadable (listed with the reason)").format(answers.unreadable)
