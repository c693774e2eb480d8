"""The Train tab: what it says before, while and after it trains, and that a dead engine harms nothing."""

import threading
from functools import partial
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.engines.process import EngineProcess
from app.engines.protocol import Progress
from app.engines.snapshot import read_snapshot
from app.errors import EngineError
from app.evaluation.report import load_evaluation
from app.project.records import CANCELLED, DONE, FAILED, RunRow
from app.settings import BALANCED, PRESETS, settings_table
from tests.ui.tabs import on_display
from ui.state import AppState
from ui.train_tab import TrainTab
from ui.widgets.live_plot import LivePlot
from ui.widgets.run_list import REASON, TEST

LONG_MS = 120_000  # how long a training may take before the test gives up


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> TrainTab:
    return on_display(qtbot, state, TrainTab(state))


@pytest.fixture
def ready(state: AppState, tab: TrainTab, labelled_folder: Path) -> TrainTab:
    """Open the drawn, labelled garments."""
    state.open_project(labelled_folder)
    return tab


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def newest_run(state: AppState) -> RunRow:
    assert state.project is not None
    return state.project.runs()[0]


def listed(tab: TrainTab) -> list[list[str]]:
    """Return the number, state and reason of each run as shown."""
    rows = [tab._runs.topLevelItem(row) for row in range(tab._runs.topLevelItemCount())]
    return [[row.text(column) for column in (0, 1, REASON)] for row in rows]


def start_and_wait_for_images(qtbot: QtBot, tab: TrainTab) -> None:
    """Click Train and wait until the engine looks at images."""
    click(qtbot, tab._train)
    assert tab._followed.job is not None

    def looks_at_images(progress: Progress) -> bool:
        return progress.stage == "features"

    with qtbot.waitSignal(tab._followed.job.progressed, check_params_cb=looks_at_images, timeout=LONG_MS):
        pass


# -- before


def test_without_a_project_it_says_so(tab: TrainTab) -> None:
    assert tab._ready.text() == "No project is open."
    assert "Drop a folder" in tab._hint.text()
    assert not tab._train.isEnabled()
    assert listed(tab) == []


