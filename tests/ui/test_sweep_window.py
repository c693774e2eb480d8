"""The sweep in the window: planned, started, stopped, gone on with, and ranked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.project.project import Project
from app.project.records import Measured
from app.sweeps.log import Sweep, sweeps
from app.sweeps.plan import grid_plan, parse_axis
from app.sweeps.running import begin_sweep
from ui.compare_window import CompareWindow
from ui.state import AppState
from ui.sweep_window import SweepWindow

LONG_MS = 240_000


@pytest.fixture
def window(qtbot: QtBot, state: AppState, trained_folder: Path) -> Iterator[SweepWindow]:
    state.open_project(trained_folder)
    window = SweepWindow(state)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)


def planted(project: Project, shares: tuple[tuple[float, ...], ...]) -> Sweep:
    """Keep a sweep over two heads whose runs came to these shares, by seed; the last run is missing."""
    sweep = begin_sweep(project, grid_plan("quick", [parse_axis("head=logistic,svm", "quick")], len(shares)))
    places = [(seed, head) for seed in range(len(shares)) for head in range(2)]
    for place, (seed, head) in enumerate(places[:-1]):
        number = project.run_log.start("quick", "quick", "0123abcd", sweep.number, place)
        share = shares[seed][head]
        project.run_log.finish(number, 0.5, (0.4, 0.6), 40, 2.0, Measured(share, (share - 0.1, share), 200))
    return sweep


def rows(window: SweepWindow) -> list[list[str]]:
    table = window.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


def test_nothing_is_chosen_at_first(window: SweepWindow) -> None:
    assert window.setup.words.text().startswith("A sweep needs at least two runs.")
    assert not any(button.isEnabled() for button in (window.start, window.go_on, window.compare))


def test_the_number_of_runs_is_said_before(window: SweepWindow) -> None:
    window.setup.vary("head", "logistic, svm")
    window.setup.vary("strength", "2, 8, 32")
    window.setup.repeats.setValue(3)
    assert window.setup.words.text() == "18 runs: 6 different ones with 3 seeds"
    assert window.start.isEnabled()
    window.setup.vary("strength", "2, many")
    assert "cannot be “many”" in window.setup.words.text()
    assert not window.start.isEnabled()
    window.setup.vary("strength", "1..100")
    assert "a grid cannot go through" in window.setup.words.text()
    window.setup.draw.setChecked(True)
    window.setup.count.setValue(5)
    assert window.setup.words.text() == "15 runs: 5 different ones with 3 seeds"


def test_one_of_anything_is_singular(window: SweepWindow) -> None:
    setup = window.setup
    setup.vary("head", "logistic, svm")
    assert setup.words.text() == "2 runs, all with different settings and one seed"
    assert setup.repeats.text() == "1 seed each"
    setup.draw.setChecked(True)
    setup.count.setValue(1)
    setup.repeats.setValue(3)
    assert setup.words.text() == "3 runs: the same settings, repeated with other seeds"
    assert (setup.count.text(), setup.repeats.text()) == ("1 draw", "3 seeds each")


def test_every_setting_of_fine_tuning_can_vary_as_it_is_offered(window: SweepWindow) -> None:
    window.setup.preset.setCurrentIndex(window.setup.preset.findData("balanced"))
    for name, (box, _) in window.setup._rows.items():
        box.setChecked(True)
        assert "different settings" in window.setup.words.text() or "At most" in window.setup.words.text(), name
        box.setChecked(False)


def test_the_chosen_presets_values_are_offered(window: SweepWindow) -> None:
    for preset, sides in (("balanced", "160, 224, 288"), ("best", "192, 256, 320")):
        window.setup.preset.setCurrentIndex(window.setup.preset.findData(preset))
        assert window.setup._rows["side"][1].text() == sides


def test_repeats_alone_are_said_as_such_and_one_run_is_no_sweep(window: SweepWindow) -> None:
    assert window.setup.repeats.text() == "1 seed each"
    window.setup.repeats.setValue(2)
    assert window.setup.words.text() == "2 runs: the same settings, repeated with other seeds"
    assert window.setup.repeats.text() == "2 seeds each"
    assert window.start.isEnabled()
    window.setup.repeats.setValue(1)
    assert not window.start.isEnabled()
    window.setup.draw.setChecked(True)
    assert not window.start.isEnabled()
    window.setup.count.setValue(1)
    assert window.setup.count.text() == "1 draw"
    window.setup.vary("head", "logistic")
    assert not window.start.isEnabled()
    window.setup.grid.setChecked(True)
    window.setup.vary("head", "logistic, svm")
    assert window.setup.words.text() == "2 runs, all with different settings and one seed"


def test_results_are_ranked_and_the_best_two_compared(qtbot: QtBot, window: SweepWindow, state: AppState) -> None:
    assert state.project is not None
    planted(state.project, ((0.70, 0.80), (0.72, 0.82)))
    window._list()
    assert [row[:4] for row in rows(window)] == [
        ["★ 1", "svm", "80.0%", "–"],
        ["2", "logistic", "71.0%", "58.3% – 83.7%"],
    ]
    assert window.verdict.text().startswith("Best on the validation images: Classifier svm with 80.0%. The next,")
    assert window.go_on.isEnabled()
    assert window.table.best_runs() == [3, 2]
    window.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert [row[1] for row in rows(window)] == ["logistic", "svm"]
    qtbot.mouseClick(window.compare, Qt.MouseButton.LeftButton)
    found = window.findChild(CompareWindow)
    assert found is not None
    assert found.windowTitle() == "Compare runs 3, 2"
    qtbot.waitUntil(lambda: "cannot be read" in found.words.text())  # planted runs have no folder to read
    found.reject()


def test_a_sweep_is_stopped_and_gone_on_with(qtbot: QtBot, window: SweepWindow, state: AppState) -> None:
    assert state.project is not None
    window.setup.vary("strength", "2, 32")
    qtbot.mouseClick(window.start, Qt.MouseButton.LeftButton)
    assert not window.start.isEnabled()
    project = state.project
    qtbot.waitUntil(lambda: bool(sweeps(project)), timeout=LONG_MS)
    window.progress.stop_requested.emit()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert window.sweep.currentText() == "Sweep 1: quick, 2 runs"
    qtbot.mouseClick(window.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert not window.go_on.isEnabled()
    assert {row[1] for row in rows(window)} == {"2", "32"}
    assert all(row[2] != "–" for row in rows(window))
    assert "All runs are done." in window.progress._text.text()
