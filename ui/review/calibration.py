"""The reliability diagram: does a confidence of 0.8 mean right in 80% of the cases, before and after calibration."""

import numpy as np
from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.evaluation.calibration import BINS
from app.evaluation.charts import Reliability, confidence_bins, reliability, uncalibrated
from app.evaluation.review import Review
from ui import theme
from ui.widgets.curve_plot import CurvePlot

BEFORE_COLOUR = "#e69f00"
FEW_IMAGES = 30


class CalibrationView(QWidget):
    """Emits the images of the range of confidence whose point is clicked."""

    images_chosen = pyqtSignal(str, object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self._after: Reliability | None = None
        self._before: Reliability | None = None
        self._names = (self.tr("as calibrated"), self.tr("before calibration"), self.tr("ideal"))
        self._words = QLabel(objectName="muted", wordWrap=True)
        self.plot = CurvePlot(self.tr("Reliability"), self.tr("confidence"), self.tr("share that is right"))
        self.plot.hide_title()
        self.plot.allow_handle()
        self.plot.describe_points(self._describe_point)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addWidget(self._words)
        layout.addWidget(self.plot, 1)
        self.plot.handle_moved.connect(self._on_plot_handle_moved)
        theme.signals.changed.connect(self._draw)

    def show_review(self, review: Review) -> None:
        """Compare confidence and accuracy of the images of now."""
        self._review = review
        used, temperature = review.used, review.evaluation.temperature
        probabilities, truth = review.probabilities[used], review.truth[used]
        self._after = reliability(probabilities, truth)
        self._before = None if temperature is None else reliability(uncalibrated(probabilities, temperature), truth)
        self._draw()

    @pyqtSlot()
    def _draw(self) -> None:
        if self._after is None:
            return
        self.plot.clear()
        self.plot.set_range((0, 1), (0, 1))
        self.plot.set_curve(self._names[2], (0, 1), (0, 1), theme.token("muted"), 2)
        if self._before is not None:
            before = self._before
            self.plot.set_curve(
                self._names[1], before.confidence.tolist(), before.accuracy.tolist(), BEFORE_COLOUR, 1, points=True
            )
            text = self.tr("Mean gap {0:.1%} as calibrated (blue), {1:.1%} before (orange, dashed). Click a point.")
            self._words.setText(text.format(self._after.error, before.error))
        else:
            text = self.tr("Mean gap {0:.1%}; what it was before calibration is not kept. Click a point.")
            self._words.setText(text.format(self._after.error))
        self.plot.set_curve(self._names[0], self._after.confidence.tolist(), self._after.accuracy.tolist(), points=True)
        images = int(self._after.counts.sum())
        if images < FEW_IMAGES:
            few = self.tr("Of so few images the points say little.")
            self._words.setText(f"{self._words.text()} {few}")

    def _describe_point(self, name: str, index: int) -> str:
        found = {self._names[0]: self._after, self._names[1]: self._before}.get(name)
        if found is None:
            return name
        text = self.tr("{0}: {1:,} images with confidence {2:.2f} on average, {3:.1%} of them right")
        return text.format(name, int(found.counts[index]), found.confidence[index], found.accuracy[index])

    @pyqtSlot(str, int)
    def _on_plot_handle_moved(self, name: str, index: int) -> None:
        found = {self._names[0]: self._after, self._names[1]: self._before}.get(name)
        if self._review is None or found is None:
            return
        confidence = self._review.confidence
        if found is self._before and self._review.evaluation.temperature is not None:
            confidence = uncalibrated(self._review.probabilities, self._review.evaluation.temperature).max(axis=1)
        wanted = int(found.bins[index])
        images = np.flatnonzero(self._review.used & (confidence_bins(confidence) == wanted))
        text = self.tr("{0:,} images with a confidence between {1:.2f} and {2:.2f}, {3}")
        self.images_chosen.emit(text.format(len(images), wanted / BINS, (wanted + 1) / BINS, name), images)
