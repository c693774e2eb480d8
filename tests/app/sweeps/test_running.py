"""A sweep in a real worker: stopped and gone on with, and a run that fails does not end it."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.engines.process import EngineProcess
from app.engines.protocol import Event, Note, Progress
from app.engines.snapshot import TEST, read_snapshot, read_split
from app.errors import Cancelled, EngineError, InputError
from app.project.project import Project
from app.project.records import DONE, FAILED
from app.sweeps.log import runs_of, sweep_folder
from app.sweeps.plan import Plan, grid_plan, parse_axis
from app.sweeps.results import results_of
from app.sweeps.running import STAGE, begin_sweep, is_finished, run_sweep
from tests.conftest import Trained


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.project, tmp_path / "project"))


def heads(repeats: int = 1) -> Plan:
    return grid_plan("quick", [parse_axis("head=logistic,svm", "quick")], repeats, seed=0, fixed={"strength": 8.0})


def test_it_goes_on_after_a_stop_and_a_run_that_failed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[EngineProcess] = []
    launch = EngineProcess.launch

    def remember(process: EngineProcess) -> None:
        started.append(process)
        launch(process)

    monkeypatch.setattr(EngineProcess, "launch", remember)
    cancel = threading.Event()
    heard: list[Event] = []

    def on_event(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Progress) and event.stage == "fit" and len(started) == 1:
            started[0].kill()  # the first run dies
        if isinstance(event, Progress) and (event.stage, event.done) == (STAGE, 2):
            cancel.set()  # after the second one

    with Project.open(folder) as project:
        sweep = begin_sweep(project, heads(repeats=2))
        with pytest.raises(Cancelled):
            run_sweep(project, sweep.number, on_event, cancel)
        runs = runs_of(project, sweep.number)
        assert [(place, run.state) for place, run in sorted(runs.items())] == [(0, FAILED), (1, DONE)]
        assert "ended unexpectedly" in runs[0].reason
        assert [event.text for event in heard if isinstance(event, Note)][0].startswith("A run failed, the next one")
        assert not is_finished(project, sweep)
        row = project.images()[0]
        project.edits.set_excluded([row.id], True)  # which the sweep is to know nothing of
        run_sweep(project, sweep.number, heard.append, threading.Event())
        assert is_finished(project, sweep)
        again = runs_of(project, sweep.number)
        assert {place: run.number for place, run in again.items() if place < 2} == {0: 2, 1: 3}  # not taken again
        assert [again[place].state for place in (2, 3)] == [DONE, DONE]
        assert len({run.data for run in again.values()}) == 1
        snapshots = [read_snapshot(project.run_folder(again[place].number)) for place in (1, 2, 3)]
        assert [(one.head, one.seed, one.settings) for one in snapshots] == [
            ("svm", 0, {"strength": 8.0}),
            ("logistic", 1, {"strength": 8.0}),
            ("svm", 1, {"strength": 8.0}),
        ]
        tested = {
            str(read_split(project.run_folder(run.number)).positions(TEST)) for run in again.values() if run.images
        }
        assert len(tested) == 1
        logistic, svm = results_of(project, sweep)
    assert len(started) == 3  # one that was killed, one that was stopped, and one for all the rest
    assert (len(logistic.scores), len(svm.scores), [run.number for run in logistic.failed]) == (1, 2, [2])


def test_without_its_images_a_sweep_cannot_go_on(folder: Path) -> None:
    with Project.open(folder) as project:
        sweep = begin_sweep(project, heads())
        shutil.rmtree(sweep_folder(project, sweep.number))
        with pytest.raises(EngineError, match="list of images is gone"):
            run_sweep(project, sweep.number, lambda event: None, threading.Event())


def test_settings_that_do_not_exist_begin_nothing(folder: Path) -> None:
    with Project.open(folder) as project:
        with pytest.raises(InputError, match="no setting “speed”"):
            begin_sweep(project, Plan("quick", ({"speed": 1}, {"speed": 2})))
        assert project.store.value("SELECT count(*) FROM sweeps") == 0


def test_the_command_sweeps_shows_and_lists(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", str(folder)]
    assert main([*command, "--vary", "strength=0.5,32", "--json"]) == 0
    written = capsys.readouterr()
    answer = json.loads(written.out.splitlines()[-1])
    assert answer["sweep"] == 1
    assert "Chosen by the accuracy on validation images; test images play no part in it." in written.err
    scores = [point["validation"] for point in answer["points"]]
    assert scores == sorted(scores, reverse=True)
    assert sorted(point["runs"] for point in answer["points"]) == [[2], [3]]
    assert main([*command, "--show", "1"]) == 0
    assert "one run each cannot tell that from chance" in capsys.readouterr().out
    assert main(command) == 0
    assert "quick, 2 runs" in capsys.readouterr().out
    for arguments, words in (
        (["--show", "4"], "no sweep 4"),
        (["--vary", "head=svm", "--vary", "head=logistic"], "to vary twice"),
        (["--vary", "strength=1..5"], "a grid cannot go through"),
    ):
        assert main([*command, *arguments]) == 1
        assert words in capsys.readouterr().err
