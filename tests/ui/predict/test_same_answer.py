"""Window, library and server give the same answers."""

import socket
from pathlib import Path

import httpx
import pytest
from pytestqt.qtbot import QtBot

from app.export.predictor import Predictor
from tests.ui.dropping import drop
from tests.ui.predict.asking import LONG_MS, SAME, answers, by_label, click, wait_for_results
from ui.deploy_tab import DeployTab
from ui.predict_tab import PredictTab
from ui.state import AppState
from ui.widgets.server_process import RUNNING, STOPPED


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_window_library_and_server_agree(
    qtbot: QtBot, state: AppState, predict: PredictTab, bundle: Path, pictures: list[Path]
) -> None:
    deploy = DeployTab(state)
    qtbot.addWidget(deploy, before_close_func=DeployTab.close_down)
    deploy.show()
    deploy._picker.add_bundle(bundle)
    deploy._panel.port.setValue(free_port())
    click(qtbot, deploy._panel.start)
    qtbot.waitUntil(lambda: deploy._panel.process.state == RUNNING, timeout=LONG_MS)

    drop(predict, pictures)
    in_window = [by_label(one["predictions"]) for one in wait_for_results(qtbot, predict)]
    in_library = answers(Predictor(bundle), pictures)
    with httpx.Client(base_url=deploy._panel.process.url, timeout=60) as client:
        replies = [client.post("/predict", files={"file": path.read_bytes()}) for path in pictures]
    over_http = [by_label(reply.json()["predictions"]) for reply in replies]

    assert len(in_window) == len(in_library) == len(over_http) == 12
    for window, library, server in zip(in_window, in_library, over_http, strict=True):
        assert window == pytest.approx(library, abs=SAME)
        assert server == pytest.approx(library, abs=SAME)
    click(qtbot, deploy._panel.start)
    qtbot.waitUntil(lambda: deploy._panel.process.state == STOPPED, timeout=LONG_MS)
