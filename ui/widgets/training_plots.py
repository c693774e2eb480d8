"""The plots of a training run: of the fits of a linear classifier, or of the epochs of fine-tuning."""

from PyQt5.QtWidgets import QHBoxLayout, QWidget

from app.engines.protocol import Progress
from ui import theme
from ui.widgets.curve_plot import CurvePlot

DASHED = 1


class TrainingPlots(QWidget):
    """Draws what the events of a run tell."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        speed, epoch, strength = self.tr("images per second"), self.tr("epoch"), self.tr("strength (C)")
        accuracy, loss = self.tr("accuracy"), self.tr("log loss")
        self.speed = CurvePlot(self.tr("Looking at images"), self.tr("images"), speed)
        self.fit_accuracy = CurvePlot(self.tr("Validation accuracy"), strength, accuracy, log_x=True)
        self.fit_loss = CurvePlot(self.tr("Validation loss"), strength, loss, log_x=True)
        self.loss = CurvePlot(self.tr("Loss, dashed: validation"), epoch, loss)
        self.accuracy = CurvePlot(self.tr("Validation accuracy"), epoch, accuracy)
        self.rate = CurvePlot(self.tr("Learning rate"), epoch, self.tr("learning rate"))
        self.tune_speed = CurvePlot(self.tr("Speed"), epoch, speed)
        self._fitting = (self.fit_accuracy, self.fit_loss)
        self._tuning = (self.loss, self.accuracy, self.rate, self.tune_speed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * theme.SPACE)
        for plot in (self.speed, *self._fitting, *self._tuning):
            layout.addWidget(plot, 1)
        self._values: dict[str, tuple[list[float], list[float]]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget everything, as before a run."""
        self._values.clear()
        for plot in (self.speed, *self._fitting, *self._tuning):
            plot.clear()
        self.expect(tuning=False)

    def expect(self, tuning: bool) -> None:
        """Show the plots of fine-tuning, or those of fits; the first one appears when images are looked at."""
        self.speed.hide()
        for plots, shown in ((self._fitting, not tuning), (self._tuning, tuning)):
            for plot in plots:
                plot.setVisible(shown)

    def show_progress(self, progress: Progress) -> None:
        """Draw what an event tells, if it is of a stage that has plots."""
        values = progress.values
        if progress.stage == "features":
            self.speed.show()
            self._draw(self.speed, self.tr("speed"), progress.done, values["images_per_second"])
        elif progress.stage == "fit":
            if self.fit_loss.isHidden():  # what was tuned is followed by a classifier of its own
                self.expect(tuning=False)
            self._show_fit(values)
        elif progress.stage == "tune":
            if self.loss.isHidden():
                self.expect(tuning=True)
            self._show_step(progress)
        elif progress.stage == "epoch":
            self._show_epoch(progress)

    def _show_fit(self, values: dict[str, float]) -> None:
        strength = values["strength"]
        for plot, key in ((self.fit_accuracy, "validation_accuracy"), (self.fit_loss, "validation_loss")):
            if key not in values:  # a support vector machine has no loss
                continue
            self._draw(plot, self.tr("validation"), strength, values[key], points=True)
            plot.set_ticks(self._values[key_of(plot, self.tr("validation"))][0])

    def _show_step(self, progress: Progress) -> None:
        values = progress.values
        epoch = progress.done / max(1, progress.total) * values["epochs"]
        self.speed.hide()
        self._draw(self.loss, self.tr("training"), epoch, values["loss"])
        self._draw(self.rate, self.tr("learning rate"), epoch, values["learning_rate"])
        self._draw(self.tune_speed, self.tr("speed"), epoch, values["images_per_second"])

    def _show_epoch(self, progress: Progress) -> None:
        values = progress.values
        if "validation_loss" in values:
            self._draw(
                self.loss, self.tr("validation"), progress.done, values["validation_loss"], points=True, style=DASHED
            )
            self._draw(self.accuracy, self.tr("validation"), progress.done, values["validation_accuracy"], points=True)

    def _draw(self, plot: CurvePlot, name: str, x: float, y: float, points: bool = False, style: int = 0) -> None:
        xs, ys = self._values.setdefault(key_of(plot, name), ([], []))
        xs.append(x)
        ys.append(y)
        plot.set_curve(name, xs, ys, points=points, style=style)


def key_of(plot: CurvePlot, name: str) -> str:
    """Name a curve among those of all plots."""
    return f"{id(plot)} {name}"
