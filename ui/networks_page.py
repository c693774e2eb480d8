"""The pretrained networks: what each is, and how fast it is on this computer."""

import threading
from functools import partial

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engines.conversion import add_network, measure_network
from app.engines.protocol import OnEvent, Progress
from app.features.backbones import Backbone, backbones
from ui import theme
from ui.jobs import Job
from ui.network_dialog import NetworkDialog
from ui.state import AppState
from ui.widgets.figure_table import Cell, FigureTable

STAGE = "networks"
UNKNOWN = "–"


class NetworksPage(QWidget):
    """A row per network, and a button that measures them all."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        self._speeds: dict[str, float] = {}
        self.table = FigureTable()
        self.table.setAccessibleName(self.tr("Pretrained networks"))
        words = QLabel(objectName="muted", wordWrap=True)
        words.setText(
            self.tr(
                "Training builds upon one of these: choose it under Advanced in the Train tab. Accuracy is that on "
                "ImageNet, by the network's publisher."
            )
        )
        self.measure = QPushButton(self.tr("&Measure speed here"), autoDefault=False)
        self.add = QPushButton(self.tr("A&dd…"), autoDefault=False)
        self.add.setToolTip(self.tr("A ResNet, a model of timm, or a feature network of your own"))
        self.said = QLabel(objectName="muted", wordWrap=True)
        row = QHBoxLayout()
        row.addWidget(self.measure)
        row.addWidget(self.add)
        row.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2 * theme.SPACE, 0, 0)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(words)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        self.measure.clicked.connect(self._on_measure_clicked)
        self.add.clicked.connect(self._on_add_clicked)
        self._show()

    def _show(self) -> None:
        titles = [
            (self.tr("Network"), ""),
            (self.tr("Pixels"), self.tr("Width and height of the images that it sees.")),
            (self.tr("Accuracy"), self.tr("On ImageNet's validation images, as its publisher says.")),
            (self.tr("MB"), self.tr("Size of the network as ONNX.")),
            (self.tr("Images/s"), self.tr("Measured on this computer, one thread per processor.")),
            (self.tr("Fine-tuning"), self.tr("Whether Balanced and Best can train it.")),
            (self.tr("Licence"), self.tr("Of its weights.")),
        ]
        self.table.show_rows(titles, [self._row(one) for one in backbones()])

    def _row(self, one: Backbone) -> list[Cell]:
        speed = self._speeds.get(one.name)
        return [
            Cell(one.title, help=one.name),
            Cell(f"{one.side}", one.side),
            Cell(f"{one.accuracy:.1%}" if one.accuracy else UNKNOWN, one.accuracy),
            Cell(f"{one.megabytes:.1f}", one.megabytes),
            Cell(UNKNOWN if speed is None else f"{speed:.0f}", speed or 0.0),
            Cell(self.tr("yes") if one.tunable else self.tr("no")),
            Cell(one.licence),
        ]

    @pyqtSlot()
    def _on_measure_clicked(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.said.setText(self.tr("Stopping…"))
            return
        job = self._state.jobs.start(self.tr("Measuring networks"), partial(_measure, backbones()))
        self._follow(job)
        job.progressed.connect(self._on_job_progressed)
        self.said.setText(self.tr("Other work makes these figures smaller."))

    @pyqtSlot()
    def _on_add_clicked(self) -> None:
        dialog = NetworkDialog(self)
        dialog.accepted.connect(partial(self._add, dialog))
        dialog.open()

    def _add(self, dialog: NetworkDialog) -> None:
        adding = partial(add_network, dialog.name, dialog.file)
        job = self._state.jobs.start(self.tr("Adding a network"), adding)
        job.done.connect(self._state.networks_changed)
        self._follow(job)
        self.said.setText(self.tr("Adding {0}…").format(dialog.name))

    def _follow(self, job: Job) -> None:
        self._job = job
        job.noted.connect(self.said.setText)
        job.failed.connect(self._state.failed)
        job.finished.connect(self._on_job_finished)
        self.measure.setText(self.tr("Stop"))
        self.add.setEnabled(False)

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if progress.stage == STAGE:
            self._speeds.update(progress.values)
            self._show()

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self.measure.setText(self.tr("&Measure speed here"))
        self.add.setEnabled(True)
        self.said.clear()
        self._show()


def _measure(networks: list[Backbone], on_event: OnEvent, cancel: threading.Event) -> None:
    for done, one in enumerate(networks, 1):
        speed = measure_network(one, on_event, cancel)
        on_event(Progress(STAGE, done, len(networks), {one.name: speed}))
