"""What is made of predictions: a table, and folders of images; asked for, and written in the background."""

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog, QWidget

from app.export.answers import Answers
from ui import messages
from ui.prediction_work import save_table, sort_images
from ui.state import AppState


class PredictionOutput(QObject):
    """Asks where to, and tells when it is done."""

    def __init__(self, state: AppState, parent: QWidget):
        super().__init__(parent)
        self._state = state
        self._window = parent

    def save(self, answers: Answers) -> None:
        """Save answers as CSV."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save as CSV"), "predictions.csv", self.tr("Tables (*.csv)")
        )
        if name:
            job = self._state.jobs.start(self.tr("Saving the table"), partial(save_table, Path(name), answers))
            job.failed.connect(self._state.failed)

    def sort(self, answers: Answers) -> None:
        """Sort the images into a folder per class, by copies or links."""
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Choose an empty folder to sort into"))
        if not name:
            return
        question = self.tr("Your images stay where they are. What shall be in the folders of the classes?")
        choices = [self.tr("Copies of the images"), self.tr("Links to the images")]
        chosen = messages.choose(self._window, self.tr("Sort into folders"), question, choices)
        if chosen is not None:
            work = partial(sort_images, Path(name), answers, chosen == 1)
            job = self._state.jobs.start(self.tr("Sorting into folders"), work)
            job.failed.connect(self._state.failed)
            job.done.connect(partial(self._say_sorted, name))

    def _say_sorted(self, folder: str, images: int) -> None:
        text = self.tr("{0:,} images are sorted into “{1}”.").format(images, folder)
        messages.info(self._window, self.tr("Sort into folders"), text)
