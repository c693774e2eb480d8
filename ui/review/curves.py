"""Precision/recall and ROC of each class and of all, with a threshold to drag."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.evaluation.report import Curve
from app.evaluation.review import Review
from app.project.records import CLASS_COLOURS
from ui import theme
from ui.widgets.curve_legend import CurveLegend
from ui.widgets.curve_plot import CurvePlot

PRECISION_RECALL, ROC = "pr", "roc"
MANY_CLASSES = 12  # more curves than these cannot be told apart: only the chosen one is drawn
MICRO, MACRO = "micro", "macro"
MOST_NAMED = 5  # classes without a curve
FIRST_THRESHOLD = 0.5  # where the handle is before it is dragged


class CurvesView(QWidget):
    """Emits the mistakes at the threshold that the handle is dragged to."""

    images_chosen = pyqtSignal(str, object)  # what they are, positions
    class_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self._class: str | None = None
        self._threshold: tuple[str, float] | None = None
        self.kind = QComboBox()
        self.kind.addItem(self.tr("Precision and recall"), PRECISION_RECALL)
        self.kind.addItem(self.tr("ROC"), ROC)
        self.kind.setAccessibleName(self.tr("Kind of curve"))
        self.plot = CurvePlot("", "", "")
        self.plot.hide_title()
        self.plot.allow_handle()
        self.plot.describe_points(self._describe_point)
        self.legend = CurveLegend()
        self.areas = QLabel(objectName="muted", wordWrap=True)
        self.missing = QLabel(objectName="muted", wordWrap=True)
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._draw)
        self.legend.curve_chosen.connect(self._on_legend_curve_chosen)
        self.plot.handle_moved.connect(self._on_plot_handle_moved)
        theme.signals.changed.connect(self._draw)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.kind)
        words = self.tr("Drag the point to see what a threshold does; Thresholds… sets one.")
        top.addWidget(QLabel(words, objectName="muted", wordWrap=True), 1)
        row = QHBoxLayout()
        row.addWidget(self.plot, 1)
        row.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addLayout(top)
        layout.addLayout(row, 1)
        layout.addWidget(self.areas)
        layout.addWidget(self.missing)

    def show_review(self, review: Review) -> None:
        """Draw the curves of the labels of now."""
        if self._review is not review:
            self._class, self._threshold = None, None
            self._review = review
            self._draw()
        elif self.legend.count() != len(self._curves()):
            self._draw()
        else:
            self._draw_plot()

    def emphasise(self, label: str | None) -> None:
        """Draw one class thick; of many classes, draw it alone beside the averages."""
        self._class = label
        if self._review is not None:
            self._draw_plot()

    def _name(self, key: str) -> str:
        names = {MICRO: self.tr("all (micro)"), MACRO: self.tr("mean (macro)")}
        return names[key]

    def _curves(self) -> dict[str, Curve]:
        """Return the curves by name: classes first, then the averages."""
        assert self._review is not None
        figures, kind = self._review.figures, self.kind.currentData()
        found = [(one.label, getattr(one, kind)) for one in figures.per_class]
        found += [(self._name(key), getattr(getattr(figures, key), kind)) for key in (MICRO, MACRO)]
        return {name: curve for name, curve in found if curve is not None}

    @pyqtSlot()
    def _draw(self) -> None:
        """Name every curve and draw those that are shown."""
        if self._review is None:
            return
        curves = self._curves()
        self.legend.blockSignals(True)
        self.legend.show_lines([(name, self.plot.sample(*self._style(name))) for name in curves])
        for row in range(self.legend.count()):
            if self.legend.item(row).text() == self._class:
                self.legend.setCurrentRow(row)
        self.legend.blockSignals(False)
        if self.kind.currentData() == PRECISION_RECALL:
            self.plot.set_titles(self.tr("Precision and recall"), self.tr("recall"), self.tr("precision"))
        else:
            self.plot.set_titles(
                self.tr("Receiver operating characteristic"), self.tr("false positive rate"), self.tr("recall")
            )
        self.plot.clear()
        self.plot.set_range((0, 1), (0, 1))
        self._draw_plot()

    def _draw_plot(self) -> None:
        """Draw the curves that are shown, or only move their points where they are there already."""
        curves = {name: curve for name, curve in self._curves().items() if self._is_drawn(name)}
        if not set(curves) >= {name for name, _ in self.plot.lines()}:
            self.plot.clear()
        for name, curve in curves.items():
            self.plot.set_curve(name, curve.x, curve.y, *self._style(name))
        self.plot.emphasise(self._class)
        self._restore_handle()
        self._show_areas()
        self._name_missing()

    def _show_areas(self) -> None:
        """Write the areas under the averages, which the table of classes has not."""
        assert self._review is not None
        figures, texts = self._review.figures, []
        for key in (MACRO, MICRO):
            mean = getattr(figures, key)
            area, interval = (
                (mean.roc_auc, mean.roc_auc_interval)
                if self.kind.currentData() == ROC
                else (mean.average_precision, mean.average_precision_interval)
            )
            if area is not None and interval is not None:
                texts.append(self.tr("{0} {1:.1%} ({2:.1%} to {3:.1%})").format(self._name(key), area, *interval))
        words = self.tr("Area: {0}") if self.kind.currentData() == ROC else self.tr("Average precision: {0}")
        self.areas.setVisible(bool(texts))
        self.areas.setText(words.format(", ".join(texts)))
        self.areas.setToolTip(
            self.tr(
                "Each with its 95% interval. The mean counts every class alike, “all” every answer: is this image of "
                "that class?"
            )
        )

    def _name_missing(self) -> None:
        """Say of which classes there is no curve, and why."""
        assert self._review is not None
        curves = self._curves()
        missing = [f"“{label}”" for label in self._review.labels if label not in curves]
        self.missing.setVisible(bool(missing))
        if not missing:
            return
        names = ", ".join(missing[:MOST_NAMED])
        if len(missing) > MOST_NAMED:
            names = self.tr("{0} and {1:,} more").format(names, len(missing) - MOST_NAMED)
        if self.kind.currentData() == ROC:
            text = self.tr("No curve of {0}: it needs images of the class and of others.")
        else:
            text = self.tr("No curve of {0}: there is no image of the class.")
        self.missing.setText(text.format(names))

    def _is_drawn(self, name: str) -> bool:
        assert self._review is not None
        labels = self._review.labels
        return len(labels) <= MANY_CLASSES or name not in labels or name == self._class

    def _style(self, name: str) -> tuple[str, int]:
        """Return a curve's colour and the number of its line style."""
        assert self._review is not None
        if name not in self._review.labels:
            return theme.token("text"), 1 if name == self._name(MICRO) else 2
        number = self._review.labels.index(name)
        return CLASS_COLOURS[number % len(CLASS_COLOURS)], number // len(CLASS_COLOURS)

    def _restore_handle(self) -> None:
        """Put the handle where its threshold is on the curve of now; at first on the chosen curve, or that of all."""
        chosen = self._class if self._class in self._curves() else None
        name, threshold = self._threshold or (chosen or self._name(MICRO), FIRST_THRESHOLD)
        curve = self._curves().get(name)
        if curve is not None:
            nearest = min(range(len(curve.x)), key=lambda index: abs(curve.thresholds[index] - threshold))
            self.plot.set_handle(name, nearest)

    def _describe_point(self, name: str, index: int) -> str:
        curve = self._curves()[name]
        names = (
            (self.tr("recall"), self.tr("precision"))
            if self.kind.currentData() == PRECISION_RECALL
            else (self.tr("false positive rate"), self.tr("recall"))
        )
        text = self.tr("{0}: {1} {2:.1%}, {3} {4:.1%} at threshold {5:.2f}")
        return text.format(name, names[0], curve.x[index], names[1], curve.y[index], curve.thresholds[index])

    @pyqtSlot(str)
    def _on_legend_curve_chosen(self, label: str) -> None:
        self.emphasise(label or None)
        if self._review is not None and label in self._review.labels:
            self.class_chosen.emit(label)

    @pyqtSlot(str, int)
    def _on_plot_handle_moved(self, name: str, index: int) -> None:
        assert self._review is not None
        threshold = self._curves()[name].thresholds[index]
        self._threshold = (name, threshold)
        if name in self._review.labels:
            number = self._review.labels.index(name)
            alarms, missed = self._review.false_alarms(number, threshold), self._review.missed(number, threshold)
            text = self.tr("“{0}” from {1:.2f}: {2:,} false alarms and {3:,} missed")
            title = text.format(name, threshold, len(alarms), len(missed))
            self.images_chosen.emit(title, self._review.together(alarms, missed))
        else:
            images = self._review.wrong_at(threshold)
            text = self.tr("Every class from {0:.2f}: {1:,} images with a false alarm or missed")
            self.images_chosen.emit(text.format(threshold, len(images)), images)
