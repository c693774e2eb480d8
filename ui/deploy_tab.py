"""The Deploy tab: export the model, and serve it on this computer."""

import shlex
import subprocess
import sys
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QUrl, pyqtSlot
from PyQt5.QtGui import QDesktopServices, QFontDatabase
from PyQt5.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.export.service import ModelService
from app.server.options import DEFAULT_PORT
from ui import theme
from ui.jobs import Job
from ui.state import AppState
from ui.widgets.model_picker import ModelPicker
from ui.widgets.server_process import RUNNING, STARTING, STOPPED, STOPPING, ServerProcess
from ui.widgets.snippet import Snippet

FIRST_PORT, LAST_PORT = 1024, 65535
LOG_LINES = 500

PYTHON = """\
import json, urllib.request
photo = open("photo.jpg", "rb").read()
headers = {headers}
request = urllib.request.Request("{url}/predict", photo, headers)
print(json.load(urllib.request.urlopen(request))["predictions"][0])"""


class DeployTab(QWidget):
    """Exports a bundle with its check, and runs the local server."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._service = ModelService()
        self._job: Job | None = None
        self._exported: Path | None = None
        self._served = ""  # the title of the model, which may differ from the chosen one
        self._server = ServerProcess(self)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._refresh()

    def activate(self) -> None:
        """Look for new models."""
        self._refresh()

    def close_down(self) -> None:
        """End the server and the worker that checks exports."""
        self._server.end()
        if self._job is not None:
            self._job.cancel()
        self._service.close()

    def _make_parts(self) -> None:
        self._picker = ModelPicker()
        self._export = QPushButton(self.tr("Export…"), objectName="primary")
        self._exported_text = QLabel(wordWrap=True)
        self._exported_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._open_folder = QPushButton(self.tr("Open the folder"))
        self._port = QSpinBox(minimum=FIRST_PORT, maximum=LAST_PORT, value=DEFAULT_PORT)
        self._port.setAccessibleName(self.tr("Port"))
        self._token = QLineEdit(placeholderText=self.tr("none"))
        self._token.setAccessibleName(self.tr("Token"))
        self._token.setToolTip(self.tr("If given, every request must carry it."))
        self._start = QPushButton(self.tr("Start the server"), objectName="primary")
        self._status = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText, openExternalLinks=True)
        self._status.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._problem = QLabel(objectName="bad", wordWrap=True, visible=False)
        self._curl = Snippet(self.tr("From a terminal"), 2)
        self._python = Snippet(self.tr("From Python"), 5)
        self._log = QPlainTextEdit(readOnly=True, maximumBlockCount=LOG_LINES)
        self._log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._log.setPlaceholderText(self.tr("Requests appear here while the server runs."))
        self._log.setAccessibleName(self.tr("Log of the server"))
        self._log.setTabChangesFocus(True)

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
        form = QFormLayout()
        form.addRow(self.tr("Port"), self._port)
        form.addRow(self.tr("Token"), self._token)
        serve_column.addLayout(form)
        row = QHBoxLayout()
        row.addWidget(self._start)
        row.addWidget(self._status, 1)
        serve_column.addLayout(row)
        serve_column.addWidget(self._problem)
        left = QVBoxLayout()
        left.setSpacing(2 * theme.SPACE)
        left.addWidget(export)
        left.addWidget(serve)
        left.addStretch()
        right = QVBoxLayout()
        right.setSpacing(2 * theme.SPACE)
        right.addWidget(self._curl)
        right.addWidget(self._python)
        log = QVBoxLayout()
        log.setSpacing(theme.SPACE // 2)
        log.addWidget(QLabel(self.tr("Log"), objectName="heading"))
        log.addWidget(self._log)
        right.addLayout(log, 1)
        columns = QHBoxLayout()
        columns.setSpacing(3 * theme.SPACE)
        columns.addLayout(left, 2)
        columns.addLayout(right, 3)
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
        theme.signals.changed.connect(self._show_server)
        self._picker.changed.connect(self._on_picker_changed)
        self._export.clicked.connect(self._on_export_clicked)
        self._open_folder.clicked.connect(self._on_open_folder_clicked)
        self._start.clicked.connect(self._on_start_clicked)
        self._port.valueChanged.connect(self._show_server)
        self._token.textChanged.connect(self._show_server)
        self._server.state_changed.connect(self._on_server_state_changed)
        self._server.logged.connect(self._log.appendPlainText)
        self._server.failed.connect(self._on_server_failed)

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

    @pyqtSlot()
    def _show_server(self) -> None:
        state = self._server.state
        idle = state == STOPPED
        self._port.setEnabled(idle)
        self._token.setEnabled(idle)
        self._start.setText(self.tr("Start the server") if idle else self.tr("Stop the server"))
        self._start.setEnabled(self._picker.bundle() is not None if idle else state != STOPPING)
        self._status.setText(self._status_text(state))
        url = self._server.url or f"http://127.0.0.1:{self._port.value()}"
        token = self._token.text().strip()
        header = f" -H {_quoted(f'Authorization: Bearer {token}')}" if token else ""
        self._curl.show_code(f"curl{header} -F file=@photo.jpg {url}/predict")
        headers = {"Content-Type": "image/jpeg", **({"Authorization": f"Bearer {token}"} if token else {})}
        self._python.show_code(PYTHON.format(url=url, headers=headers))

    def _status_text(self, state: str) -> str:
        if state == RUNNING:
            link = f'<a style="color:{theme.token("accent")}" href="{self._server.url}/docs">{self._server.url}</a>'
            return self.tr("Running at {0}<br>{1}").format(link, escape(self._served))
        return {
            STOPPED: self.tr("Stopped"),
            STARTING: self.tr("Starting…"),
            STOPPING: self.tr("Stopping…"),
        }[state]

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

    # -- server

    @pyqtSlot()
    def _on_start_clicked(self) -> None:
        if self._server.state != STOPPED:
            self._server.stop()
            return
        bundle = self._picker.bundle()
        if bundle is not None:
            self._show_problem("")
            self._served = self._picker.title()
            self._server.start(bundle, self._port.value(), self._token.text().strip())

    @pyqtSlot(str)
    def _on_server_state_changed(self, state: str) -> None:
        self._show_server()

    @pyqtSlot(str)
    def _on_server_failed(self, words: str) -> None:
        self._show_problem(words)

    def _show_problem(self, words: str) -> None:
        self._problem.setText(words)
        self._problem.setVisible(bool(words))


def _quoted(word: str) -> str:
    """Quote a word for the terminal of this system."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame(objectName="card")
    column = QVBoxLayout(card)
    column.setContentsMargins(*[2 * theme.SPACE] * 4)
    column.setSpacing(theme.SPACE)
    column.addWidget(QLabel(title, objectName="heading"))
    return card, column
