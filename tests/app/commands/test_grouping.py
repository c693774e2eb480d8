"""The command `groups`, and what training makes of it."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.dataset.grouping import PATTERN, Grouping
from app.engines.protocol import Event, Note
from app.engines.snapshot import read_snapshot, read_split
from app.project.project import Project
from app.project.records import Annotation
from app.training import LEAKS_FILE, TrainingRequest, train
from tests.conftest import Trained


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["groups", *map(str, arguments), "--json"]) == 0
    values: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return values


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    return Path(shutil.copytree(trained.project, tmp_path / "trained"))


def test_the_setting_is_kept_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, folder)["by"] == "nothing"
    by_folder = run(capsys, folder, "--by", "folder")
    assert (by_folder["groups"], by_folder["images"]) == (3, 42)
    assert run(capsys, folder) == by_folder
    assert run(capsys, folder, "--by", "pattern", "--pattern", r"(\d)\.")["groups"] == 10
    assert main(["groups", str(folder), "--by", "pattern", "--pattern", "("]) == 1
    assert "is not a pattern" in capsys.readouterr().err


def test_groups_come_from_a_table_and_labels_stay(
    folder: Path, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = sorted(trained.images.rglob("*.jpg"))
    table = tmp_path / "groups.csv"
    lines = [f"{path},patient {number // 4}" for number, path in enumerate(images)]
    table.write_text("\n".join(["image,group", *lines]), encoding="utf-8")
    values = run(capsys, folder, "--csv", table)
    assert (values["named"], values["groups"]) == (42, 11)
    with Project.open(folder) as project:
        assert all(row.class_ids and row.group for row in project.images())
        assert project.edits.undo_title() == "Groups of groups.csv"
    (tmp_path / "plain.csv").write_text(f"image,label\n{images[0]},x\n", encoding="utf-8")
    assert main(["groups", str(folder), "--csv", str(tmp_path / "plain.csv")]) == 1
    assert "no column of groups" in capsys.readouterr().err


def test_training_keeps_groups_whole_and_old_images_in_their_part(folder: Path) -> None:
    with Project.open(folder) as project:
        rows = project.images()
        before = dict(
            zip(
                [image.digest for image in read_snapshot(project.run_folder(1)).images],
                read_split(project.run_folder(1)).parts,
                strict=True,
            )
        )
        excluded = [row.id for row in rows][::6]
        project.edits.set_excluded(excluded, True)
        result = train(project, TrainingRequest(), lambda event: None, threading.Event())
        folder = project.run_folder(result.run)
        snapshot, split = read_snapshot(folder), read_split(folder)
        assert all(before[image.digest] == part for image, part in zip(snapshot.images, split.parts, strict=True))
        owners = [Annotation(row.id, group=f"{row.class_id} {number % 14 // 2}") for number, row in enumerate(rows)]
        project.edits.annotate("Owners", owners)
        project.set_grouping(Grouping(PATTERN, "no such name"))
        result = train(project, TrainingRequest(), lambda event: None, threading.Event())
        folder = project.run_folder(result.run)
        snapshot, split = read_snapshot(folder), read_split(folder)
    parts: dict[str, set[str | None]] = {}
    for image, part in zip(snapshot.images, split.parts, strict=True):
        parts.setdefault(image.groups[0], set()).add(part)
    assert all(len(found) == 1 for found in parts.values())
    assert {"train"} in parts.values()
    assert {"test"} in parts.values()
    assert result.evaluation is not None
    assert "near-duplicates and groups together" in result.evaluation.protocol


def test_a_test_folder_with_copies_of_training_images_is_told(trained: Trained, tmp_path: Path) -> None:
    images = tmp_path / "images"
    for part, chosen in (("train", slice(0, 10)), ("test", slice(8, 14))):
        for name in ("dotted", "striped"):
            target = images / part / name
            target.mkdir(parents=True)
            for path in sorted((trained.images / name).iterdir())[chosen]:
                shutil.copyfile(path, target / f"{part}-{path.name}")
    heard: list[Event] = []
    with Project.create(tmp_path / "project", "Leaking") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        result = train(project, TrainingRequest(), heard.append, threading.Event())
        pairs = json.loads((project.run_folder(1) / LEAKS_FILE).read_text(encoding="utf-8"))
    assert len(pairs) == 4
    assert all("train" in Path(one).name and "test" in Path(other).name for one, other in pairs)
    assert any(isinstance(event, Note) and "4 test images have" in event.text for event in heard)
    assert result.evaluation is not None
    assert "Beware: 4 test images have" in result.evaluation.protocol
