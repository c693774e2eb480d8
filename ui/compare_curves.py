"""The curves of several runs in the same plots."""

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtGui import QPen
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.engines.told import ACCURACY, EPOCHS, LOSS, STRENGTHS, TRAINING, VALIDATION
from app.evaluation.compared_runs import ComparedRuns
from app.project.records import CLASS_COLOURS
from ui import theme
from ui.widgets.curve_legend import CurveLegend
from ui.widgets.curve_plot import CurvePlot

STYLES = 5
LEAST_HEIGHT = 200  # of a plot with its title; what does not fit is scrolled to


class CompareCurves(QWidget):
    """Validation accuracy and losses: over epochs for fine-tuning, over strengths for quick."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        epoch, strength = self.tr("epoch"), self.tr("strength (C)")
        accuracy, loss = self.tr("accuracy"), self.tr("log loss")
        self.plots = {
            (EPOCHS, ACCURACY, VALIDATION): CurvePlot(self.tr("Validation accuracy"), epoch, accuracy),
            (EPOCHS, LOSS, VALIDATION): CurvePlot(self.tr("Validation loss"), epoch, loss),
            (EPOCHS, LOSS, TRAINING): CurvePlot(self.tr("Training loss"), epoch, loss),
            (STRENGTHS, ACCURACY, VALIDATION): CurvePlot(
                self.tr("Validation accuracy"), strength, accuracy, log_x=True
            ),
            (STRENGTHS, LOSS, VALIDATION): CurvePlot(self.tr("Validation loss"), strength, loss, log_x=True),
        }
        self.legend = CurveLegend()
        inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, theme.SPACE, 0)
        rows.setSpacing(theme.SPACE)
        for over in (EPOCHS, STRENGTHS):
            row = QHBoxLayout()
            row.setSpacing(2 * theme.SPACE)
            for (x, _, _), plot in self.plots.items():
                if x == over:
                    plot.setMinimumHeight(LEAST_HEIGHT)
                    row.addWidget(plot, 1)
            rows.addLayout(row, 1)
        self.area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self.area.setWidget(inner)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.legend)
        self.legend.curve_chosen.connect(self._on_legend_curve_chosen)

    def show_runs(self, compared: ComparedRuns) -> None:
        """Draw what each run told while it was trained; plots without a curve are not shown."""
        pens: list[tuple[str, QPen]] = []
        strengths: set[float] = set()
        for place, (number, run) in enumerate(compared.runs.items()):
            name = self.tr("Run {0}").format(number)
            colour, style = CLASS_COLOURS[place % len(CLASS_COLOURS)], place % STYLES
            plot = next(iter(self.plots.values()))
            pens.append((name, plot.sample(colour, style)))
            for (over, quantity, curve), target in self.plots.items():
                found = run.told.of(quantity).get(curve) if run.told.over(quantity) == over else None
                if found is not None:
                    target.set_curve(name, found.x.tolist(), found.y.tolist(), colour, style, points=True)
                    if over == STRENGTHS:
                        strengths.update(found.x.tolist())
        for (over, _, _), plot in self.plots.items():
            plot.setVisible(bool(plot.lines()))
            if over == STRENGTHS:
                plot.set_ticks(sorted(strengths))
        self.legend.show_lines(pens)

    @pyqtSlot(str)
    def _on_legend_curve_chosen(self, name: str) -> None:
        for plot in self.plots.values():
            plot.emphasise(name if name in dict(plot.lines()) else None)
