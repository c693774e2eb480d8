"""The head of the Review tab: the figures in one line, how they were measured, and whether labels changed since."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.evaluation.report import Figures, Interval
from app.evaluation.review import Changes
from ui import theme

RUN_LETTERS = 26
FEW_IMAGES = 100
OTHER_FIGURES = 4


class Head(QWidget):
    """Shows figures and words; `runs` chooses the run."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.runs = QComboBox()
        self.runs.setAccessibleName(self.tr("Run"))
        self.runs.setMinimumContentsLength(RUN_LETTERS)
        self.thresholds = QPushButton(self.tr("Thresholds…"))
        self.thresholds.setToolTip(self.tr("When an answer of this model is accepted, and what that costs"))
        self.accuracy = QLabel(objectName="figure")
        self.intervals = QLabel()
        self.protocol = QLabel(objectName="muted", wordWrap=True)
        self.others: list[tuple[QLabel, QLabel]] = []
        self._note = QFrame(objectName="banner")
        self.note = QLabel(wordWrap=True)
        self._lay_out()

    def _lay_out(self) -> None:
        table = QGridLayout()
        table.setHorizontalSpacing(3 * theme.SPACE)
        table.setVerticalSpacing(0)
        table.addWidget(self.intervals, 0, 0, 2, 1)
        for column in range(OTHER_FIGURES):
            pair = QLabel(objectName="muted"), QLabel()
            for row, label in enumerate(pair):
                table.addWidget(label, row, column + 1)
            self.others.append(pair)
        table.setColumnStretch(OTHER_FIGURES + 1, 1)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        words.addLayout(table)
        words.addWidget(self.protocol)
        choices = QVBoxLayout()
        choices.setSpacing(theme.SPACE)
        choices.addWidget(self.runs)
        choices.addWidget(self.thresholds, 0, Qt.AlignmentFlag.AlignRight)
        choices.addStretch()
        top = QHBoxLayout()
        top.setSpacing(2 * theme.SPACE)
        top.addWidget(self.accuracy)
        top.addLayout(words, 1)
        top.addLayout(choices)
        inner = QHBoxLayout(self._note)
        inner.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        inner.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._note)
        self._note.hide()

    def show_figures(self, figures: Figures, protocol: str, changes: Changes, measured: Figures) -> None:
        """Show every figure with its interval, and what changed since the run was measured."""
        low, high = figures.interval
        self.accuracy.setText(f"{figures.accuracy:.1%}")
        self.accuracy.setToolTip(
            self.tr("Accuracy: of all test images, how many were given their own class. 95% interval by Wilson.")
        )
        text = self.tr("of {0:,} test images right\n95% interval {1:.1%} to {2:.1%}")
        self.intervals.setText(text.format(figures.images, low, high))
        few = self.tr("Only {0:,} test images: the intervals are wide. ").format(figures.images)
        self.protocol.setText((few if figures.images < FEW_IMAGES else "") + protocol)
        for pair, (title, value, interval, meaning) in zip(self.others, self._figures(figures), strict=False):
            pair[0].setText(title)
            pair[1].setText(value if interval is None else f"{value}  ({interval})")
            for label in pair:
                label.setToolTip(meaning)
        self._show_note(changes, measured)

    def set_shown(self, shown: bool) -> None:
        """Show or hide everything but the choice of the run."""
        self.thresholds.setVisible(shown)
        for label in (self.accuracy, self.intervals, self.protocol, *(one for pair in self.others for one in pair)):
            label.setVisible(shown)
        if not shown:
            self._note.hide()

    def _figures(self, figures: Figures) -> Sequence[tuple[str, str, str | None, str]]:
        top: tuple[str, str, str | None, str] = ("", "", None, "")
        if figures.top_accuracy is not None and figures.top_interval is not None:
            top = (
                self.tr("Among the best {0}").format(figures.top_k),
                f"{figures.top_accuracy:.1%}",
                _shares(figures.top_interval),
                self.tr("How often an image's own class is among the {0} most probable.").format(figures.top_k),
            )
        return (
            (
                self.tr("Macro-F1"),
                f"{figures.macro_f1:.1%}",
                _shares(figures.macro_f1_interval),
                self.tr("The mean of F1 over the classes, rare ones counting as much as common ones."),
            ),
            (
                self.tr("Calibration error"),
                f"{figures.calibration_error:.1%}",
                _shares(figures.calibration_interval),
                self.tr(
                    "By how much confidence and accuracy differ on average, over 15 ranges of confidence. "
                    "0 is best: of the images with 80% confidence, 80% are right."
                ),
            ),
            (
                self.tr("Log loss"),
                f"{figures.log_loss:.2f}",
                "{:.2f}–{:.2f}".format(*figures.log_loss_interval),
                self.tr(
                    "The mean of −ln(probability given to the image's own class). 0 is best; sure errors cost most."
                ),
            ),
            top,
        )

    def _show_note(self, changes: Changes, measured: Figures) -> None:
        self._note.setVisible(bool(changes))
        if not changes:
            return
        parts = []
        if changes.relabelled:
            parts.append(self.tr("{0:,} labels corrected").format(changes.relabelled))
        if changes.left_out:
            parts.append(self.tr("{0:,} images left out").format(changes.left_out))
        text = self.tr(
            "{0} since this run was trained. The figures follow the labels of now (measured then: {1:.1%}); the model "
            "does not, until you train again. Looking only at mistakes flatters it: check right answers, too."
        )
        self.note.setText(text.format(", ".join(parts), measured.accuracy))


def _shares(interval: Interval) -> str:
    return "{:.0%}–{:.0%}".format(*interval) if interval[1] - interval[0] > 0.1 else "{:.1%}–{:.1%}".format(*interval)
