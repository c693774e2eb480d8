"""The list of runs and what can be done with those that are selected."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from app.project.records import Measured
from ui import messages
from ui.state import AppState
from ui.train_tab import TrainTab
from ui.widgets.run_list import DATA, NUMBER, PRESET, REASON, TEST, VALIDATION, WHEN, RunList

LONG_MS = 120_000


@pytest.fixture
def tab(qtbot: QtBot, state: AppState, tmp_path: Path) -> Iterator[TrainTab]:
    """Show three runs: two finished ones, and one that goes on."""
    tab = TrainTab(state)
    qtbot.addWidget(tab)
    state.open_project(tmp_path / "project", "Test")
    assert state.project is not None
    log = state.project.run_log
    for share in (0.5, 0.9):
        number = log.start("quick", "quick", "0123abcd")
        log.finish(number, share, (share - 0.1, share + 0.05), 40, 1.0, Measured(share - 0.1, (0.1, 0.9), 200))
    log.start("torch", "balanced")
    state.runs_changed.emit()
    tab.show()
    yield tab
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)


def shown(runs: RunList) -> list[str]:
    return [runs.topLevelItem(row).text(NUMBER) for row in range(runs.topLevelItemCount())]


def select(tab: TrainTab, *numbers: int) -> None:
    tab._runs.clearSelection()
    for row in range(tab._runs.topLevelItemCount()):
        item = tab._runs.topLevelItem(row)
        item.setSelected(int(item.text(NUMBER).split()[-1]) in numbers)


def test_every_figure_is_shown_and_sorts(tab: TrainTab, state: AppState) -> None:
    assert state.project is not None
    runs = tab._runs
    assert shown(runs) == ["3", "2", "1"]
    row = runs.topLevelItem(1)
    assert [row.text(column) for column in (PRESET, VALIDATION, TEST, DATA)] == [
        "Quick",
        "80.0% (10.0–90.0)",
        "90.0% (80.0–95.0)",
        "0123abcd",
    ]
    created = datetime.fromisoformat(state.project.runs()[1].created).astimezone()
    assert row.text(WHEN).startswith(f"{created.day} ")
    assert row.text(WHEN).endswith(f"{created:%H:%M}")
    assert row.toolTip(WHEN) == f"{created:%Y-%m-%d %H:%M}"
    runs.sortByColumn(WHEN, Qt.SortOrder.AscendingOrder)
    assert sorted(shown(runs)) == ["1", "2", "3"]
    runs.sortByColumn(TEST, Qt.SortOrder.AscendingOrder)
    assert shown(runs) == ["3", "1", "2"]


def test_what_is_offered_follows_the_selection(tab: TrainTab) -> None:
    actions = tab._run_actions
    assert not any(one.isEnabled() for one in (actions.review_action, actions.compare_action, actions.star_action))
    select(tab, 1)
    assert actions.review_action.isEnabled()
    assert actions.delete_action.isEnabled()
    assert not actions.compare.isEnabled()
    assert not actions.again.isEnabled()  # another one goes on
    select(tab, 1, 3)
    assert not actions.compare.isEnabled()
    assert not actions.delete_action.isEnabled()
    select(tab, 1, 2)
    assert actions.compare.isEnabled()


def test_a_star_and_a_note_are_kept(tab: TrainTab, state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *_: ("more\nskirts", True))
    assert state.project is not None
    select(tab, 1)
    tab._runs.setCurrentItem(tab._runs.topLevelItem(2))
    tab._run_actions.star_action.trigger()
    assert shown(tab._runs)[-1] == "★ 1"
    assert [run.number for run in tab._runs.selected_runs()] == [1]
    assert tab._runs.currentItem() is tab._runs.topLevelItem(2)
    tab._run_actions.note_action.trigger()
    assert tab._runs.topLevelItem(2).text(REASON) == "more skirts"
    assert state.project.run_log.one(1).note == "more\nskirts"
    tab._run_actions.star_action.trigger()
    assert shown(tab._runs)[-1] == "1"


def test_any_run_with_a_checkpoint_can_go_on(tab: TrainTab, state: AppState) -> None:
    assert state.project is not None
    log = state.project.run_log
    log.fail(3, "The computer went to sleep.")
    for name in ("checkpoint.pt", "spec.json"):
        (state.project.run_folder(3) / name).touch()
    newer = log.start("quick", "quick", "0123abcd")
    log.finish(newer, 0.9, (0.8, 0.95), 40, 1.0, None)
    state.runs_changed.emit()
    asked: list[int] = []
    tab._run_actions.resume_requested.disconnect()
    tab._run_actions.resume_requested.connect(asked.append)
    for number, possible in ((newer, False), (3, True), (1, False)):
        select(tab, number)
        assert tab._run_actions.resume_action.isEnabled() == possible
    select(tab, 3)
    tab._run_actions.resume_action.trigger()
    assert asked == [3]


@pytest.mark.parametrize("sure", [True, False])
def test_deleting_asks_first(tab: TrainTab, monkeypatch: pytest.MonkeyPatch, sure: bool) -> None:
    asked: list[str] = []

    def ask(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return sure

    monkeypatch.setattr(messages, "ask", ask)
    select(tab, 1, 2)
    tab._run_actions.delete_action.trigger()
    assert "Delete run 1, 2?" in asked[0]
    assert shown(tab._runs) == (["3"] if sure else ["3", "2", "1"])


def test_training_again_takes_the_settings_of_the_run(qtbot: QtBot, state: AppState, trained_folder: Path) -> None:
    tab = TrainTab(state)
    qtbot.addWidget(tab)
    state.open_project(trained_folder)
    select(tab, 1)
    qtbot.mouseClick(tab._run_actions.again, Qt.MouseButton.LeftButton)
    assert tab._followed.job is not None
    with qtbot.waitSignal(tab._followed.job.done, timeout=LONG_MS):
        pass
    assert state.project is not None
    qtbot.waitUntil(lambda: not state.jobs.running)
    again, first = state.project.runs()
    assert (again.preset, again.data, again.accuracy) == (first.preset, first.data, first.accuracy)
