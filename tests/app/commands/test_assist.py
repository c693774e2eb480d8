"""The command that suggests labels: from the images of a project to labels that can be undone."""

import io
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from app.assist.suggest import FEWEST_IMAGES
from app.cli import build_parser
from app.errors import InputError
from app.project.project import Project
from app.terminal import ProgressLine
from tests.conftest import PER_CLASS, Trained


@pytest.fixture
def half_labelled(trained: Trained, tmp_path: Path) -> Path:
    """Copy the trained project and keep four labels of each class."""
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    with Project.open(folder) as project:
        rows = project.images()
        for one in project.classes():
            project.edits.set_label([row.id for row in rows if row.class_id == one.id][FEWEST_IMAGES + 1 :], None)
    return folder


def run(*arguments: object) -> dict[str, Any]:
    """Run a command and return its values, which can be written as JSON."""
    options = build_parser().parse_args([str(one) for one in arguments])
    report = options.command(options, ProgressLine(io.StringIO()), threading.Event())
    values: dict[str, Any] = json.loads(json.dumps(report.values))
    return values


@pytest.mark.parametrize("order", ["uncertainty", "confidence", "random"])
def test_suggestions_are_listed_and_nothing_is_changed(half_labelled: Path, order: str) -> None:
    answer = run("suggest", half_labelled, "--order", order, "--number", 7)
    assert (len(answer["suggestions"]), answer["unlabelled"], answer["accepted"]) == (7, 30, 0)
    for one in answer["suggestions"]:
        assert Path(one["path"]).is_file()
        assert one["label"] in ("dotted", "leopard", "striped")
        assert 1 / 3 < one["confidence"] <= 1
    with Project.open(half_labelled) as project:
        assert sum(row.class_id is None for row in project.images()) == 3 * PER_CLASS - 12


def test_the_surest_are_accepted_and_can_be_taken_back(half_labelled: Path) -> None:
    listed = run("suggest", half_labelled, "--number", 99)["suggestions"]
    half = sorted(one["confidence"] for one in listed)[len(listed) // 2]
    answer = run("suggest", half_labelled, "--accept", half - 1e-5)
    sure = {one["path"]: one["label"] for one in listed if one["confidence"] >= half}
    assert answer["accepted"] == len(sure)
    with Project.open(half_labelled) as project:
        names = {row.id: row.name for row in project.classes()}
        accepted = {str(row.path): names[row.class_ids[0]] for row in project.images() if row.origin == "suggested"}
        assert accepted == sure
        project.edits.undo()
        assert sum(row.class_id is None for row in project.images()) == 30


def test_suggestions_are_mostly_right(half_labelled: Path) -> None:
    answer = run("suggest", half_labelled, "--number", 99)
    right = [one["label"] == Path(one["path"]).parent.name for one in answer["suggestions"]]
    assert sum(right) / len(right) > 0.7


def test_excluded_images_get_no_suggestion(half_labelled: Path) -> None:
    with Project.open(half_labelled) as project:
        first = next(row for row in project.images() if row.class_id is None)
        project.edits.set_excluded([first.id], True)
    answer = run("suggest", half_labelled, "--number", 99, "--accept", 0)
    assert (answer["unlabelled"], answer["accepted"]) == (29, 29)
    assert str(first.path) not in {one["path"] for one in answer["suggestions"]}


def test_too_few_labels_are_a_sentence(half_labelled: Path) -> None:
    with Project.open(half_labelled) as project:
        project.edits.set_label([row.id for row in project.images()][2:], None)
    with pytest.raises(InputError, match="too few labels"):
        run("suggest", half_labelled)


@pytest.mark.parametrize("arguments", [["--accept", "2"], ["--accept", "sure"], ["--number", "-1"], ["--order", "x"]])
def test_wrong_usage_leaves_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        build_parser().parse_args(["suggest", "project", *arguments])
    assert left.value.code == 2
