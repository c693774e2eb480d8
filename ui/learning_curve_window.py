"""Should more images be labelled? Accuracy against their number, and what more of them would bring."""

import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.engines.protocol import OnEvent
from app.errors import AppError
from app.evaluation.forecast import Curve
from app.learning_curve import PROTOCOL, forecast_words, last_learning_curve, measure_learning_curve
from app.project.project import Project
from ui import theme
from ui.followed_job import FollowedJob
from ui.jobs import run_in_pool
from ui.state import AppState
from ui.widgets.curve_plot import CurvePlot
from ui.widgets.training_progress import TrainingProgress

SIZE = (820, 640)
MORE = 200
STEPS = 60  # points of the law that are drawn
DASHED, DOTTED = 1, 2
MOST = 1_000_000


class LearningCurveWindow(QDialog):
    """Measures the curve of the open project, and shows the last one meanwhile; it closes with the project."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._curve: Curve | None = None
        self._drawn: dict[str, tuple[Sequence[float], Sequence[float]]] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Should I label more?"))
        self.resize(*SIZE)
        self._make_parts()
        self._lay_out()
        self.more.valueChanged.connect(self._show)
        self.measure.clicked.connect(self._on_measure_clicked)
        self._followed.done.connect(self._on_job_done)
        self._followed.cancelled.connect(self._on_job_cancelled)
        self._followed.failed.connect(self._on_job_failed)
        self._followed.changed.connect(self._on_followed_changed)
        state.project_closed.connect(self.close)
        theme.signals.changed.connect(self._show)
        run_in_pool(last_learning_curve, state.project, on_done=self._on_read)

    def _make_parts(self) -> None:
        self.verdict = QLabel(objectName="heading", wordWrap=True)
        self.verdict.setText(self.tr("How accuracy grew with the number of images has not been measured yet."))
        self.more = QSpinBox(minimum=1, maximum=MOST, value=MORE, singleStep=50)
        self.more.setSuffix(self.tr(" more images"))
        self.measure = QPushButton(self.tr("Measure"), objectName="primary")
        self.measure.setToolTip(self.tr("Learn from parts of the labelled images; this takes some seconds"))
        self.plot = CurvePlot(self.tr("Accuracy by number of images"), self.tr("images"), self.tr("accuracy"))
        self.plot.hide_title()
        self.plot.describe_points(self._describe)
        self.key = QLabel(
            self.tr(
                "Points: measured. Line: the power law through them; dashed: what lies ahead; dotted: 95% interval."
            ),
            objectName="muted",
            wordWrap=True,
        )
        self.protocol = QLabel(objectName="muted", wordWrap=True)
        self.progress = TrainingProgress()
        self.progress.show_end(self.tr("Nothing is being measured."))
        self._followed = FollowedJob(self.progress)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("Forecast for"))
        label.setBuddy(self.more)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(label)
        row.addWidget(self.more)
        row.addStretch()
        row.addWidget(self.measure)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(row)
        layout.addWidget(self.verdict)
        layout.addWidget(self.plot, 1)
        for widget in (self.key, self.protocol, self.progress):
            layout.addWidget(widget)

    # -- measuring

    @pyqtSlot()
    def _on_measure_clicked(self) -> None:
        if self._state.project is not None and not self._followed.running:
            work = partial(_measure, self._state.project)
            self._followed.follow(self._state.jobs.start(self.tr("Measuring the learning curve"), work))

    @pyqtSlot(object)
    def _on_job_done(self, curve: Curve) -> None:
        self.progress.show_end(self.tr("Measured."), done=True)
        self._on_read(curve)

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        self.progress.show_end(self.tr("Stopped."))

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        self.progress.show_end(self.tr("Not measured."))
        self.verdict.setText(f"{error.message} {error.hint}")

    @pyqtSlot()
    def _on_followed_changed(self) -> None:
        self.measure.setEnabled(not self._followed.running)

    # -- showing

    def _on_read(self, result: Curve | AppError | None) -> None:
        if isinstance(result, AppError):
            self.verdict.setText(f"{result.message} {result.hint}")
        elif result is not None:
            self._curve = result
            self.measure.setText(self.tr("Measure again"))
            self._show()

    @pyqtSlot()
    def _show(self) -> None:
        """Draw the curve as far as is asked for, and say what lies ahead."""
        curve, more = self._curve, self.more.value()
        if curve is None:
            return
        self.verdict.setText(forecast_words(curve, more))
        self.protocol.setText(PROTOCOL.format(curve.images))
        self.plot.clear()
        self._drawn.clear()
        ends = tuple(zip(*curve.intervals, strict=True))
        if curve.grows:
            last = curve.images + min(more, curve.furthest)
            self._draw_law(curve, self.tr("law"), curve.sizes[0], curve.images, 0)
            self._draw_law(curve, self.tr("forecast"), curve.images, last, DASHED)
        else:
            for name, values in ((self.tr("low end"), ends[0]), (self.tr("high end"), ends[1])):
                self._draw(name, curve.sizes, values, "muted", DOTTED)
        self._drawn[self.tr("measured")] = curve.sizes, curve.accuracy
        self.plot.set_curve(self.tr("measured"), curve.sizes, curve.accuracy, points=True)

    def _draw(self, name: str, sizes: Sequence[float], values: Sequence[float], colour: str, style: int) -> None:
        self._drawn[name] = sizes, values
        self.plot.set_curve(name, sizes, values, theme.token(colour), style)

    def _draw_law(self, curve: Curve, name: str, first: int, last: int, style: int) -> None:
        sizes = np.linspace(first, last, STEPS)
        middle, low, high = curve.path(sizes)
        for words, values in ((self.tr("{0}, low end"), low), (self.tr("{0}, high end"), high)):
            self._draw(words.format(name), sizes.tolist(), values.tolist(), "muted", DOTTED)
        self._draw(name, sizes.tolist(), middle.tolist(), "text", style)

    def _describe(self, name: str, index: int) -> str:
        sizes, accuracy = self._drawn[name]
        return self.tr("{0}: {1:.1%} at {2:,.0f} images").format(name, accuracy[index], sizes[index])

    # -- closing

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what is being measured; the last curve stays."""
        self._followed.stop()
        super().closeEvent(event)

    def reject(self) -> None:
        """Close with Escape."""
        self._followed.stop()
        super().reject()


def _measure(project: Project, on_event: OnEvent, cancel: threading.Event) -> Curve:
    return measure_learning_curve(project, 0, on_event, cancel)
