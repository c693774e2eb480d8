"""The pretrained networks in the window: the page that compares and measures them, and the choice for training."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.files import HOME_VARIABLE
from ui import network_dialog, networks_page
from ui.cntk_setup import CntkSetup
from ui.network_dialog import NetworkDialog
from ui.networks_page import NetworksPage
from ui.settings_dialog import SettingsDialog
from ui.state import AppState
from ui.widgets.network_choice import NetworkChoice

LONG_MS = 60_000


def cells(page: NetworksPage, column: int) -> list[str]:
    return [page.table.item(row, column).text() for row in range(page.table.rowCount())]


def test_the_page_says_what_each_network_is_and_measures_it(
    state: AppState, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = {"efficientnet-lite0": 200.0, "efficientnet-lite1": 120.0, "efficientnet-lite2": 80.0}
    monkeypatch.setattr(networks_page, "measure_network", lambda one, *_: speeds[one.name])
    page = NetworksPage(state)
    qtbot.addWidget(page)
    assert cells(page, 0) == ["EfficientNet-Lite0", "EfficientNet-Lite1", "EfficientNet-Lite2"]
    assert cells(page, 2) == ["75.1%", "76.7%", "77.6%"]
    assert set(cells(page, 4)) == {"–"}
    assert set(cells(page, 6)) == {"Apache-2.0"}
    with qtbot.waitSignal(state.jobs.job_finished):
        qtbot.mouseClick(page.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: cells(page, 4) == ["200", "120", "80"])


def test_every_cell_is_seen_whole_in_the_settings(state: AppState, qtbot: QtBot) -> None:
    dialog = SettingsDialog(state, CntkSetup(state))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    page = dialog.findChild(NetworksPage)
    dialog.pages.setCurrentWidget(page)
    with qtbot.waitExposed(dialog):
        dialog.show()
    table = page.table
    for column in range(table.columnCount()):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)
    assert not table.horizontalScrollBar().isVisible()


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))


def write_network(path: Path) -> None:
    """Write a feature network of three numbers: the mean of each colour."""
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, 32, 32])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 3])
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["means"]),
        helper.make_node("Abs", ["means"], ["positive"]),
        helper.make_node("Flatten", ["positive"], ["features"]),
    ]
    graph = helper.make_graph(nodes, "means", [pixels], [features])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)


def test_a_network_of_ones_own_is_added_and_offered(
    own_home: None, state: AppState, qtbot: QtBot, tmp_path: Path
) -> None:
    write_network(tmp_path / "means.onnx")
    page, choice = NetworksPage(state), NetworkChoice()
    state.networks_changed.connect(lambda: choice.show_networks(tuned=False))
    for widget in (page, choice):
        qtbot.addWidget(widget)
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(NetworkDialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    dialog.kind.setCurrentIndex(dialog.kind.findData("onnx"))
    assert not ok.isEnabled()
    qtbot.keyClicks(dialog.title, "means")
    assert not ok.isEnabled()
    qtbot.keyClicks(dialog.weights.line, str(tmp_path / "means.onnx"))
    with qtbot.waitSignal(state.jobs.job_finished, timeout=LONG_MS):
        qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: cells(page, 0)[-1] == "means")
    assert cells(page, 5)[-1] == "no"
    assert choice.findData("means") >= 0


def test_a_file_that_is_no_network_is_a_sentence(own_home: None, state: AppState, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "wrong.pth").write_bytes(b"no weights")
    page = NetworksPage(state)
    qtbot.addWidget(page)
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(NetworkDialog)
    assert (dialog.name, dialog.title.isVisibleTo(dialog)) == ("resnet18", False)
    qtbot.keyClicks(dialog.weights.line, str(tmp_path / "wrong.pth"))
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as heard:
        qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)
    assert "wrong.pth" in str(heard.args[0])
    qtbot.waitUntil(page.add.isEnabled)
    assert len(cells(page, 0)) == 3


def test_without_timm_its_models_cannot_be_added(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_dialog, "find_spec", lambda name: None)
    dialog = NetworkDialog()
    qtbot.addWidget(dialog)
    dialog.kind.setCurrentIndex(dialog.kind.findData("timm"))
    dialog.title.setText("mobilenetv3_small_100")
    assert (dialog.name, dialog.file) == ("timm:mobilenetv3_small_100", None)
    assert "not installed here" in dialog.words.text()
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_of_a_timm_that_is_here_no_more_is_promised_than_is_known(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_dialog, "find_spec", lambda name: object())
    dialog = NetworkDialog()
    qtbot.addWidget(dialog)
    for kind in ("resnet18", "timm"):
        dialog.kind.setCurrentIndex(dialog.kind.findData(kind))
        assert "if it can be loaded" in dialog.words.text().lower()


def test_a_network_is_chosen_and_stays_chosen(qtbot: QtBot) -> None:
    choice = NetworkChoice()
    qtbot.addWidget(choice)
    assert choice.chosen() == "efficientnet-lite0"
    choice.setCurrentIndex(choice.findData("efficientnet-lite2"))
    choice.show_networks(tuned=True)
    assert choice.chosen() == "efficientnet-lite2"
    assert "Apache-2.0" in choice.itemData(2, Qt.ItemDataRole.ToolTipRole)
