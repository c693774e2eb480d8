"""The REST server as a child process of the window."""

import json
import sys
from pathlib import Path

from PyQt5.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal, pyqtSlot

from app.engines.process import ROOT
from app.server.options import DEFAULT_HOST, TOKEN_VARIABLE

PATIENCE_MS = 5000
STOPPED, STARTING, RUNNING, STOPPING = "stopped", "starting", "running", "stopping"
KEPT_LINES = 6
ERROR = "Error: "  # begins the command's last words


class ServerProcess(QObject):
    """Starts and stops `main.py serve`; the server ends with the window, since it watches its input."""

    state_changed = pyqtSignal(str)
    logged = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.state = STOPPED
        self.url = ""
        self._words: list[str] = []  # why it failed, as the command says it
        self._terminated = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._on_process_output)
        self._process.readyReadStandardError.connect(self._on_process_error_output)
        self._process.finished.connect(self._on_process_finished)
        self._process.errorOccurred.connect(self._on_process_error_occurred)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_timeout)

    def start(self, bundle: Path, port: int, token: str, host: str = DEFAULT_HOST) -> None:
        """Serve a bundle, on this computer only unless `host` says otherwise."""
        arguments = [str(ROOT / "main.py"), "serve", str(bundle), "--port", str(port), "--json", "--watch-stdin"]
        if host != DEFAULT_HOST:
            arguments += ["--host", host]
        environment = QProcessEnvironment.systemEnvironment()
        environment.remove(TOKEN_VARIABLE)
        if token:  # not as an argument, which others on this computer could see
            environment.insert(TOKEN_VARIABLE, token)
        self._process.setProcessEnvironment(environment)
        self._words.clear()
        self._set_state(STARTING)
        self._process.start(sys.executable, arguments)

    def stop(self) -> None:
        """Close the server's input, at which it ends; if it does not, end it, and at last kill it."""
        if self._process.state() == QProcess.ProcessState.NotRunning or self.state == STOPPING:
            return
        loading = self.state == STARTING
        self._set_state(STOPPING)
        self._process.closeWriteChannel()
        self._terminated = loading  # it minds its input only once it answers
        if loading:
            self._process.terminate()
        self._patience.start()

    def end(self) -> None:
        """Stop and wait, while the window closes."""
        self.stop()
        running = self._process.state() != QProcess.ProcessState.NotRunning
        if running and not self._process.waitForFinished(PATIENCE_MS):
            self._process.kill()
            self._process.waitForFinished()

    def _set_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    @pyqtSlot()
    def _on_process_output(self) -> None:
        for line in self._whole_lines(QProcess.ProcessChannel.StandardOutput):
            try:
                self.url = json.loads(line)["url"]
            except (ValueError, KeyError, TypeError):
                self.logged.emit(line)
            else:
                if self.state == STARTING:  # not if it was asked to stop meanwhile
                    self._set_state(RUNNING)

    @pyqtSlot()
    def _on_process_error_output(self) -> None:
        for line in self._whole_lines(QProcess.ProcessChannel.StandardError):
            if self._words or line.startswith(ERROR):
                self._words = [*self._words, line.removeprefix(ERROR)][:KEPT_LINES]
            self.logged.emit(line)

    def _whole_lines(self, channel: QProcess.ProcessChannel) -> list[str]:
        """Take the lines that are complete; once the process has ended, its last one as well."""
        self._process.setReadChannel(channel)
        ended = self._process.state() == QProcess.ProcessState.NotRunning
        lines = []
        while self._process.canReadLine() or (ended and not self._process.atEnd()):
            lines.append(bytes(self._process.readLine()).decode(errors="replace").rstrip())
        return lines

    @pyqtSlot(int, QProcess.ExitStatus)
    def _on_process_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._patience.stop()
        self._on_process_error_output()
        meant = self.state == STOPPING
        self.url = ""
        self._set_state(STOPPED)
        if not meant:
            unexpected = self.tr("The server ended unexpectedly (code {0}).").format(code)
            self.failed.emit("\n".join(self._words) or unexpected)

    @pyqtSlot(QProcess.ProcessError)
    def _on_process_error_occurred(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._set_state(STOPPED)
            self.failed.emit(self._process.errorString())

    @pyqtSlot()
    def _on_patience_timeout(self) -> None:
        if self._terminated:
            self._process.kill()
        else:
            self._terminated = True
            self._process.terminate()
            self._patience.start()
