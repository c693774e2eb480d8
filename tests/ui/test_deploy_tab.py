"""The Deploy tab: an export that was checked, and a server that starts, answers and ends."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.export.bundle import read_bundle_info
from ui.deploy_tab import DeployTab
from ui.state import AppState
from ui.widgets.server_process import RUNNING, STARTING, STOPPED, STOPPING

LONG_MS = 60_000
TOKEN = "a secret'word"


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> Iterator[DeployTab]:
    tab = DeployTab(state)
    qtbot.addWidget(tab)
    tab.resize(1200, 760)
    with qtbot.waitExposed(tab):
        tab.show()
    yield tab
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    tab.close_down()


@pytest.fixture
def deploy(tab: DeployTab, bundle: Path) -> DeployTab:
    """Open the trained bundle and choose a port that is free."""
    tab._picker.add_bundle(bundle)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        tab._port.setValue(listener.getsockname()[1])
    return tab


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait_for_state(qtbot: QtBot, deploy: DeployTab, state: str) -> None:
    qtbot.waitUntil(lambda: deploy._server.state == state, timeout=LONG_MS)


def export(qtbot: QtBot, deploy: DeployTab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(folder))
    click(qtbot, deploy._export)
    qtbot.waitUntil(lambda: deploy._job is None, timeout=LONG_MS)


# -- nothing to deploy


def test_without_a_project_it_asks_for_a_model(tab: DeployTab) -> None:
    assert tab._exported_text.text().startswith("There is no model yet")
    assert not tab._export.isEnabled()
    assert not tab._start.isEnabled()
    assert not tab._open_folder.isVisible()


def test_without_images_it_asks_for_a_model(state: AppState, tab: DeployTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._exported_text.text().startswith("There is no model yet")
    assert not tab._export.isEnabled()


def test_labels_alone_are_no_model(state: AppState, tab: DeployTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert not tab._export.isEnabled()
    assert not tab._start.isEnabled()


def test_a_finished_run_can_be_exported_and_served(state: AppState, tab: DeployTab, trained_folder: Path) -> None:
    state.open_project(trained_folder)
    assert tab._export.isEnabled()
    assert tab._start.isEnabled()
    assert tab._exported_text.text() == ""


# -- export


def test_an_export_is_checked(
    qtbot: QtBot, deploy: DeployTab, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(qtbot, deploy, tmp_path / "out", monkeypatch)
    (copy,) = (tmp_path / "out").iterdir()
    assert read_bundle_info(copy) == read_bundle_info(bundle)
    text = deploy._exported_text.text()
    assert f"Exported to {copy}." in text
    assert "golden images agree" in text
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    click(qtbot, deploy._open_folder)
    assert [Path(url.toLocalFile()) for url in opened] == [copy]


def test_an_export_never_overwrites(
    qtbot: QtBot, deploy: DeployTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(qtbot, deploy, tmp_path, monkeypatch)
    export(qtbot, deploy, tmp_path, monkeypatch)
    assert len(list(tmp_path.glob("*/bundle.json"))) == 2


def test_an_export_to_nowhere_is_said(
    qtbot: QtBot, state: AppState, deploy: DeployTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    problems: list[AppError] = []
    state.failed.connect(problems.append)
    export(qtbot, deploy, tmp_path / "file", monkeypatch)
    assert len(problems) == 1
    assert "could not be written" in problems[0].message
    assert deploy._exported_text.text() == ""
    assert deploy._export.isEnabled()
    assert not deploy._open_folder.isVisible()


def test_choosing_no_folder_exports_nothing(qtbot: QtBot, deploy: DeployTab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: "")
    click(qtbot, deploy._export)
    assert deploy._job is None


# -- server


def test_the_server_starts_answers_and_stops(qtbot: QtBot, deploy: DeployTab, garments: Path) -> None:
    states: list[str] = []
    deploy._server.state_changed.connect(states.append)
    click(qtbot, deploy._start)
    assert not deploy._port.isEnabled()
    wait_for_state(qtbot, deploy, RUNNING)
    url = deploy._server.url
    assert url in deploy._status.text()
    assert deploy._picker.title() in deploy._status.text()
    assert deploy._start.text() == "Stop the server"
    photo = garments / "striped" / sorted(path.name for path in (garments / "striped").iterdir())[0]
    reply = httpx.post(f"{url}/predict", files={"file": photo.read_bytes()}, timeout=60)
    assert reply.status_code == 200
    assert {one["label"] for one in reply.json()["predictions"]} == {"dotted", "leopard", "striped"}
    qtbot.waitUntil(lambda: "/predict" in deploy._log.toPlainText())

    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, STOPPED)
    assert states == [STARTING, RUNNING, STOPPING, STOPPED]
    assert deploy._status.text() == "Stopped"
    assert deploy._problem.text() == ""
    assert deploy._port.isEnabled()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health", timeout=60)


def test_a_token_is_asked_for(qtbot: QtBot, deploy: DeployTab) -> None:
    qtbot.keyClicks(deploy._token, TOKEN)
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, RUNNING)
    url = f"{deploy._server.url}/info"
    assert httpx.get(url, timeout=60).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).status_code == 200
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, STOPPED)


def test_a_port_in_use_is_said(qtbot: QtBot, deploy: DeployTab) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        deploy._port.setValue(other.getsockname()[1])
        click(qtbot, deploy._start)
        qtbot.waitUntil(lambda: bool(deploy._problem.text()), timeout=LONG_MS)
    assert str(deploy._port.value()) in deploy._problem.text()
    assert "Traceback" not in deploy._problem.text()
    assert deploy._server.state == STOPPED
    assert deploy._start.isEnabled()


def test_a_server_that_dies_is_said(qtbot: QtBot, deploy: DeployTab) -> None:
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, RUNNING)
    deploy._server._process.kill()
    wait_for_state(qtbot, deploy, STOPPED)
    assert deploy._problem.text().startswith("The server ended unexpectedly")
    assert "INFO" not in deploy._problem.text()
    assert deploy._start.text() == "Start the server"


def test_a_server_that_starts_can_be_stopped(qtbot: QtBot, deploy: DeployTab) -> None:
    states: list[str] = []
    deploy._server.state_changed.connect(states.append)
    click(qtbot, deploy._start)
    assert deploy._status.text() == "Starting…"
    click(qtbot, deploy._start)
    assert deploy._status.text() == "Stopping…"
    assert not deploy._start.isEnabled()
    wait_for_state(qtbot, deploy, STOPPED)
    assert states == [STARTING, STOPPING, STOPPED]
    assert deploy._problem.text() == ""


def test_closing_the_tab_ends_the_server(qtbot: QtBot, deploy: DeployTab) -> None:
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, RUNNING)
    url = deploy._server.url
    deploy.close_down()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health", timeout=60)


# -- snippets


def test_the_snippets_follow_port_and_token(qtbot: QtBot, deploy: DeployTab) -> None:
    deploy._port.setValue(8123)
    assert "http://127.0.0.1:8123/predict" in deploy._curl.code()
    assert "http://127.0.0.1:8123/predict" in deploy._python.code()
    assert "Authorization" not in deploy._curl.code()
    qtbot.keyClicks(deploy._token, "word")
    assert "Authorization: Bearer word" in deploy._curl.code()
    assert "Bearer word" in deploy._python.code()
    click(qtbot, deploy._curl._copy)
    assert QApplication.clipboard().text() == deploy._curl.code()
    assert deploy._curl._copy.text() == "Copied"
    qtbot.waitUntil(lambda: deploy._curl._copy.text() == "Copy")


def test_the_python_snippet_works(qtbot: QtBot, deploy: DeployTab, garments: Path, tmp_path: Path) -> None:
    qtbot.keyClicks(deploy._token, TOKEN)
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, RUNNING)
    photo = sorted((garments / "leopard").iterdir())[0]
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    command = [sys.executable, "-W", "ignore", "-c", deploy._python.code()]
    done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert "'label': 'leopard'" in done.stdout
    click(qtbot, deploy._start)
    wait_for_state(qtbot, deploy, STOPPED)
