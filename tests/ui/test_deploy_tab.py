"""The Deploy tab: an export that was checked, and a server that starts, answers and ends."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.export.bundle import read_bundle_info
from app.export.exporters import EXPORTERS
from tests.ui.tabs import on_display
from ui.deploy_tab import DeployTab
from ui.state import AppState
from ui.widgets.server_process import RUNNING, STARTING, STOPPED, STOPPING

LONG_MS = 120_000
TOKEN = "a secret'word"


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> DeployTab:
    return on_display(qtbot, state, DeployTab(state))


@pytest.fixture
def deploy(tab: DeployTab, bundle: Path) -> DeployTab:
    """Open the trained bundle and choose a port that is free."""
    tab._picker.add_bundle(bundle)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        tab._panel.port.setValue(listener.getsockname()[1])
    return tab


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait_for_state(qtbot: QtBot, deploy: DeployTab, state: str) -> None:
    qtbot.waitUntil(lambda: deploy._panel.process.state == state, timeout=LONG_MS)


def export(qtbot: QtBot, deploy: DeployTab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(folder))
    click(qtbot, deploy._export._export)
    qtbot.waitUntil(lambda: deploy._export._job is None, timeout=LONG_MS)


# -- nothing to deploy


def test_without_a_project_it_asks_for_a_model(tab: DeployTab) -> None:
    assert tab._export._text.text().startswith("There is no model yet")
    assert not tab._export._export.isEnabled()
    assert not tab._panel.start.isEnabled()
    assert not tab._export._open_folder.isVisible()


def test_without_images_it_asks_for_a_model(state: AppState, tab: DeployTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._export._text.text().startswith("There is no model yet")
    assert not tab._export._export.isEnabled()


def test_labels_alone_are_no_model(state: AppState, tab: DeployTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert not tab._export._export.isEnabled()
    assert not tab._panel.start.isEnabled()


def test_a_finished_run_can_be_exported_and_served(state: AppState, tab: DeployTab, trained_folder: Path) -> None:
    state.open_project(trained_folder)
    assert tab._export._export.isEnabled()
    assert tab._panel.start.isEnabled()
    assert tab._export._text.text() == ""


# -- export


def test_an_export_is_checked(
    qtbot: QtBot, deploy: DeployTab, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(qtbot, deploy, tmp_path / "out", monkeypatch)
    (copy,) = (tmp_path / "out").iterdir()
    assert read_bundle_info(copy) == read_bundle_info(bundle)
    text = deploy._export._text.text()
    assert f"Exported to {copy}." in text
    assert "golden images agree" in text
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    click(qtbot, deploy._export._open_folder)
    assert [Path(url.toLocalFile()) for url in opened] == [copy]


def test_an_export_never_overwrites(
    qtbot: QtBot, deploy: DeployTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(qtbot, deploy, tmp_path, monkeypatch)
    export(qtbot, deploy, tmp_path, monkeypatch)
    assert len(list(tmp_path.glob("*/bundle.json"))) == 2


def test_a_form_that_cannot_be_made_says_why(qtbot: QtBot, deploy: DeployTab) -> None:
    panel = deploy._export
    names = [panel._form.itemData(row) for row in range(panel._form.count())]
    panel._form.setCurrentIndex(names.index("tflite"))
    assert panel._help.text() == EXPORTERS["tflite"].missing(Path())
    assert panel._form.currentText() == "TensorFlow Lite (not available)"
    assert not panel._export.isEnabled()
    panel._form.setCurrentIndex(names.index("zip"))
    assert panel._export.isEnabled()


def test_a_zip_is_exported(qtbot: QtBot, deploy: DeployTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy._export._form.setCurrentIndex(1)
    export(qtbot, deploy, tmp_path, monkeypatch)
    assert [path.suffix for path in tmp_path.glob("Garments*")] == [".zip"]


def test_smaller_forms_are_compared_before_one_chooses(qtbot: QtBot, deploy: DeployTab) -> None:
    panel = deploy._export
    click(qtbot, panel._measure)
    qtbot.waitUntil(panel._costs.isVisible, timeout=120_000)
    words = [label.text() for label in panel._costs.findChildren(QLabel)]
    assert {"32 bits", "16 bits", "8 bits"} <= set(words)
    assert sum(word.endswith("MB") for word in words) == 3
    assert panel._export.isEnabled()


def test_an_export_to_nowhere_is_said(
    qtbot: QtBot, state: AppState, deploy: DeployTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    problems: list[AppError] = []
    state.failed.connect(problems.append)
    export(qtbot, deploy, tmp_path / "file", monkeypatch)
    assert len(problems) == 1
    assert "could not be written" in problems[0].message
    assert deploy._export._text.text() == ""
    assert deploy._export._export.isEnabled()
    assert not deploy._export._open_folder.isVisible()


def test_choosing_no_folder_exports_nothing(qtbot: QtBot, deploy: DeployTab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: "")
    click(qtbot, deploy._export._export)
    assert deploy._export._job is None


# -- server


def test_the_server_starts_answers_and_stops(qtbot: QtBot, deploy: DeployTab, garments: Path) -> None:
    states: list[str] = []
    deploy._panel.process.state_changed.connect(states.append)
    click(qtbot, deploy._panel.start)
    assert not deploy._panel.port.isEnabled()
    wait_for_state(qtbot, deploy, RUNNING)
    url = deploy._panel.process.url
    assert url in deploy._panel.status.text()
    assert deploy._picker.title() in deploy._panel.status.text()
    assert deploy._panel.start.text() == "Stop the server"
    photo = garments / "striped" / sorted(path.name for path in (garments / "striped").iterdir())[0]
    reply = httpx.post(f"{url}/predict", files={"file": photo.read_bytes()}, timeout=60)
    assert reply.status_code == 200
    assert {one["label"] for one in reply.json()["predictions"]} == {"dotted", "leopard", "striped"}
    qtbot.waitUntil(lambda: "/predict" in deploy._panel.log.toPlainText())

    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, STOPPED)
    assert states == [STARTING, RUNNING, STOPPING, STOPPED]
    assert deploy._panel.status.text() == "Stopped"
    assert deploy._panel.problem.text() == ""
    assert deploy._panel.port.isEnabled()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health", timeout=60)


def test_a_token_is_asked_for(qtbot: QtBot, deploy: DeployTab) -> None:
    qtbot.keyClicks(deploy._panel.token, TOKEN)
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    url = f"{deploy._panel.process.url}/info"
    assert httpx.get(url, timeout=60).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).status_code == 200
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, STOPPED)


def test_a_port_in_use_is_said(qtbot: QtBot, deploy: DeployTab) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        deploy._panel.port.setValue(other.getsockname()[1])
        click(qtbot, deploy._panel.start)
        qtbot.waitUntil(lambda: bool(deploy._panel.problem.text()), timeout=LONG_MS)
    assert str(deploy._panel.port.value()) in deploy._panel.problem.text()
    assert "Traceback" not in deploy._panel.problem.text()
    assert deploy._panel.process.state == STOPPED
    assert deploy._panel.start.isEnabled()


def test_a_server_that_dies_is_said(qtbot: QtBot, deploy: DeployTab) -> None:
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    deploy._panel.process._process.kill()
    wait_for_state(qtbot, deploy, STOPPED)
    assert deploy._panel.problem.text().startswith("The server ended unexpectedly")
    assert "INFO" not in deploy._panel.problem.text()
    assert deploy._panel.start.text() == "Start the server"


def test_a_server_that_starts_can_be_stopped(qtbot: QtBot, deploy: DeployTab) -> None:
    states: list[str] = []
    deploy._panel.process.state_changed.connect(states.append)
    click(qtbot, deploy._panel.start)
    assert deploy._panel.status.text() == "Starting…"
    click(qtbot, deploy._panel.start)
    assert deploy._panel.status.text() == "Stopping…"
    assert not deploy._panel.start.isEnabled()
    wait_for_state(qtbot, deploy, STOPPED)
    assert states == [STARTING, STOPPING, STOPPED]
    assert deploy._panel.problem.text() == ""


def test_closing_the_tab_ends_the_server(qtbot: QtBot, deploy: DeployTab) -> None:
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    url = deploy._panel.process.url
    deploy.close_down()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health", timeout=60)


# -- snippets


def test_the_snippets_follow_port_and_token(qtbot: QtBot, deploy: DeployTab) -> None:
    deploy._panel.port.setValue(8123)
    assert "http://127.0.0.1:8123/predict" in deploy._panel.curl.code()
    assert "http://127.0.0.1:8123/predict" in deploy._panel.python.code()
    assert "Authorization" not in deploy._panel.curl.code()
    qtbot.keyClicks(deploy._panel.token, "word")
    assert "Authorization: Bearer word" in deploy._panel.curl.code()
    assert "Bearer word" in deploy._panel.python.code()
    click(qtbot, deploy._panel.curl._copy)
    assert QApplication.clipboard().text() == deploy._panel.curl.code()
    assert deploy._panel.curl._copy.text() == "Copied"
    qtbot.waitUntil(lambda: deploy._panel.curl._copy.text() == "Copy")


def test_the_python_snippet_works(qtbot: QtBot, deploy: DeployTab, garments: Path, tmp_path: Path) -> None:
    qtbot.keyClicks(deploy._panel.token, TOKEN)
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    photo = sorted((garments / "leopard").iterdir())[0]
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    command = [sys.executable, "-W", "ignore", "-c", deploy._panel.python.code()]
    done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert "'label': 'leopard'" in done.stdout
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, STOPPED)


# -- trying, watching, and other computers


def test_an_own_image_is_tried_on_the_server(
    qtbot: QtBot, deploy: DeployTab, garments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = deploy._panel
    photo = sorted((garments / "leopard").iterdir())[0]
    assert not panel.try_it._button.isEnabled()
    qtbot.keyClicks(panel.token, TOKEN)
    click(qtbot, panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *values: (str(photo), ""))
    click(qtbot, panel.try_it._button)
    qtbot.waitUntil(lambda: "ms)" in panel.try_it._answer.text(), timeout=LONG_MS)
    assert panel.try_it._answer.text().startswith("leopard ")
    qtbot.waitUntil(lambda: panel.try_it._job is None, timeout=LONG_MS)

    broken = deploy._export._exported or photo.with_name("not-there.jpg")
    panel.try_it.ask(broken)
    qtbot.waitUntil(lambda: panel.try_it._job is None, timeout=LONG_MS)
    assert panel.try_it._answer.text().startswith("The file is not there any more.")
    click(qtbot, panel.start)
    wait_for_state(qtbot, deploy, STOPPED)
    assert panel.try_it._answer.text() == ""


def test_an_image_can_be_dropped_while_the_server_runs(qtbot: QtBot, deploy: DeployTab, garments: Path) -> None:
    photo = sorted((garments / "dotted").iterdir())[0]
    assert not drop(deploy._panel.try_it, [photo])
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    assert not drop(deploy._panel.try_it, [photo, photo])
    assert not drop(deploy._panel.try_it, [garments])
    assert drop(deploy._panel.try_it, [photo])
    qtbot.waitUntil(lambda: "ms)" in deploy._panel.try_it._answer.text(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: deploy._panel.try_it._job is None, timeout=LONG_MS)


def test_requests_are_plotted(qtbot: QtBot, deploy: DeployTab, garments: Path) -> None:
    click(qtbot, deploy._panel.start)
    wait_for_state(qtbot, deploy, RUNNING)
    deploy._panel.try_it.ask(sorted((garments / "dotted").iterdir())[0])
    traffic = deploy._panel.traffic
    qtbot.waitUntil(lambda: sum(traffic._traffic.requests) == 1, timeout=LONG_MS)
    assert traffic._traffic.milliseconds[0] > 0
    assert "requests" in traffic._describe_rate("rate", 0)
    assert "ms" in traffic._describe_time("time", 0)
    qtbot.waitUntil(lambda: deploy._panel.try_it._job is None, timeout=LONG_MS)


def test_other_computers_need_a_token_that_is_made_for_them(
    qtbot: QtBot, deploy: DeployTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = deploy._panel
    click(qtbot, panel.others)
    assert len(panel.token.text()) >= 20
    made = panel.token.text()
    click(qtbot, panel.new_token)
    assert panel.token.text() != made
    panel.token.clear()
    started: list[tuple[Any, ...]] = []
    monkeypatch.setattr(panel.process, "start", lambda *values: started.append(values))
    click(qtbot, panel.start)
    ((_, port, token, host),) = started
    assert (port, host) == (panel.port.value(), "0.0.0.0")
    assert token == panel.token.text() != ""


def drop(target: QWidget, paths: list[Path]) -> bool:
    """Drop files onto a widget as a file manager does; tell whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    enter.ignore()
    target.dragEnterEvent(enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    target.dropEvent(event)
    return True
