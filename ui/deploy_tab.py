"""The Deploy tab: export the model, and serve it on this computer."""

from pathlib import Path

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui import theme
from ui.state import AppState
from ui.widgets.export_panel import ExportPanel
from ui.widgets.model_picker import ModelPicker
from ui.widgets.server_panel import ServerPanel


class DeployTab(QWidget):
    """Exports a bundle with its check, and runs the local server."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._picker = ModelPicker()
        self._export = ExportPanel(state.jobs)
        self._panel = ServerPanel(state.jobs, self)
        self._lay_out()
        for signal in (state.project_opened, state.project_closed, state.runs_changed):
            signal.connect(self._refresh)
        self._picker.changed.connect(self._show_model)
        self._export.failed.connect(state.failed)
        self._refresh()

    def activate(self) -> None:
        """Look for new models."""
        self._refresh()

    def close_down(self) -> None:
        """End the server and the worker that exports."""
        self._panel.end()
        self._export.close_down()

    def export_to(self, folder: Path) -> None:
        """Write the chosen model into a folder and check it."""
        self._export.export_to(folder)

    def _lay_out(self) -> None:
        serve, serve_column = _card(self.tr("Serve on this computer"))
        serve_column.addLayout(self._panel.settings)
        left = QVBoxLayout()
        left.setSpacing(2 * theme.SPACE)
        left.addWidget(self._export)
        left.addWidget(serve)
        left.addStretch()
        columns = QHBoxLayout()
        columns.setSpacing(3 * theme.SPACE)
        columns.addLayout(left, 2)
        columns.addLayout(self._panel.reports, 3)
        top = QHBoxLayout()
        top.addWidget(self._picker)
        top.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(top)
        layout.addLayout(columns, 1)

    @pyqtSlot()
    def _refresh(self) -> None:
        self._picker.show_project(self._state.project)
        self._show_model()

    @pyqtSlot()
    def _show_model(self) -> None:
        bundle = self._picker.bundle()
        self._export.set_model(bundle)
        self._panel.set_model(bundle, self._picker.title())


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame(objectName="card")
    column = QVBoxLayout(card)
    column.setContentsMargins(*[2 * theme.SPACE] * 4)
    column.setSpacing(theme.SPACE)
    column.addWidget(QLabel(title, objectName="heading"))
    return card, column
