"""The command that names leaks."""

import json
import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.project.project import Project
from app.project.records import Annotation
from tests.conftest import Trained


def said(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, object]:
    assert main(["leaks", str(folder), "--json"]) == 0
    values: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return values


def test_leaks_are_named_where_the_test_part_is_the_users(
    tmp_path: Path, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "trained"))
    assert said(capsys, folder) == {"leaks": [], "own_test_part": False}
    with Project.open(folder) as project:
        rows = project.images()
        project.edits.annotate(
            "parts", [Annotation(row.id, split="test" if place % 5 == 0 else "train") for place, row in enumerate(rows)]
        )
        project.edits.annotate("groups", [Annotation(rows[0].id, group="ann"), Annotation(rows[1].id, group="ann")])
    found = said(capsys, folder)
    assert found["own_test_part"] is True
    assert [str(rows[1].path), str(rows[0].path)] in list(found["leaks"])  # type: ignore[call-overload]
    assert main(["leaks", str(folder)]) == 0
    assert "a near-duplicate or a member of the same group among the training images" in capsys.readouterr().out
