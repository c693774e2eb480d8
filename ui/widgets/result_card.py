"""What came of a training: the accuracy, how it was measured, and the way to Review."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.training import RunResult
from ui import theme


class ResultCard(QFrame):
    """Shows the result of one run, with a button that asks for its review."""

    review_requested = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, objectName="card")
        self._run: int | None = None
        self.result = QLabel(objectName="figure")
        self.measured = QLabel(objectName="muted", wordWrap=True)
        self.review = QPushButton(self.tr("Review"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        for widget in (self.result, self.measured, self.review):
            layout.addWidget(widget)
        self.review.clicked.connect(self._on_review_clicked)
        self.hide()

    def show_result(self, result: RunResult) -> None:
        """Show how good a run is, or that it was not tested."""
        self._run = result.run
        evaluation = result.evaluation
        if evaluation is None:
            self.result.setText(self.tr("Trained"))
            self.measured.setText(self.tr("No images were left to test on; label more to learn how good it is."))
        else:
            low, high = evaluation.interval
            self.result.setText(self.tr("{0:.1%} right").format(evaluation.accuracy))
            text = self.tr("of {0:,} test images (95% interval {1:.1%} to {2:.1%}). {3}")
            self.measured.setText(text.format(evaluation.images, low, high, evaluation.protocol))
        self.show()

    @pyqtSlot()
    def _on_review_clicked(self) -> None:
        if self._run is not None:
            self.review_requested.emit(self._run)
