"""Histograms of scores: how sure the model is where it is right and where it is wrong, or of one class."""

import numpy as np
from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.evaluation.charts import confidence_bins
from app.evaluation.review import Review
from ui import theme
from ui.widgets.bar_plot import BarPlot

BARS = 20
EVERY_CLASS = -1


class ScoresView(QWidget):
    """Emits the images of the range that is clicked or dragged."""

    images_chosen = pyqtSignal(str, object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self.of = QComboBox()
        self.of.setAccessibleName(self.tr("Scores of"))
        self._words = QLabel()
        self.bars = BarPlot("", self.tr("images"))
        top = QHBoxLayout()
        top.addWidget(self.of)
        top.addWidget(self._words)
        top.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.bars, 1)
        self.of.currentIndexChanged.connect(self._on_of_changed)
        self.bars.range_chosen.connect(self._on_bars_range_chosen)
        theme.signals.changed.connect(self._draw)

    def show_review(self, review: Review) -> None:
        """Count the images of now."""
        if self._review is None or self._review.labels != review.labels:
            self.of.blockSignals(True)
            self.of.clear()
            self.of.addItem(self.tr("Confidence in the answer"), EVERY_CLASS)
            for number, label in enumerate(review.labels):
                self.of.addItem(self.tr("Score of “{0}”").format(label), number)
            self.of.blockSignals(False)
        self._review = review
        self._draw()

    @pyqtSlot()
    def _on_of_changed(self) -> None:
        self.bars.forget_choice()
        self._draw()

    def _scores(self, review: Review) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores [N], and which images are of the expected kind."""
        number = self.of.currentData()
        if number == EVERY_CLASS:
            return review.confidence, review.truth == review.predicted
        return review.probabilities[:, number], review.truth == number

    @pyqtSlot()
    def _draw(self) -> None:
        if self._review is None:
            return
        scores, expected = self._scores(self._review)
        bins, used = confidence_bins(scores, BARS), self._review.used
        below = np.bincount(bins[used & expected], minlength=BARS).tolist()
        above = np.bincount(bins[used & ~expected], minlength=BARS).tolist()
        everything = self.of.currentData() == EVERY_CLASS
        names = (self.tr("right"), self.tr("wrong")) if everything else (self.tr("of the class"), self.tr("others"))
        good, bad = theme.token("accent"), theme.token("bad")
        if not everything and not (used & expected).any():
            names = (self.tr("of the class: none"), names[1])
        self._words.setText(
            f'<span style="color:{good}">■</span> {names[0]} &nbsp; <span style="color:{bad}">■</span> {names[1]}'
        )
        self.bars.show_bars(below, above, self.tr("confidence") if everything else self.tr("score"))

    @pyqtSlot(int, int)
    def _on_bars_range_chosen(self, first: int, last: int) -> None:
        if self._review is None:
            return
        bins = confidence_bins(self._scores(self._review)[0], BARS)
        images = np.flatnonzero(self._review.used & (bins >= first) & (bins <= last))
        text = self.tr("{0:,} images between {1:.2f} and {2:.2f}: {3}")
        title = text.format(len(images), first / BARS, (last + 1) / BARS, self.of.currentText())
        self.images_chosen.emit(title, images)
