"""CNTK in the Train tab: its network and node are chosen, and a run is watched, stopped, resumed and reviewed.

A fake CNTK, a real process, stands for CNTK's own Python, so that this runs anywhere.
"""

from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from app.engines.cntk_training.task import NETWORK_FILE
from ui.main_window import REVIEW, TRAIN, MainWindow
from ui.review_tab import ReviewTab
from ui.train_tab import TrainTab
from ui.widgets.form import Form
from ui.widgets.preset_choice import PresetChoice
from ui.widgets.training_plots import TrainingPlots
from ui.widgets.training_progress import TrainingProgress

LONG_MS = 180_000


@pytest.fixture
def tab(fake_cntk: None, window: MainWindow, labelled_folder: Path, qtbot: QtBot) -> TrainTab:
    """Open the labelled project in the Train tab, with CNTK chosen and its settings shown."""
    window.state.open_project(labelled_folder)
    window.findChild(QTabWidget).setCurrentIndex(TRAIN)
    tab = window.findChild(TrainTab)
    qtbot.mouseClick(tab.findChild(PresetChoice).button("cntk"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(tab, "Advanced"), Qt.MouseButton.LeftButton)
    return tab


def button(tab: TrainTab, text: str) -> QPushButton:
    return next(one for one in tab.findChildren(QPushButton) if one.text().startswith(text))


def form(tab: TrainTab) -> Form:
    return tab.findChild(Form)


def keep_small(tab: TrainTab, epochs: int) -> None:
    form(tab).field("resolution").setValue(32)
    form(tab).field("head_epochs").setValue(epochs)


def test_the_nodes_of_a_chosen_network_are_offered(
    tab: TrainTab, stored_models: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = str(stored_models / "residual.model")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (network, ""))
    nodes = form(tab).field("feature_node")
    assert not any(field.isVisibleTo(tab) for field in (tab.choices.head, tab.choices.network))  # the form has its own
    qtbot.mouseClick(form(tab).field("network").button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: nodes.count() > 0, timeout=LONG_MS)
    assert nodes.currentText() == ""
    assert form(tab).changes() == {"network": network}
    nodes.setCurrentIndex(0)
    assert form(tab).changes() == {"network": network, "feature_node": nodes.itemText(0)}


def test_a_file_that_is_no_network_is_a_sentence(tab: TrainTab, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "v1.model").write_bytes("BCNBVersion".encode("utf-16-le") + bytes(64))
    nodes, line = form(tab).field("feature_node"), form(tab).field("network").line
    line.selectAll()
    qtbot.keyClicks(line, str(tmp_path / "v1.model"))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "CNTK 1" in nodes.lineEdit().placeholderText(), timeout=LONG_MS)
    assert "CNTK 2" in nodes.toolTip()


def test_a_run_is_watched_stopped_resumed_and_reviewed(tab: TrainTab, window: MainWindow, qtbot: QtBot) -> None:
    project = window.state.project
    assert project is not None
    keep_small(tab, 400)
    plots = tab.findChild(TrainingPlots)
    qtbot.mouseClick(button(tab, "Train"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(plots.plots[0].lines()) and button(tab, "Finish").isVisible(), timeout=LONG_MS)
    stop = next(one for one in tab.findChild(TrainingProgress).findChildren(QPushButton))
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert project.runs()[0].state == "cancelled"
    qtbot.mouseClick(button(tab, "Go on with run 1"), Qt.MouseButton.LeftButton)
    finish = button(tab, "Finish")
    qtbot.waitUntil(finish.isVisible, timeout=LONG_MS)
    qtbot.mouseClick(finish, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    assert [run.state for run in project.runs()] == ["done"]
    assert (project.run_folder(1) / NETWORK_FILE).is_file()
    qtbot.mouseClick(button(tab, "Review"), Qt.MouseButton.LeftButton)
    assert window.findChild(QTabWidget).currentIndex() == REVIEW
    assert window.findChild(ReviewTab) is not None


def test_a_support_vector_machine_leaves_the_curves_before_it(tab: TrainTab, window: MainWindow, qtbot: QtBot) -> None:
    keep_small(tab, 2)
    form(tab).field("mode").setCurrentText("svm")
    qtbot.mouseClick(button(tab, "Train"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
    loss, accuracy, _ = tab.findChild(TrainingPlots).plots
    qtbot.waitUntil(lambda: all(plot.lines() for plot in (loss, accuracy)), timeout=LONG_MS)
    assert [plot.x_title for plot in (loss, accuracy)] == ["epoch"] * 2
    assert window.state.project is not None
    assert window.state.project.runs()[0].state == "done"
