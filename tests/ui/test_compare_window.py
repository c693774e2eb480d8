"""Comparing runs in the window: the verdict, classes, settings, curves, and the images they disagree on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.engines.metrics import METRICS_FILE, add_metrics
from app.engines.protocol import Progress
from app.evaluation.comparison import Comparison
from app.project.project import Project
from tests.ui.reviewing import plant
from ui.compare_images import NEITHER, ONLY_A, ONLY_B, CompareImages
from ui.compare_menu import CompareMenu
from ui.compare_window import CompareWindow
from ui.run_actions import RunActions
from ui.state import AppState
from ui.widgets.run_list import REASON, RunList
from ui.widgets.scored_image_dialog import ScoredImageDialog


@pytest.fixture
def three_runs(state: AppState, trained_folder: Path) -> Project:
    """Open a project with planted runs: 1 has twelve mistakes, 2 six of those, 3 none; 3 was fine-tuned."""
    for number in (2, 3):
        shutil.copytree(trained_folder / "runs" / "1", trained_folder / "runs" / str(number))
    state.open_project(trained_folder)
    project = state.project
    assert project is not None
    for number, mistakes in ((1, 4), (2, 2), (3, 0)):
        if number > 1:
            assert project.run_log.start("quick", "quick") == number
        found = plant(project.run_folder(number), mistakes)
        project.run_log.finish(number, found.accuracy, found.interval, found.images, 1.0)
    folder = project.run_folder(3)
    (folder / METRICS_FILE).unlink()
    for epoch in (1, 2):
        values = {"loss": 1 / epoch, "validation_loss": 2 / epoch, "validation_accuracy": 0.4 * epoch}
        add_metrics(folder, Progress("epoch", epoch, 2, values))
    spec = folder / "spec.json"
    spec.write_text(spec.read_text(encoding="utf-8").replace('"seed": 0', '"seed": 7'), encoding="utf-8")
    return project


Open = Callable[..., CompareWindow]


@pytest.fixture
def compare(qtbot: QtBot, state: AppState, three_runs: Project) -> Open:
    def show(*numbers: int) -> CompareWindow:
        window = CompareWindow(state, numbers)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: window.verdict.text() != "" or "\n" in window.words.text())
        return window

    return show


def texts(window: CompareWindow) -> list[list[str]]:
    table = window.settings
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


def choose(images: CompareImages, who: int) -> list[str]:
    images.who.setCurrentIndex(who)
    images.who.activated.emit(who)
    return [image.path for image in images.gallery.images()]


def test_the_verdict_is_in_words(compare: Open) -> None:
    window = compare(1, 3)
    assert window.verdict.text().startswith(
        "Run 3 is right on 12 more of 42 images than run 1. That is more than chance"
    )
    assert "run 3 minus run 1: +28.6 points" in window.details.text()
    assert "Only run 1 is right on 0 images, only run 3 on 12." in window.details.text()
    assert "tested on" not in window.details.text()


def test_equal_runs_are_called_equal(compare: Open, three_runs: Project) -> None:
    plant(three_runs.run_folder(2), 4)
    window = compare(1, 2)
    assert window.verdict.text() == "Runs 1 and 2 are right on equally many images."
    assert window.images.nothing.isVisible()
    assert texts(window) == [["All settings are the same.", "", ""]]


def test_a_difference_of_a_few_images_could_be_chance(compare: Open, three_runs: Project) -> None:
    plant(three_runs.run_folder(2), 3)
    assert "That could be chance (p = 0.250)." in compare(1, 2).verdict.text()


def test_settings_that_differ_are_listed(compare: Open) -> None:
    assert texts(compare(1, 2, 3)) == [["Seed", "0", "0", "7"]]


def test_settings_of_one_engine_are_counted_not_listed(compare: Open, three_runs: Project) -> None:
    spec = three_runs.run_folder(3) / "spec.json"
    stored = json.loads(spec.read_text(encoding="utf-8"))
    settings = {"epochs": 4, "flip": True, "views": 1}
    spec.write_text(json.dumps({**stored, "engine": "torch", "settings": settings}), encoding="utf-8")
    assert texts(compare(1, 3)) == [
        ["Engine", "quick", "torch"],
        ["Seed", "0", "7"],
        ["Settings that only its engine has", "1", "3"],
    ]


def test_one_image_is_singular(compare: Open) -> None:
    window = compare(1, 2)
    found = Comparison(1, (1, 1), (0, 1), (1, 0), 1.0, (0.0, 1.0), 1.0, (), ())
    assert window._verdict(found, 1, 2).startswith("Run 2 is right on 1 more of 1 image than run 1.")
    assert "Only run 1 is right on 1 image, only run 2 on 0." in window._details(found, 1, 2)


def test_curves_over_epochs_and_over_strengths_have_their_own_plots(compare: Open) -> None:
    window = compare(1, 2, 3)
    window.tabs.setCurrentWidget(window.curves)
    lines = {key: [name for name, _ in plot.lines()] for key, plot in window.curves.plots.items() if plot.isVisible()}
    assert lines == {
        ("epochs", "accuracy", "validation"): ["Run 3"],
        ("epochs", "loss", "validation"): ["Run 3"],
        ("epochs", "loss", "training"): ["Run 3"],
        ("strengths", "accuracy", "validation"): ["Run 1", "Run 2"],
        ("strengths", "loss", "validation"): ["Run 1", "Run 2"],
    }


def test_plots_of_both_kinds_are_large_enough_to_read_and_mark_the_strengths_tried(compare: Open) -> None:
    window = compare(1, 2, 3)
    window.tabs.setCurrentWidget(window.curves)
    plots = window.curves.plots
    assert all(plot.height() >= 180 for plot in plots.values())
    assert window.curves.area.verticalScrollBar().maximum() > 0
    (ticks,) = plots["strengths", "loss", "validation"]._plot.getPlotItem().getAxis("bottom")._tickLevels
    assert [text for _, text in ticks] == ["0.5", "2", "8", "32", "128"]


def test_classes_show_what_changed_and_lead_to_their_images(compare: Open) -> None:
    window = compare(1, 3)
    table = window.classes
    row = [table.item(0, column).text() for column in range(5)]
    assert row == ["dotted", "14", "71.4%", "100.0%", "▲ +28.6"]
    table.selectRow(0)
    assert window.images.title.text() == "Images of “dotted” that the runs disagree on: 4"


def test_images_are_found_by_who_is_right_and_open_large(qtbot: QtBot, compare: Open) -> None:
    window = compare(1, 2)
    images = window.images
    assert len(choose(images, ONLY_B)) == 6
    assert choose(images, ONLY_A) == []
    assert choose(images, NEITHER) == []
    choose(images, ONLY_B)
    images.gallery.select_row(0)
    images.gallery.activated.emit(images.gallery.currentIndex())
    dialog = images.findChild(ScoredImageDialog)
    assert dialog is not None
    assert dialog._words.text() == "dotted · 1: leopard ✗ · 2: dotted ✓"
    dialog.reject()


def test_another_pair_is_compared_and_never_a_run_with_itself(qtbot: QtBot, compare: Open) -> None:
    window = compare(1, 2, 3)
    assert window.verdict.text().startswith("Run 2 is right on 6 more")
    window.second.setCurrentIndex(2)
    window.second.activated.emit(2)
    qtbot.waitUntil(lambda: window.verdict.text().startswith("Run 3 is right on 12 more"))
    window.first.setCurrentIndex(2)
    window.first.activated.emit(2)
    qtbot.waitUntil(lambda: "than run 3" in window.verdict.text() or "Run 3" in window.verdict.text())
    assert window.first.currentData() != window.second.currentData()


def test_the_labels_of_now_count(qtbot: QtBot, compare: Open, state: AppState, three_runs: Project) -> None:
    window = compare(1, 3)
    row = three_runs.images()[0]
    three_runs.edits.set_excluded([row.id], True)
    state.changed([row.id])
    qtbot.waitUntil(lambda: "Run 3 is right on 11 more of 41 images" in window.verdict.text())
    assert "only the 41 that both were tested on" in window.details.text()


def test_runs_without_a_common_image_are_a_sentence(compare: Open, three_runs: Project) -> None:
    file = three_runs.run_folder(2) / "evaluation.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"path": "', '"path": "/elsewhere'), encoding="utf-8")
    window = compare(1, 2)
    assert "have no test image in common" in window.words.text()
    assert window.words.isVisible()


def test_it_opens_from_the_list_of_runs_and_closes_with_the_project(
    qtbot: QtBot, state: AppState, three_runs: Project
) -> None:
    runs = RunList()
    actions = RunActions(state, runs)
    for widget in (runs, actions):
        qtbot.addWidget(widget)
    runs.show_runs(three_runs.runs())
    runs.selectAll()
    qtbot.mouseClick(actions.compare, Qt.MouseButton.LeftButton)
    window = actions.findChild(CompareWindow)
    assert window is not None
    qtbot.waitUntil(lambda: window.verdict.text() != "")
    assert window.windowTitle() == "Compare runs 1, 2, 3"
    with qtbot.waitSignal(window.destroyed):
        state.close_project()


def test_runs_are_listed_anew_only_when_one_has_changed(qtbot: QtBot, three_runs: Project) -> None:
    runs = RunList()
    qtbot.addWidget(runs)
    runs.show_runs(three_runs.runs())
    first = runs.topLevelItem(0)
    runs.show_runs(three_runs.runs())
    assert runs.topLevelItem(0) is first
    three_runs.run_log.set_note(3, "another light")
    runs.show_runs(three_runs.runs())
    assert runs.topLevelItem(0).text(REASON) == "another light"


def test_review_offers_the_other_runs(qtbot: QtBot, state: AppState, three_runs: Project) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    menu = CompareMenu(state, parent)
    assert not menu.menuAction().isEnabled()
    menu.show_run(2)
    assert [action.text().partition(":")[0] for action in menu.actions()] == ["Run 3", "Run 1"]
    menu.actions()[0].trigger()
    window = parent.findChild(CompareWindow)
    assert window is not None
    assert window.windowTitle() == "Compare runs 2, 3"
    qtbot.waitUntil(lambda: window.verdict.text() != "")
    menu.show_run(None)
    assert menu.actions() == []
