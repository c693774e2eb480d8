"""The command `compare`, on two real runs."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.evaluation.compared_runs import differing
from app.project.project import Project
from app.training import TrainingRequest, train
from tests.conftest import Trained


def test_settings_that_differ() -> None:
    assert differing([{"seed": 1, "head": "linear"}, {"seed": 2, "head": "linear", "rate": 0.1}]) == {
        "seed": [1, 2],
        "rate": [None, 0.1],
    }


def test_two_runs_are_compared(trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    with Project.open(folder) as project:
        second = train(project, TrainingRequest(), lambda event: None, threading.Event()).run
    assert main(["compare", str(folder), "1", str(second), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    (found,) = values["comparisons"]
    assert values["settings"] == {}
    assert found["images"] == found["tested"][0] == found["tested"][1]
    assert (found["gain"], found["disagreements"], found["chance"]) == (0, [], 1)


def test_runs_that_are_not_there_are_named(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(trained.project), "1", "77"]) == 1
    assert "The project has no run 77." in capsys.readouterr().err
    assert main(["compare", str(trained.project), "1", "1"]) == 1
    assert "There is nothing to compare." in capsys.readouterr().err
