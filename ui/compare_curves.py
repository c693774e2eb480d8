"""The curves of several runs in the same plots."""

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engines.metrics import TRAINING_LOSS, VALIDATION_ACCURACY, VALIDATION_LOSS
from app.evaluation.compared_runs import ComparedRuns
from app.project.records import CLASS_COLOURS
from ui import theme
from ui.widgets.curve_legend import CurveLegend
from ui.widgets.curve_plot import CurvePlot

STYLES = 5


class CompareCurves(QWidget):
    """Validation accuracy and losses: over epochs for fine-tuning, over strengths for quick."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        epoch, strength = self.tr("epoch"), self.tr("strength (C)")
        accuracy, loss = self.tr("accuracy"), self.tr("log loss")
        self.plots = {
            (True, VALIDATION_ACCURACY): CurvePlot(self.tr("Validation accuracy"), epoch, accuracy),
            (True, VALIDATION_LOSS): CurvePlot(self.tr("Validation loss"), epoch, loss),
            (True, TRAINING_LOSS): CurvePlot(self.tr("Training loss"), epoch, loss),
            (False, VALIDATION_ACCURACY): CurvePlot(self.tr("Validation accuracy"), strength, accuracy, log_x=True),
            (False, VALIDATION_LOSS): CurvePlot(self.tr("Validation loss"), strength, loss, log_x=True),
        }
        self.legend = CurveLegend()
        rows = QVBoxLayout()
        rows.setSpacing(theme.SPACE)
        for over_epochs in (True, False):
            row = QHBoxLayout()
            row.setSpacing(2 * theme.SPACE)
            for (kind, _), plot in self.plots.items():
                if kind == over_epochs:
                    row.addWidget(plot, 1)
            rows.addLayout(row, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addLayout(rows, 1)
        layout.addWidget(self.legend)
        self.legend.curve_chosen.connect(self._on_legend_curve_chosen)

    def show_runs(self, compared: ComparedRuns) -> None:
        """Draw what each run told while it was trained; plots without a curve are not shown."""
        pens = []
        for place, (number, run) in enumerate(compared.runs.items()):
            name = self.tr("Run {0}").format(number)
            colour, style = CLASS_COLOURS[place % len(CLASS_COLOURS)], place % STYLES
            plot = next(iter(self.plots.values()))
            pens.append((name, plot.sample(colour, style)))
            for curve, line in run.curves.lines.items():
                target = self.plots[(run.curves.over_epochs, curve)]
                target.set_curve(name, line.x, line.y, colour, style, points=True)
        for plot in self.plots.values():
            plot.setVisible(bool(plot.lines()))
        self.legend.show_lines(pens)

    @pyqtSlot(str)
    def _on_legend_curve_chosen(self, name: str) -> None:
        for plot in self.plots.values():
            plot.emphasise(name if name in dict(plot.lines()) else None)
