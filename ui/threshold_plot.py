"""Drag a threshold along the curve of what it accepts and how much of that is right, for all classes or one."""

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from app.evaluation.charts import accuracy_by_coverage
from app.evaluation.intervals import share_interval
from app.evaluation.report import Curve
from app.evaluation.rule import Rule
from app.evaluation.thresholds import HeldOut
from ui import theme
from ui.widgets.curve_plot import CurvePlot, range_of_shares

EVERY_CLASS = -1


class ThresholdPlot(QWidget):
    """Says to which threshold the point was dragged, and for which class."""

    dragged = pyqtSignal(int, float)  # number of the class or EVERY_CLASS, threshold

    def __init__(self, labels: Sequence[str], held_out: HeldOut, parent: QWidget | None = None):
        super().__init__(parent)
        self._held_out = held_out
        self._rule: Rule | None = None
        self._curve: Curve | None = None
        self._answers = 0
        self._chosen = held_out.known(None)
        self._name = self.tr("right")
        self.of = QComboBox()
        self.of.setAccessibleName(self.tr("Whose threshold is dragged"))
        self.of.addItem(self.tr("All classes"), EVERY_CLASS)
        for number, label in enumerate(labels):
            self.of.addItem(self.tr("Answers “{0}”").format(label), number)
        self.words = QLabel(objectName="muted", wordWrap=True)
        self.plot = CurvePlot(self.tr("Threshold"), self.tr("share accepted"), self.tr("share of those right"))
        self.plot.hide_title()
        self.plot.allow_handle()
        self.plot.describe_points(self._describe_point)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        for widget in (self.of, self.words, self.plot):
            layout.addWidget(widget, int(widget is self.plot))
        self.of.currentIndexChanged.connect(self._draw)
        self.plot.handle_moved.connect(self._on_plot_handle_moved)

    def show_rule(self, rule: Rule) -> None:
        """Draw the answers that are not unknown by this rule, with the point at its threshold."""
        again = self._rule is not None and self._rule.most_novel == rule.most_novel
        self._rule = rule
        if again:
            self._place_handle()
        else:
            self._draw()

    @pyqtSlot()
    def _draw(self) -> None:
        assert self._rule is not None
        chosen = self._held_out.known(self._rule.most_novel)
        if self.of.currentData() != EVERY_CLASS:
            chosen = chosen & (self._held_out.predicted == self.of.currentData())
        self._chosen, self._answers = chosen, int(chosen.sum())
        self.plot.clear()
        self._curve = None
        if not self._answers:
            self.words.setText(self.tr("None of the held-out images got this answer."))
            return
        right = self._held_out.predicted == self._held_out.truth
        self._curve = accuracy_by_coverage(self._held_out.confidence[chosen].astype(np.float64), right[chosen])
        self.plot.set_range((0, 1), range_of_shares(self._curve.y))
        self.plot.set_curve(self._name, self._curve.x, self._curve.y)
        self._place_handle()

    def _place_handle(self) -> None:
        """Put the point where the rule's threshold is; thresholds that differ have none in common."""
        if self._rule is None or self._curve is None:
            return
        number = self.of.currentData()
        thresholds = set(self._rule.thresholds) if number == EVERY_CLASS else {self._rule.thresholds[number]}
        if len(thresholds) == 1:
            accepted = np.flatnonzero(np.array(self._curve.thresholds) >= thresholds.pop())
            self.plot.set_handle(self._name, int(accepted[-1]) if len(accepted) else 0)
            text = self.tr("Drag the point along the curve ({0:,} held-out answers).")
        else:
            self.plot.remove_handle()
            text = self.tr("The thresholds differ. Press on the curve to set one for all classes.")
        self.words.setText(text.format(self._answers))

    def _describe_point(self, name: str, index: int) -> str:
        assert self._curve is not None
        accepted = self._chosen & (self._held_out.confidence >= self._curve.thresholds[index])
        right = self._held_out.predicted == self._held_out.truth
        low, high = share_interval(right[accepted], self._held_out.groups[accepted])
        text = self.tr("{0:.1%} accepted, {1:.1%} of them right (95% interval {2:.1%} to {3:.1%}), from {4:.1%}")
        return text.format(self._curve.x[index], self._curve.y[index], low, high, self._threshold(index))

    def _threshold(self, index: int) -> float:
        """Return the threshold of a point; nothing speaks against lower ones where everything is accepted."""
        assert self._curve is not None
        return 0.0 if index == len(self._curve.x) - 1 else self._curve.thresholds[index]

    @pyqtSlot(str, int)
    def _on_plot_handle_moved(self, name: str, index: int) -> None:
        self.dragged.emit(self.of.currentData(), self._threshold(index))