def test_without_images_it_says_what_is_missing(state: AppState, tab: TrainTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._ready.text() == "There are no labelled images to train on."
    assert not tab._train.isEnabled()


def test_one_class_is_not_enough(state: AppState, ready: TrainTab) -> None:
    assert state.project is not None
    first, *others = state.project.classes()
    for other in others:
        state.project.edits.delete_class(other.id)
    state.changed()
    assert ready._ready.text() == "All labelled images are in one class, “dotted”."
    assert "at least two classes" in ready._hint.text()
    assert not ready._train.isEnabled()


def test_it_counts_what_it_will_use(state: AppState, ready: TrainTab) -> None:
    assert ready._ready.text() == "42 labelled images in 3 classes"
    assert ready._train.isEnabled()
    assert not ready._hint.isVisible()
    assert state.project is not None
    state.project.edits.set_excluded([row.id for row in state.project.images()[:2]], True)
    state.changed()
    assert ready._ready.text() == "40 labelled images in 3 classes"
    assert ready._hint.text() == "Not used: 2 unlabelled, excluded or unreadable."


def test_closing_the_project_empties_it(state: AppState, ready: TrainTab) -> None:
    state.close_project()
    assert ready._ready.text() == "No project is open."
    assert not ready._train.isEnabled()


def test_the_options_are_folded_away(qtbot: QtBot, ready: TrainTab) -> None:
    assert not ready.choices.options.isVisible()
    click(qtbot, ready.choices.advanced)
    assert ready.choices.options.isVisible()
    click(qtbot, ready.choices.advanced)
    assert not ready.choices.options.isVisible()


def test_quick_is_chosen_at_first(tab: TrainTab) -> None:
    assert tab.choices.presets.chosen() == PRESETS["quick"]


def test_it_says_what_is_done_about_a_rare_class_until_the_user_decides(
    qtbot: QtBot, state: AppState, ready: TrainTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.project is not None
    assert not ready._balance.isVisible()
    monkeypatch.setattr(type(state.project), "usable_counts", lambda self: {"dotted": 60, "leopard": 40, "striped": 3})
    choose(qtbot, ready, "balanced")
    expected = "Images of rare classes count more, as “dotted” has 60 images and “striped” only 3."
    assert ready._balance.text() == expected
    assert ready._balance.isVisible()
    ready.choices.settings.field("class_weights").setCurrentText("off")
    assert not ready._balance.isVisible()


def test_it_says_how_many_settings_are_not_the_presets_and_takes_them_back(qtbot: QtBot, ready: TrainTab) -> None:
    choose(qtbot, ready, "balanced")
    choices = ready.choices
    assert choices.advanced.text() == "Advanced"
    assert not choices.reset.isEnabled()
    choices.settings.field("epochs").setValue(9)
    choices.settings.field("flip").setChecked(False)
    assert choices.advanced.text() == "Advanced (2 changed)"
    click(qtbot, choices.reset)
    assert choices.settings.changes() == {}
    assert choices.settings.field("epochs").value() == BALANCED.epochs
    assert choices.advanced.text() == "Advanced"


def test_the_tab_key_goes_down_the_left_side(qtbot: QtBot, ready: TrainTab) -> None:
    choose(qtbot, ready, "balanced")
    settings = [ready.choices.settings.field(setting.name) for setting in settings_table("torch")]
    choices = [ready.choices.advanced, ready.choices.network, ready.choices.head, ready.choices.seed]
    choices += settings  # what takes changes back cannot be pressed
    qtbot.waitUntil(settings[-1].isVisible)
    ready._groups.setFocus()
    seen: list[QWidget | None] = []
    for _ in range(len(choices) + 10):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert seen[:2] == [ready._groups, ready._train]
    places = [seen.index(choice) for choice in choices]
    assert places == sorted(places)
    assert places[-1] - places[1] == len(choices) - 2


# -- training


def test_it_trains_for_real(qtbot: QtBot, state: AppState, ready: TrainTab) -> None:
    click(qtbot, ready.choices.advanced)
    qtbot.keyClick(ready.choices.head, Qt.Key.Key_Down)
    ready.choices.seed.setFocus()
    ready.choices.seed.selectAll()
    qtbot.keyClicks(ready.choices.seed, "7")
    stages: list[str] = []
    click(qtbot, ready._train)
    assert not ready._train.isEnabled()
    assert ready._progress.stop.isEnabled()
    assert ready._followed.job is not None
    ready._followed.job.progressed.connect(lambda progress: stages.append(progress.stage))
    qtbot.waitUntil(lambda: listed(ready) == [["1", "running", ""]], timeout=LONG_MS)
    with qtbot.waitSignal(ready._followed.job.finished, timeout=LONG_MS):
        pass

    run = newest_run(state)
    assert (run.number, run.state) == (1, DONE)
    assert {"features", "fit", "test"} <= set(stages)
    assert listed(ready) == [["1", "done", ""]]
    assert state.project is not None
    snapshot = read_snapshot(state.project.run_folder(1))
    assert (snapshot.engine, snapshot.head, snapshot.seed) == ("quick", "svm", 7)

    evaluation = load_evaluation(state.project.run_folder(1))
    assert ready._card.isVisible()
    assert ready._card.result.text() == f"{evaluation.accuracy:.1%} right"
    assert f"of {evaluation.images} test images" in ready._card.measured.text()
    assert ready._progress._text.text().startswith("Run 1 took ")
    assert ready._train.isEnabled()
    assert not ready._progress.stop.isEnabled()
    loss, accuracy, _ = ready._plots.plots
    drawn = [("validation", 5)]  # one plot after the other
    for plot in (loss, accuracy):
        qtbot.waitUntil(partial(lambda one: [(line.name, len(line.x)) for line in one.lines()] == drawn, plot))
    with qtbot.waitSignal(ready.review_requested) as asked:
        click(qtbot, ready._card.review)
    assert asked.args == [1]


def test_stop_stops_and_the_run_is_listed_as_stopped(qtbot: QtBot, state: AppState, ready: TrainTab) -> None:
    start_and_wait_for_images(qtbot, ready)
    click(qtbot, ready._progress.stop)
    assert ready._progress.stop.text() == "Stopping…"
    assert not ready._progress.stop.isEnabled()
    assert ready._progress._text.text().startswith("Stopping;")
    qtbot.waitUntil(lambda: ready._followed.job is None, timeout=LONG_MS)
    assert newest_run(state).state == CANCELLED
    assert listed(ready) == [["1", "stopped", "Stopped by you."]]
    assert ready._progress._text.text().startswith("Stopped.")
    assert not ready._card.isVisible()
    assert ready._train.isEnabled()
    assert ready._progress.stop.text() == "Stop"


def test_stopped_from_elsewhere_it_says_so_too(qtbot: QtBot, state: AppState, ready: TrainTab) -> None:
    """The status bar has a button to stop as well."""
    start_and_wait_for_images(qtbot, ready)
    assert ready._followed.job is not None
    ready._followed.job.cancel()
    ready._followed.job.progressed.emit(Progress("features", 1, 9, {"images_per_second": 1.0}))
    assert ready._progress.stop.text() == "Stopping…"
    assert not ready._progress.stop.isEnabled()
    qtbot.waitUntil(lambda: ready._followed.job is None, timeout=LONG_MS)
    assert newest_run(state).state == CANCELLED
    assert ready._progress._text.text().startswith("Stopped.")


def test_a_killed_engine_fails_the_run_and_nothing_else(
    qtbot: QtBot, state: AppState, ready: TrainTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[EngineProcess] = []
    launch = EngineProcess.launch

    def remember(process: EngineProcess) -> None:
        processes.append(process)
        launch(process)

    monkeypatch.setattr(EngineProcess, "launch", remember)
    problems: list[EngineError] = []
    state.failed.connect(problems.append)
    start_and_wait_for_images(qtbot, ready)
    processes[0].kill()
    qtbot.waitUntil(lambda: ready._followed.job is None, timeout=LONG_MS)

    assert len(problems) == 1
    assert isinstance(problems[0], EngineError)
    assert problems[0].message.startswith("The engine ")
    assert problems[0].hint
    run = newest_run(state)
    assert (run.state, run.reason) == (FAILED, f"{problems[0].message} {problems[0].hint}")
    assert listed(ready) == [["1", "failed", run.reason]]
    assert ready._progress._text.text() == problems[0].message
    assert not ready._card.isVisible()
    assert not any(process.running for process in processes)

    # The window lives on: the options answer, and it would train again.
    click(qtbot, ready.choices.advanced)
    assert ready.choices.options.isVisible()
    assert ready._train.isEnabled()


def test_an_unreadable_image_is_left_out_and_counted(
    qtbot: QtBot, state: AppState, tab: TrainTab, tmp_path: Path, garments: Path
) -> None:
    from app.project.project import Project

    folder = tmp_path / "some"
    for label in ("dotted", "striped"):
        (folder / label).mkdir(parents=True)
        for path in sorted((garments / label).iterdir())[:6]:
            (folder / label / path.name).write_bytes(path.read_bytes())
    (folder / "dotted" / "broken.jpg").write_bytes(b"\xff\xd8\xff and no picture")
    with Project.create(tmp_path / "p", "p") as project:
        project.add_folder(folder, lambda done, total: None, threading.Event())
    state.open_project(tmp_path / "p")
    click(qtbot, tab._train)
    qtbot.waitUntil(lambda: tab._followed.job is None, timeout=LONG_MS)
    assert newest_run(state).state == DONE
    assert tab._ready.text() == "12 labelled images in 2 classes"
    assert tab._hint.text() == "Not used: 1 unlabelled, excluded or unreadable."


# -- after


def test_a_finished_run_is_listed_and_leads_to_its_review(
    qtbot: QtBot, state: AppState, tab: TrainTab, trained_folder: Path
) -> None:
    state.open_project(trained_folder)
    run = newest_run(state)
    assert listed(tab) == [[str(run.number), "done", ""]]
    assert run.accuracy is not None
    assert f"{run.accuracy:.1%}" in tab._runs.topLevelItem(0).text(TEST)
    place: QPoint = tab._runs.visualItemRect(tab._runs.topLevelItem(0)).center()
    qtbot.mouseClick(tab._runs.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(tab.review_requested) as asked:
        qtbot.mouseDClick(tab._runs.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [run.number]


# -- fine-tuning


def choose_quantity(qtbot: QtBot, plot: LivePlot, quantity: str) -> None:
    """Choose what is plotted with the keyboard."""
    plot.choice.setFocus()
    qtbot.keyClick(plot.choice, Qt.Key.Key_Home)
    for _ in range(plot.choice.findData(quantity)):
        qtbot.keyClick(plot.choice, Qt.Key.Key_Down)


def choose(qtbot: QtBot, tab: TrainTab, preset: str) -> None:
    click(qtbot, tab.choices.advanced)
    button = tab.choices.presets.button(preset)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


def test_a_preset_brings_its_settings(qtbot: QtBot, ready: TrainTab) -> None:
    choose(qtbot, ready, "best")
    assert ready.choices.settings.field("trained").currentText() == "whole"
    click(qtbot, ready.choices.advanced)
    choose(qtbot, ready, "balanced")
    assert ready.choices.settings.field("trained").currentText() == "upper"
    click(qtbot, ready.choices.advanced)
    choose(qtbot, ready, "quick")
    with pytest.raises(KeyError):
        ready.choices.settings.field("trained")


@pytest.mark.slow
def test_stopped_in_the_middle_it_offers_to_go_on_and_does(qtbot: QtBot, state: AppState, ready: TrainTab) -> None:
    choose(qtbot, ready, "balanced")
    ready.choices.settings.field("side").setValue(160)
    ready.choices.settings.field("epochs").setValue(100)
    ready.choices.settings.field("patience").setValue(200)
    ready.choices.settings.field("second_network").setCurrentText("none")
    click(qtbot, ready._train)
    assert ready._followed.job is not None

    def is_epoch(progress: Progress) -> bool:
        return progress.stage == "epoch"

    with qtbot.waitSignal(ready._followed.job.progressed, check_params_cb=is_epoch, timeout=LONG_MS):
        pass
    qtbot.waitUntil(ready._finish.isVisible, timeout=LONG_MS)
    click(qtbot, ready._progress.stop)
    qtbot.waitUntil(lambda: ready._followed.job is None, timeout=LONG_MS)
    assert newest_run(state).state == CANCELLED
    assert ready._resume.isVisible()
    assert ready._resume.text() == "Go on with run 1"
    assert "“Go on with run 1” takes it up again" in ready._progress._text.text()
    assert not ready._finish.isVisible()
    newest = ready._runs.topLevelItem(0)
    ready._runs.setCurrentItem(newest)
    assert ready._run_actions.resume_action.isEnabled()

    click(qtbot, ready._resume)
    assert ready._followed.job is not None
    assert not ready._resume.isVisible()
    qtbot.waitUntil(ready._finish.isVisible, timeout=LONG_MS)
    click(qtbot, ready._finish)
    assert not ready._finish.isEnabled()
    qtbot.waitUntil(lambda: ready._followed.job is None, timeout=LONG_MS)
    assert (newest_run(state).number, newest_run(state).state) == (1, DONE)
    assert not ready._resume.isVisible()
    loss, accuracy, _ = ready._plots.plots
    qtbot.waitUntil(lambda: [line.name for line in loss.lines()] == ["training", "validation"])
    qtbot.waitUntil(lambda: [line.name for line in accuracy.lines()] == ["validation"])
    names = {"recall": ["dotted", "leopard", "striped"], "rate": ["learning rate"], "speed": ["images per second"]}
    for quantity, wanted in {**names, "memory": ["megabytes"]}.items():
        choose_quantity(qtbot, accuracy, quantity)
        assert [line.name for line in accuracy.lines()] == wanted
