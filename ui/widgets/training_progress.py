"""How far training is: stage, bar, time left, and a button to stop."""

import time

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.engines.outlook import REMAINING
from app.engines.protocol import Progress
from ui import theme

# Before a time is named, a stage must have gone on this long and this far.
SURE_AFTER_S = 1.0
SURE_AFTER_SHARE = 0.05
SHOW_EVERY_S = 0.5  # a stage; each time the tab is laid out anew, which takes from training


class TrainingProgress(QWidget):
    """Shows the events of a training run."""

    stop_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._stage = ""
        self._stage_start = 0.0
        self._shown = 0.0
        self._stopping = False
        self._text = QLabel()
        self._left = QLabel(objectName="muted")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress of the training"))
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.clicked.connect(self._on_stop_clicked)
        row = QHBoxLayout()
        row.addWidget(self._text)
        row.addStretch()
        row.addWidget(self._left)
        self._bars = QHBoxLayout()
        self._bars.setSpacing(2 * theme.SPACE)
        self._bars.addWidget(self._bar, 1)
        self._bars.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(self._bars)
        self.show_idle()

    def add_button(self, button: QPushButton) -> None:
        """Put a button before the one that stops."""
        self._bars.insertWidget(self._bars.count() - 1, button)

    def show_idle(self) -> None:
        """Say that nothing runs."""
        self.show_end(self.tr("Loss and accuracy appear here while it trains."))

    def show_start(self) -> None:
        """Say that training begins."""
        self._stage = ""
        self._stopping = False
        self._text.setText(self.tr("Starting…"))
        self._left.clear()
        self._bar.setRange(0, 0)
        self.stop.setText(self.tr("Stop"))
        self.stop.setEnabled(True)

    @pyqtSlot(str)
    def show_note(self, text: str) -> None:
        """Show a sentence of the engine."""
        if not self._stopping:
            self._text.setText(text)

    def show_progress(self, progress: Progress) -> None:
        """Show how far a stage is."""
        if self._stopping:
            return
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage = progress.stage
            self._stage_start = now
        elif progress.done < progress.total and now - self._shown < SHOW_EVERY_S:
            return
        self._shown = now
        names = {
            "features": self.tr("Looking at images"),
            "fit": self.tr("Choosing the regularisation"),
            "pixels": self.tr("Decoding images"),
            "lower": self.tr("Looking at views of the images"),
            "tune": self.tr("Fine-tuning"),
            "second": self.tr("Looking through the second network"),
            "unknown": self.tr("Learning what is none of the classes"),
            "test": self.tr("Testing on images it has never seen"),
            "sweep": self.tr("Runs done"),
            "curve": self.tr("Learning from parts of the images"),
        }
        name = names.get(progress.stage, progress.stage)
        self._text.setText(self.tr("{0}: {1:,} of {2:,}").format(name, progress.done, progress.total))
        self._left.setText(self._time_left(progress))
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)

    def show_stopping(self) -> None:
        """Say that it was asked to stop; nothing else is said until it has ended."""
        self._stopping = True
        self.stop.setEnabled(False)
        self.stop.setText(self.tr("Stopping…"))
        self._text.setText(self.tr("Stopping; this takes a few seconds at most."))
        self._left.clear()
        self._bar.setRange(0, 0)

    def show_end(self, text: str, done: bool = False) -> None:
        """Say how it ended; the bar stays full if all is done."""
        self._text.setText(text)
        self._left.clear()
        self._bar.setRange(0, 1)
        self._bar.setValue(int(done))
        self.stop.setText(self.tr("Stop"))
        self.stop.setEnabled(False)

    def _time_left(self, progress: Progress) -> str:
        spent = time.monotonic() - self._stage_start
        own = progress.values.get(REMAINING)  # of the whole run, where it is known
        if own is None and (spent < SURE_AFTER_S or progress.done < SURE_AFTER_SHARE * progress.total):
            return self.tr("estimating the time…")
        seconds = spent * (progress.total - progress.done) / progress.done if own is None else own
        if seconds >= 90:
            return self.tr("about {0:.0f} min left").format(seconds / 60)
        return self.tr("about {0:.0f} s left").format(seconds)

    @pyqtSlot()
    def _on_stop_clicked(self) -> None:
        self.show_stopping()
        self.stop_requested.emit()
