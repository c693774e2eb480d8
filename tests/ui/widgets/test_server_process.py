"""The server as a child process: its states, its words, and its end in any case."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QProcess
from pytestqt.qtbot import QtBot

from app.server.options import TOKEN_VARIABLE
from ui.widgets import server_process
from ui.widgets.server_process import RUNNING, STARTING, STOPPED, STOPPING, ServerProcess

LONG_MS = 60_000
URL = "http://127.0.0.1:8000"
Write = Callable[[str], None]

# The program's place is taken by one of a few lines, which the tests can make do what a real server seldom does.
READY = f'import sys, time\nprint(\'{{"url": "{URL}"}}\', flush=True)\n'
IN_PIECES = f"""
import sys, time
for piece in ('{{"url": ', '"{URL}"}}', "\\n"):
    sys.stdout.write(piece)
    sys.stdout.flush()
    time.sleep(0.1)
sys.stdin.read()
"""


@pytest.fixture
def server(qtbot: QtBot) -> Iterator[ServerProcess]:
    server = ServerProcess()
    yield server
    server.end()
    assert server._process.state() == QProcess.ProcessState.NotRunning


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return what writes the program that is started as the server."""
    monkeypatch.setattr(server_process, "ROOT", tmp_path)

    def write(code: str) -> None:
        (tmp_path / "main.py").write_text(code, encoding="utf-8")

    return write


def states(server: ServerProcess) -> list[str]:
    heard: list[str] = []
    server.state_changed.connect(heard.append)
    return heard


def start_and_wait(qtbot: QtBot, server: ServerProcess, tmp_path: Path) -> None:
    server.start(tmp_path, 8000, "")
    qtbot.waitUntil(lambda: server.state == RUNNING, timeout=LONG_MS)


def test_it_is_told_what_to_serve(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program(f"import os, sys\nprint(sys.argv[1:])\nprint(os.environ['{TOKEN_VARIABLE}'])\n")
    lines: list[str] = []
    server.logged.connect(lines.append)
    with qtbot.waitSignal(server.failed, timeout=LONG_MS):
        server.start(tmp_path, 8123, "a word")
    arguments, token = lines
    for part in ("'serve'", repr(str(tmp_path)), "'--port', '8123'", "'--watch-stdin'"):
        assert part in arguments
    assert token == "a word"
    assert token not in arguments


def test_it_runs_once_it_says_its_address(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program(READY + "sys.stdin.read()\n")
    heard = states(server)
    start_and_wait(qtbot, server, tmp_path)
    assert server.url == URL
    server.stop()
    qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)
    assert heard == [STARTING, RUNNING, STOPPING, STOPPED]
    assert server.url == ""


def test_an_address_that_comes_in_pieces_is_put_together(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    program(IN_PIECES)
    start_and_wait(qtbot, server, tmp_path)
    assert server.url == URL


def test_its_last_words_say_why_it_ended(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program("import sys\nsys.stderr.write('Error: Port 8000 is in use.\\nChoose another.')\nsys.exit(1)\n")
    with qtbot.waitSignal(server.failed, timeout=LONG_MS) as heard:
        server.start(tmp_path, 8000, "")
    assert heard.args == ["Port 8000 is in use.\nChoose another."]
    assert server.state == STOPPED


def test_an_end_without_words_is_said_with_its_code(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    program(READY + "sys.exit(7)\n")
    with qtbot.waitSignal(server.failed, timeout=LONG_MS) as heard:
        server.start(tmp_path, 8000, "")
    assert heard.args == ["The server ended unexpectedly (code 7)."]


def test_a_python_that_is_gone_is_said(
    qtbot: QtBot, server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with qtbot.waitSignal(server.failed, timeout=LONG_MS) as heard:
        server.start(tmp_path, 8000, "")
    assert heard.args[0]
    assert server.state == STOPPED


def test_one_that_does_not_listen_is_ended_anyway(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    program(READY + "while True:\n    time.sleep(60)\n")
    problems: list[str] = []
    server.failed.connect(problems.append)
    start_and_wait(qtbot, server, tmp_path)
    server._patience.setInterval(1)
    server.stop()
    qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)
    assert problems == []


def test_ending_with_the_window_is_no_failure(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    program(READY + "sys.stdin.read()\n")
    problems: list[str] = []
    server.failed.connect(problems.append)
    start_and_wait(qtbot, server, tmp_path)
    server.end()
    assert server.state == STOPPED
    assert problems == []


def test_it_starts_again(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program(READY + "sys.stdin.read()\n")
    for _ in range(2):
        start_and_wait(qtbot, server, tmp_path)
        server.stop()
        qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)


def test_one_that_will_not_end_is_killed(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + "while True:\n    time.sleep(60)\n"
    )
    start_and_wait(qtbot, server, tmp_path)
    server._patience.setInterval(1)
    server.stop()
    qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)


def test_it_stops_while_it_starts(qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path) -> None:
    program("import time\nwhile True:\n    time.sleep(60)\n")
    problems: list[str] = []
    server.failed.connect(problems.append)
    heard = states(server)
    server.start(tmp_path, 8000, "")
    server.stop()
    qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)
    assert heard == [STARTING, STOPPING, STOPPED]
    assert problems == []


def test_an_address_that_comes_too_late_changes_nothing(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    late = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nimport sys\nprint('up', flush=True)\n"
    program(late + "sys.stdin.read()\n" + READY)
    heard = states(server)
    with qtbot.waitSignal(server.logged, timeout=LONG_MS):
        server.start(tmp_path, 8000, "")
    server.stop()
    qtbot.waitUntil(lambda: server.state == STOPPED, timeout=LONG_MS)
    assert heard == [STARTING, STOPPING, STOPPED]


def test_its_log_is_not_taken_for_its_last_words(
    qtbot: QtBot, server: ServerProcess, program: Write, tmp_path: Path
) -> None:
    program("import sys\nsys.stderr.write('INFO Serving\\nINFO Started\\n')\nsys.exit(3)\n")
    with qtbot.waitSignal(server.failed, timeout=LONG_MS) as heard:
        server.start(tmp_path, 8000, "")
    assert heard.args == ["The server ended unexpectedly (code 3)."]
