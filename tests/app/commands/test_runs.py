"""The command `runs`, and `train --like`."""

import json
import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.project.project import Project
from app.repetition import request_like
from app.training import TrainingRequest
from tests.conftest import Trained


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.project, tmp_path / "project"))


def listed(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["runs", str(folder), *arguments, "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out.splitlines()[-1])["runs"]
    return rows


def test_the_list_has_every_figure(folder: Path, capsys: pytest.CaptureFixture[str], trained: Trained) -> None:
    (run,) = listed(folder, capsys)
    assert trained.result.evaluation is not None
    assert trained.result.validation is not None
    assert (run["number"], run["state"], run["preset"]) == (1, "done", "quick")
    assert run["accuracy"] == trained.result.evaluation.accuracy
    assert run["validation"]["share"] == trained.result.validation.share  # type: ignore[index]
    assert run["validation"]["images"] + run["images"] == 42  # type: ignore[index]
    assert len(str(run["data"])) == 8
    main(["runs", str(folder)])
    assert str(run["data"]) in capsys.readouterr().out


def test_notes_and_stars_are_set_and_taken_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = listed(folder, capsys, "--star", "1", "--note", "1", "the good one")
    assert (run["starred"], run["note"]) == (True, "the good one")
    (run,) = listed(folder, capsys, "--unstar", "1", "--note", "1", "")
    assert (run["starred"], run["note"]) == (False, "")


def test_deleting_needs_a_second_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(folder), "--delete", "1"]) == 1
    assert "Run 1 was not deleted" in capsys.readouterr().err
    assert listed(folder, capsys, "--delete", "1", "--yes") == []


def test_bad_numbers_are_sentences(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(folder), "--note", "one", "x"]) == 1
    assert "“one” is no number of a run." in capsys.readouterr().err
    assert main(["runs", str(folder), "--star", "8"]) == 1
    assert "no run 8" in capsys.readouterr().err


def test_training_like_a_run_takes_its_settings(
    folder: Path, garments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    like = ["train", str(garments), "--project", str(folder), "--like", "1"]
    assert main([*like, "--head", "svm"]) == 1
    assert "Only --seed goes with it." in capsys.readouterr().err
    assert main([*like, "--seed", "3", "--json"]) == 0
    number = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    with Project.open(folder) as project:
        assert request_like(project, number) == TrainingRequest("quick", 3, "logistic", "quick", {"strength": 0.0})
