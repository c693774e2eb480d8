"""The server's part of the Deploy tab: where and for whom it answers, its state, log, traffic and examples."""

import secrets
import shlex
import subprocess
import sys
from html import escape
from pathlib import Path

from PyQt5.QtCore import QObject, Qt, pyqtSlot
from PyQt5.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from app.server.options import DEFAULT_HOST, DEFAULT_PORT
from ui import theme
from ui.jobs import Jobs
from ui.widgets.log_view import LogView
from ui.widgets.server_process import RUNNING, STARTING, STOPPED, STOPPING, ServerProcess
from ui.widgets.snippet import Snippet
from ui.widgets.traffic_plot import TrafficPlot
from ui.widgets.try_server import TryServer

FIRST_PORT, LAST_PORT = 1024, 65535
EVERY_HOST = "0.0.0.0"
LOG_LINES = 500
TOKEN_BYTES = 18
PYTHON = """\
import json, urllib.request
photo = open("photo.jpg", "rb").read()
headers = {headers}
request = urllib.request.Request("{url}/predict", photo, headers)
print(json.load(urllib.request.urlopen(request))["predictions"][0])"""


class ServerPanel(QObject):
    """Two columns of parts for the tab to lay out: `settings` and `reports`."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None):
        super().__init__(parent)
        self.process = ServerProcess(self)
        self._bundle: Path | None = None
        self._title = ""
        self._served = ""  # the title of the model, which may differ from the chosen one
        self._make_parts(jobs)
        self.settings = self._settings()
        self.reports = self._reports()
        self._connect()
        self.show_state()

    def set_model(self, bundle: Path | None, title: str) -> None:
        """Say which model a start would serve; None if there is none."""
        self._bundle, self._title = bundle, title
        self.show_state()

    def end(self) -> None:
        """Stop and wait, while the window closes."""
        self.traffic.end()
        self.process.end()

    def _make_parts(self, jobs: Jobs) -> None:
        self.port = QSpinBox(minimum=FIRST_PORT, maximum=LAST_PORT, value=DEFAULT_PORT)
        self.port.setAccessibleName(self.tr("Port"))
        self.token = QLineEdit(placeholderText=self.tr("none"))
        self.token.setAccessibleName(self.tr("Token"))
        self.token.setToolTip(self.tr("If given, every request must carry it."))
        self.new_token = QPushButton(self.tr("New"))
        self.new_token.setToolTip(self.tr("Make a token that nobody can guess"))
        self.others = QCheckBox(self.tr("Other computers may call it, with the token"))
        self.start = QPushButton(self.tr("Start the server"), objectName="primary")
        self.status = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText, openExternalLinks=True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.problem = QLabel(objectName="bad", wordWrap=True, visible=False)
        self.try_it = TryServer(jobs)
        self.curl = Snippet(self.tr("From a terminal"), 2)
        self.python = Snippet(self.tr("From Python"), 6)  # with a token, a line of it wraps
        self.traffic = TrafficPlot()
        self.log = LogView(LOG_LINES)
        self.log.setPlaceholderText(self.tr("Requests appear here while the server runs."))
        self.log.setAccessibleName(self.tr("Log of the server"))

    def _settings(self) -> QVBoxLayout:
        token = QHBoxLayout()
        token.addWidget(self.token)
        token.addWidget(self.new_token)
        form = QFormLayout()
        form.addRow(self.tr("Port"), self.port)
        form.addRow(self.tr("Token"), token)
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addWidget(self.status, 1)
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE)
        column.addLayout(form)
        column.addWidget(self.others)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.try_it)
        return column

    def _reports(self) -> QVBoxLayout:
        log = QVBoxLayout()
        log.setSpacing(theme.SPACE // 2)
        log.addWidget(QLabel(self.tr("Log"), objectName="heading"))
        log.addWidget(self.log)
        column = QVBoxLayout()
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self.curl)
        column.addWidget(self.python)
        column.addWidget(self.traffic)
        column.addLayout(log, 1)
        return column

    def _connect(self) -> None:
        theme.signals.changed.connect(self.show_state)
        self.start.clicked.connect(self._on_start_clicked)
        self.new_token.clicked.connect(self._on_new_token_clicked)
        self.others.toggled.connect(self._on_others_toggled)
        self.port.valueChanged.connect(self.show_state)
        self.token.textChanged.connect(self.show_state)
        self.process.state_changed.connect(self._on_process_state_changed)
        self.process.logged.connect(self.log.appendPlainText)
        self.process.logged.connect(self.traffic.note)
        self.process.failed.connect(self._show_problem)

    @pyqtSlot()
    def show_state(self) -> None:
        """Show what the server does, and examples with the real address and token."""
        state = self.process.state
        idle = state == STOPPED
        for part in (self.port, self.token, self.new_token, self.others):
            part.setEnabled(idle)
        self.start.setText(self.tr("Start the server") if idle else self.tr("Stop the server"))
        self.start.setEnabled(self._bundle is not None if idle else state != STOPPING)
        self.status.setText(self._status_text(state))
        self.try_it.set_server(self.process.url if state == RUNNING else "", self._word())
        url = self.process.url or f"http://{DEFAULT_HOST}:{self.port.value()}"
        token = self._word()
        header = f" -H {_quoted(f'Authorization: Bearer {token}')}" if token else ""
        self.curl.show_code(f"curl{header} -F file=@photo.jpg {url}/predict")
        headers = {"Content-Type": "image/jpeg", **({"Authorization": f"Bearer {token}"} if token else {})}
        self.python.show_code(PYTHON.format(url=url, headers=headers))

    def _word(self) -> str:
        return str(self.token.text()).strip()

    def _status_text(self, state: str) -> str:
        if state == RUNNING:
            url = self.process.url
            link = f'<a style="color:{theme.token("accent")}" href="{url}/docs">{url}</a>'
            return self.tr("Running at {0}<br>{1}").format(link, escape(self._served))
        return {
            STOPPED: self.tr("Stopped"),
            STARTING: self.tr("Starting…"),
            STOPPING: self.tr("Stopping…"),
        }[state]

    @pyqtSlot()
    def _on_start_clicked(self) -> None:
        if self.process.state != STOPPED:
            self.process.stop()
            return
        if self._bundle is None:
            return
        if self.others.isChecked() and not self._word():
            self._on_new_token_clicked()
        self._show_problem("")
        self._served = self._title
        host = EVERY_HOST if self.others.isChecked() else DEFAULT_HOST
        self.process.start(self._bundle, self.port.value(), self._word(), host)

    @pyqtSlot()
    def _on_new_token_clicked(self) -> None:
        self.token.setText(secrets.token_urlsafe(TOKEN_BYTES))

    @pyqtSlot(bool)
    def _on_others_toggled(self, checked: bool) -> None:
        if checked and not self._word():
            self._on_new_token_clicked()

    @pyqtSlot(str)
    def _on_process_state_changed(self, state: str) -> None:
        if state == RUNNING:
            self.traffic.begin()
        elif state == STOPPED:
            self.traffic.end()
        self.show_state()

    @pyqtSlot(str)
    def _show_problem(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.setVisible(bool(words))


def _quoted(word: str) -> str:
    """Quote a word for the terminal of this system."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)
