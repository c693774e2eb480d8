"""The pretrained networks in the window: the page that compares and measures them, and the choice for training."""

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from ui import networks_page
from ui.networks_page import NetworksPage
from ui.state import AppState
from ui.widgets.network_choice import NetworkChoice


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


def test_a_network_is_chosen_and_stays_chosen(qtbot: QtBot) -> None:
    choice = NetworkChoice()
    qtbot.addWidget(choice)
    assert choice.chosen() == "efficientnet-lite0"
    choice.setCurrentIndex(choice.findData("efficientnet-lite2"))
    choice.show_networks(tuned=True)
    assert choice.chosen() == "efficientnet-lite2"
    assert "Apache-2.0" in choice.itemData(2, Qt.ItemDataRole.ToolTipRole)
