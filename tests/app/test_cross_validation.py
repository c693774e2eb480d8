"""Cross-validation of a whole project, by the command."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.cross_validation import cross_validate, result_folder
from app.errors import Cancelled, InputError
from app.evaluation.report import load_evaluation
from app.project.project import Project
from tests.conftest import Trained


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    return Path(shutil.copytree(trained.project, tmp_path / "trained"))


def test_the_command_measures_every_labelled_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cross-validate", str(folder), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    evaluation = load_evaluation(Path(values["folder"]))
    assert values["images"] == evaluation.images == 42
    assert values["accuracy"] == evaluation.accuracy > 0.6
    assert len({one.path for one in evaluation.predictions}) == 42
    assert "neither it nor its near-duplicates" in evaluation.protocol
    with Project.open(folder) as project:
        assert [run.number for run in project.runs()] == [1]
        assert result_folder(project) == Path(values["folder"])


def test_too_few_labels_and_stopping_leave_no_result(project: Project, folder: Path) -> None:
    with pytest.raises(InputError, match="no labelled images"):
        cross_validate(project, 0, lambda event: None, threading.Event())
    cancel = threading.Event()
    cancel.set()
    with Project.open(folder) as trained, pytest.raises(Cancelled):
        cross_validate(trained, 0, lambda event: None, cancel)
    assert not result_folder(project).exists()
    assert not (folder / "cross-validation").exists()
