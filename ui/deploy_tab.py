"""The Deploy tab: export the model, and serve it on this computer."""

from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QUrl, pyqtSlot
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.export.service import ModelService
from ui import theme
from ui.jobs import Job
from ui.state import AppState
from ui.widgets.model_picker import ModelPicker
from ui.widgets.server_panel import ServerPanel


class DeployTab(QWidget):
    """Exports a bundle with its check, and runs the local server."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._service = ModelService()
        self._job: Job | None = None
        self._exported: Path | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self._refresh()

    def activate(self) -> None:
        """Look for new models."""
        self._refresh()

    def close_down(self) -> None:
        """End the server and the worker that checks exports."""
        self._panel.end()
        if self._job is not None:
            self._job.cancel()
        self._service.close()

    def _make_parts(self) -> None:
        self._picker = ModelPicker()
        self._export = QPushButton(self.tr("Export…"), objectName="primary")
        self._exported_text = QLabel(wordWrap=True)
        self._exported_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._open_folder = QPushButton(self.tr("Open the folder"))
        self._panel = ServerPanel(self._state.jobs, self)

    def _lay_out(self) -> None:
        export, export_column = _card(self.tr("Export"))
        hint = self.tr(
            "One folder with the model as ONNX, its labels, a model card and a check: it gives the same answers "
            "in any program with ONNX Runtime."
        )
        export_column.addWidget(QLabel(hint, objectName="muted", wordWrap=True))
        row = QHBoxLayout()
        row.addWidget(self._export)
        row.addWidget(self._open_folder)
        row.addStretch()
        export_column.addLayout(row)
        export_column.addWidget(self._exported_text)
        serve, serve_column = _card(self.tr("Serve on this computer"))
        serve_column.addLayout(self._panel.settings)
        left = QVBoxLayout()
        left.setSpacing(2 * theme.SPACE)
        left.addWidget(export)
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

    def _connect(self) -> None:
        for signal in (self._state.project_opened, self._state.project_closed, self._state.runs_changed):
            signal.connect(self._refresh)
        self._picker.changed.connect(self._on_picker_changed)
        self._export.clicked.connect(self._on_export_clicked)
        self._open_folder.clicked.connect(self._on_open_folder_clicked)

    # -- states

    @pyqtSlot()
    def _refresh(self) -> None:
        self._picker.show_project(self._state.project)
        self._show_export()
        self._show_server()

    @pyqtSlot()
    def _on_picker_changed(self) -> None:
        self._exported = None
        self._show_export()
        self._show_server()

    def _show_export(self) -> None:
        ready = self._picker.bundle() is not None
        self._export.setEnabled(ready and self._job is None)
        self._open_folder.setVisible(self._exported is not None)
        if not ready:
            self._exported_text.setText(self.tr("There is no model yet: train one first, or open a bundle."))
        elif self._exported is None:
            self._exported_text.setText("")

    def _show_server(self) -> None:
        self._panel.set_model(self._picker.bundle(), self._picker.title())

    # -- export

    @pyqtSlot()
    def _on_export_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder to export into"))
        if folder:
            self.export_to(Path(folder))

    def export_to(self, folder: Path) -> None:
        """Copy the chosen model into a folder and check the copy."""
        bundle = self._picker.bundle()
        if bundle is None or self._job is not None:
            return
        self._exported = None
        self._exported_text.setText(self.tr("Exporting and checking…"))
        job = self._state.jobs.start(self.tr("Exporting"), partial(self._service.export, bundle, folder))
        self._job = job
        job.done.connect(self._on_job_done)
        job.failed.connect(self._state.failed)
        job.finished.connect(self._on_job_finished)
        self._show_export()

    @pyqtSlot(object)
    def _on_job_done(self, result: dict[str, Any]) -> None:
        self._exported = Path(result["bundle"])
        if result["agrees"]:
            text = self.tr("Exported to {0}.\nParity: {1} of {1} golden images agree; largest difference {2:.1e}.")
        else:
            text = self.tr("{0} does NOT agree on {1} golden images: largest difference {2:.1e}. Do not use it.")
        self._exported_text.setText(text.format(result["bundle"], result["images"], result["largest_difference"]))

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        if self._exported is None:
            self._exported_text.setText("")
        self._show_export()

    @pyqtSlot()
    def _on_open_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._exported)))


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame(objectName="card")
    column = QVBoxLayout(card)
    column.setContentsMargins(*[2 * theme.SPACE] * 4)
    column.setSpacing(theme.SPACE)
    column.addWidget(QLabel(title, objectName="heading"))
    return card, column
