"""The command `compare`, on two real runs."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.commands.comparing import comparison_words
from app.evaluation.compared_runs import differing, of_one_engine
from app.evaluation.comparison import Comparison, Disagreement, verdict
from app.project.project import Project
from app.training import TrainingRequest, train
from tests.conftest import Trained


def test_settings_that_differ() -> None:
    assert differing([{"seed": 1, "head": "linear"}, {"seed": 2, "head": "linear", "rate": 0.1}]) == {
        "seed": [1, 2],
        "rate": [None, 0.1],
    }


def test_settings_of_one_engine_are_compared_between_its_runs_only() -> None:
    quick = {"engine": "quick", "seed": 1, "strength": 0.0}
    balanced = {"engine": "torch", "seed": 1, "epochs": 4, "flip": True}
    best = {**balanced, "epochs": 30}
    assert differing([quick, balanced]) == {"engine": ["quick", "torch"]}
    assert differing([quick, balanced, best]) == {"engine": ["quick", "torch", "torch"], "epochs": [None, 4, 30]}
    assert of_one_engine([quick, balanced, best]) == {"quick": {"strength"}, "torch": {"epochs", "flip"}}
    assert of_one_engine([balanced, best]) == {}


def test_settings_are_written_with_their_titles(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    with Project.open(folder) as project:
        second = train(project, TrainingRequest(seed=1, division=0), lambda event: None, threading.Event()).run
        spec = project.run_folder(second) / "spec.json"
    stored = json.loads(spec.read_text(encoding="utf-8"))
    settings = {"epochs": 4, "flip": True, "views": 1}
    spec.write_text(
        json.dumps({**stored, "engine": "torch", "preset": "balanced", "settings": settings}), encoding="utf-8"
    )
    assert main(["compare", str(folder), "1", str(second)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[: lines.index("")] == [
        f"Settings that differ, run 1 / {second}:",
        "  Engine: quick / torch",
        "  Preset: Quick / Balanced",
        "  Seed: 0 / 1",
        "  Settings that only its engine has: 1 / 3",
    ]


def test_one_image_is_singular() -> None:
    found = Comparison(1, (1, 1), (0, 1), (0, 1), 1.0, (0.0, 1.0), 1.0, (), (Disagreement("a", "b", ("c", "b")),))
    assert verdict(found, 1, 2) == "Run 2 is right on 1 more of 1 image; that could be chance (p = 1.000)."
    words = comparison_words(found, 1, 2)
    assert "Compared on 1 image;" in words
    assert "They disagree on 1 image." in words


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
