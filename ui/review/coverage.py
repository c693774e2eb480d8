"""Accuracy against coverage: what it brings to leave the unsure images to a person."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.evaluation.charts import accuracy_by_coverage
from app.evaluation.intervals import share_interval
from app.evaluation.report import Curve
from app.evaluation.review import Review
from ui import theme
from ui.widgets.curve_plot import CurvePlot, range_of_shares

FEW_POINTS = 3  # a line through so few is hardly seen


class CoverageView(QWidget):
    """Emits the mistakes that are left at the threshold that the point is dragged to."""

    images_chosen = pyqtSignal(str, object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self._curve: Curve | None = None
        self._name = self.tr("accuracy")
        self._threshold: float | None = None
        self._words = QLabel(objectName="muted", wordWrap=True)
        self.plot = CurvePlot(self.tr("Accuracy against coverage"), self.tr("share answered"), self.tr("accuracy"))
        self.plot.hide_title()
        self.plot.allow_handle()
        self.plot.describe_points(self._describe_point)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addWidget(self._words)
        layout.addWidget(self.plot, 1)
        self.plot.handle_moved.connect(self._on_plot_handle_moved)

    def show_review(self, review: Review) -> None:
        """Draw the curve of the images of now."""
        if self._review is not review:
            self._threshold = None
        self._review = review
        used = review.used
        self._curve = accuracy_by_coverage(review.confidence[used], (review.truth == review.predicted)[used])
        self.plot.clear()
        self.plot.set_range((0, 1), range_of_shares(self._curve.y))
        self.plot.set_curve(self._name, self._curve.x, self._curve.y, points=len(self._curve.x) <= FEW_POINTS)
        self._words.setText(self._first_words(review))
        if self._threshold is not None:
            self._say(self._threshold)
        self._place_handle(self._curve)

    def _place_handle(self, curve: Curve) -> None:
        """Put the point where it was dragged to, and at first where every image is answered."""
        if self._threshold is not None:
            distances = [abs(one - self._threshold) for one in curve.thresholds]
            self.plot.set_handle(self._name, distances.index(min(distances)))
        elif len(curve.x) > 1:
            self.plot.set_handle(self._name, len(curve.x) - 1)

    def _first_words(self, review: Review) -> str:
        right = (review.truth == review.predicted)[review.used]
        if right.all():
            return self.tr("All answers are right, so that there is nothing to gain by leaving some to a person.")
        if not right.any():
            return self.tr("All answers are wrong, whatever confidence is asked for.")
        return self.tr("If only images above a confidence are answered. Drag the point to see what that brings.")

    def _say(self, threshold: float) -> None:
        assert self._review is not None
        answered = self._review.used & (self._review.confidence >= threshold)
        right = (self._review.truth == self._review.predicted)[answered]
        if not len(right):
            self._words.setText(self.tr("No image reaches a confidence of {0:.2f}.").format(threshold))
            return
        low, high = share_interval(right, self._review.board.groups[answered])
        text = self.tr("From {0:.2f}: {1:.1%} answered, {2:.1%} of them right (95% interval {3:.1%} to {4:.1%}).")
        share = len(right) / max(1, int(self._review.used.sum()))
        self._words.setText(text.format(threshold, share, float(right.mean()), low, high))

    def _describe_point(self, name: str, index: int) -> str:
        assert self._curve is not None
        text = self.tr("{0:.1%} answered, {1:.1%} of them right, from confidence {2:.2f}")
        return text.format(self._curve.x[index], self._curve.y[index], self._curve.thresholds[index])

    @pyqtSlot(str, int)
    def _on_plot_handle_moved(self, name: str, index: int) -> None:
        if self._review is None or self._curve is None:
            return
        self._threshold = self._curve.thresholds[index]
        self._say(self._threshold)
        images = self._review.wrong_from(self._threshold)
        text = self.tr("{0:,} mistakes with a confidence from {1:.2f}")
        self.images_chosen.emit(text.format(len(images), self._threshold), images)
