"""The figures beside the accuracy in one line, each with its interval and its definition on hover."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QGridLayout, QLabel, QWidget

from app.evaluation.report import Figures, Interval
from ui import theme

OTHER_FIGURES = 4
LEAST_LETTERS = 12
Figure = tuple[str, str, str, str]  # title, value, interval, meaning


class FiguresLine(QWidget):
    """How many images are right, macro-F1, calibration error, log loss and, with many classes, the best guesses."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.intervals = _Lines()
        self.others: list[tuple[QLabel, QLabel]] = []
        table = QGridLayout(self)
        table.setContentsMargins(0, 0, 0, 0)
        table.setHorizontalSpacing(2 * theme.SPACE)
        table.setVerticalSpacing(0)
        table.addWidget(self.intervals, 0, 0, 2, 1)
        for column in range(OTHER_FIGURES):
            pair = QLabel(objectName="muted"), QLabel()
            for row, label in enumerate(pair):
                table.addWidget(label, row, column + 1)
            self.others.append(pair)
        table.setColumnStretch(OTHER_FIGURES + 1, 1)

    def show_figures(self, figures: Figures, images: str) -> None:
        """Show every figure; `images` says what kind of images they were measured on."""
        low, high = figures.interval
        text = self.tr("of {0:,} {1} right\n95% interval {2:.1%} to {3:.1%}")
        self.intervals.setText(text.format(figures.images, images, low, high))
        self.intervals.setToolTip(self.intervals.text())
        shown = [self._macro_f1(figures), self._calibration(figures), self._log_loss(figures), self._top(figures)]
        for pair, (title, value, interval, meaning) in zip(self.others, shown, strict=True):
            pair[0].setText(title)
            pair[1].setText(f"{value}  ({interval})" if value else "")
            for label in pair:
                label.setToolTip(meaning)

    def _macro_f1(self, figures: Figures) -> Figure:
        meaning = self.tr(
            "The mean of F1 over the classes, rare ones counting as much as common ones. F1 is the harmonic mean of "
            "precision and recall."
        )
        return self.tr("Macro-F1"), f"{figures.macro_f1:.1%}", _shares(figures.macro_f1_interval), meaning

    def _calibration(self, figures: Figures) -> Figure:
        meaning = self.tr(
            "Expected calibration error: by how much confidence and accuracy differ on average, over 15 ranges of "
            "confidence. 0 is best: of the images with 80% confidence, 80% are right."
        )
        value, interval = f"{figures.calibration_error:.1%}", _shares(figures.calibration_interval)
        return self.tr("Calibration error"), value, interval, meaning

    def _log_loss(self, figures: Figures) -> Figure:
        meaning = self.tr(
            "The mean of −ln(probability given to the image's own class). 0 is best; sure errors cost most."
        )
        interval = "{:.2f}–{:.2f}".format(*figures.log_loss_interval)
        return self.tr("Log loss"), f"{figures.log_loss:.2f}", interval, meaning

    def _top(self, figures: Figures) -> Figure:
        if figures.top_accuracy is None or figures.top_interval is None:
            return "", "", "", ""
        title = self.tr("Among the best {0}").format(figures.top_k)
        meaning = self.tr("How often an image's own class is among the {0} most probable.").format(figures.top_k)
        return title, f"{figures.top_accuracy:.1%}", _shares(figures.top_interval), meaning


class _Lines(QLabel):
    """Lines that are cut, each at its end, where a narrow window has no room for them."""

    def minimumSizeHint(self) -> QSize:
        """Ask for room for a few letters."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), LEAST_LETTERS * self.fontMetrics().averageCharWidth()), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what there is room for."""
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        lines = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in self.text().split("\n")]
        painter = QPainter(self)
        painter.drawText(self.contentsRect(), int(Qt.AlignmentFlag.AlignVCenter), "\n".join(lines))


def _shares(interval: Interval) -> str:
    return "{:.0%}–{:.0%}".format(*interval) if interval[1] - interval[0] > 0.1 else "{:.1%}–{:.1%}".format(*interval)
