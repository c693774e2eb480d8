"""The plots of a training run, two or three side by side, each of a quantity that is chosen above it."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.engines.protocol import Progress
from app.engines.run_curves import RunCurves
from app.engines.told import ACCURACY, LOSS, MEMORY, RATE, RECALL, SPEED
from ui import theme
from ui.widgets.live_plot import LivePlot
from ui.widgets.training_scene import TrainingScenes, Watched

DRAW_EVERY_MS = 2000  # what is drawn more often takes from training
FIRST = (LOSS, ACCURACY, RECALL)  # in the plots from the left
LEAST_WIDTH = 440  # of a plot, for another one to be shown beside it
MOST_SMOOTHING = 99  # percent
SLIDER_WIDTH = 140


class TrainingPlots(QWidget):
    """Draws what the events of a run tell, and stored runs beside it."""

    classes_needed = pyqtSignal()  # a run told of its classes by number

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.watched = Watched()
        self._asked = False  # for the names of classes
        self._beside: Sequence[RunCurves] = ()
        self._scenes = TrainingScenes(self)
        self._undrawn: list[LivePlot] = []
        self._timer = QTimer(self, singleShot=True, interval=DRAW_EVERY_MS)
        self._timer.timeout.connect(self.draw_soon)
        self._between = QTimer(self, interval=0)  # whenever the window has nothing else to do
        self._between.timeout.connect(self._draw_one)
        self._make_parts()
        self._lay_out()
        for plot in self.plots:
            plot.quantity_chosen.connect(self.draw)
            plot.range_changed.connect(self._on_plot_range_changed)
            plot.read.connect(self._on_plot_read)
        self.smoothing.valueChanged.connect(self._on_smoothing_changed)
        self.log.toggled.connect(self.draw)
        self.whole.clicked.connect(self._on_whole_clicked)
        self._on_smoothing_changed(0)
        self._on_plot_range_changed()

    def _make_parts(self) -> None:
        titles = (
            (LOSS, self.tr("Loss")),
            (ACCURACY, self.tr("Accuracy")),
            (RECALL, self.tr("Recall of each class")),
            (RATE, self.tr("Learning rate")),
            (SPEED, self.tr("Speed")),
            (MEMORY, self.tr("Memory")),
        )
        self.plots = [LivePlot(titles, quantity) for quantity in FIRST]
        self.smoothing = QSlider(Qt.Orientation.Horizontal, maximum=MOST_SMOOTHING)
        self.smoothing.setFixedWidth(SLIDER_WIDTH)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setToolTip(self.tr("The weight of the past in a moving average; the raw curve stays behind it"))
        self._smoothing_title = QLabel(self.tr("S&moothing"))
        self._smoothing_title.setBuddy(self.smoothing)
        self._smoothing_value = QLabel(objectName="muted")
        self._smoothing_value.setMinimumWidth(self.fontMetrics().horizontalAdvance("100%"))
        self.log = QCheckBox(self.tr("&Log scale"))
        self.log.setToolTip(self.tr("Of loss, learning rate, speed and memory; shares stay as they are"))
        self.whole = QPushButton(self.tr("Whole run"))
        self.whole.setToolTip(self.tr("Undo every move and zoom"))

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(theme.SPACE)
        for widget in (self._smoothing_title, self.smoothing, self._smoothing_value, self.log):
            controls.addWidget(widget)
        controls.addStretch()
        controls.addWidget(self.whole)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACE)
        for plot in self.plots:
            row.addWidget(plot, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(controls)
        layout.addLayout(row, 1)

    # -- what is shown

    def clear(self) -> None:
        """Forget the run that was watched."""
        self.watched, self._asked = Watched(), False
        self.draw_soon()

    def expect(self, engine: str) -> None:
        """Watch a run of an engine, from its start."""
        self.watched, self._asked = Watched(engine, running=True), False
        self._on_whole_clicked()

    def show_progress(self, progress: Progress) -> None:
        """Take what an event tells; it is drawn soon."""
        self.watched.told.add(progress)
        if not self._asked and self.watched.told.of(RECALL):
            self._asked = True
            self.classes_needed.emit()
        if self.watched.engine and not self._timer.isActive():
            self._timer.start()

    def show_end(self) -> None:
        """Say that nothing more will be told."""
        self.watched.running = False
        self.draw_soon()

    def name_classes(self, classes: tuple[str, ...]) -> None:
        """Name the classes of the run that is watched."""
        self.watched.classes = classes
        self.draw_soon()

    def show_beside(self, runs: Sequence[RunCurves]) -> None:
        """Draw stored runs beside the one that is watched, or alone."""
        self._beside = runs
        self.draw_soon()

    @pyqtSlot()
    def draw(self) -> None:
        """Draw everything as it stands, if somebody can see it."""
        self._begin()
        while self._undrawn:
            self._draw_one()

    @pyqtSlot()
    def draw_soon(self) -> None:
        """Draw everything, one plot after the other, with what else the window has to do between them."""
        self._begin()
        self._between.start()

    def _begin(self) -> None:
        self._timer.stop()
        self._between.stop()
        # What nobody sees is drawn when it is shown.
        self._undrawn = [plot for plot in self.plots if not plot.isHidden()] if self.isVisible() else []

    @pyqtSlot()
    def _draw_one(self) -> None:
        if self._undrawn:
            plot = self._undrawn.pop(0)
            weight, log = self.smoothing.value() / 100, self.log.isChecked()
            plot.show_scene(self._scenes.scene(plot.quantity, self.watched, self._beside, weight, log))
        if not self._undrawn:
            self._between.stop()
            room = max(plot.room() for plot in self.plots)
            for plot in self.plots:
                plot.keep_room(room)

    @pyqtSlot(int)
    def _on_smoothing_changed(self, value: int) -> None:
        self._smoothing_value.setText(self.tr("{0}%").format(value))
        self.draw()

    @pyqtSlot()
    def _on_whole_clicked(self) -> None:
        for plot in self.plots:
            plot.show_whole()
        self.draw()

    @pyqtSlot()
    def _on_plot_range_changed(self) -> None:
        self.whole.setEnabled(not all(plot.is_whole for plot in self.plots))

    @pyqtSlot(object)
    def _on_plot_read(self, x: float | None) -> None:
        """Read all plots of the same kind out at the same place."""
        source = self.sender()
        for plot in self.plots:
            if plot is source or (isinstance(source, LivePlot) and plot.x_title == source.x_title):
                plot.read_at(x)

    # -- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many plots as there is room for, two at the least."""
        super().resizeEvent(event)
        shown = max(2, event.size().width() // LEAST_WIDTH)
        for place, plot in enumerate(self.plots):
            plot.setVisible(place < shown)
        self.draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while nobody looked."""
        super().showEvent(event)
        self.draw()
