"""A project's features come from the cache, and a worker computes those that are missing."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from app.assist import analysis
from app.assist.analysis import analyse
from app.assist.suggest import UNLABELLED
from app.engines.protocol import Event, Progress
from app.errors import Cancelled, InputError
from app.project.project import Project
from tests.conftest import Trained


def ignore(*values: object) -> None:
    """Hear and do nothing."""


@pytest.fixture
def garments_project(project: Project, garments: Path, tmp_path: Path) -> Project:
    """Add nine images of three classes to the project, two unreadable files of the same content, and a copy."""
    for label in ("dotted", "leopard", "striped"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for path in sorted((garments / label).iterdir())[:3]:
            shutil.copy(path, tmp_path / "images" / label)
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / "images" / "dotted" / name).write_bytes(b"\xff\xd8\xff no picture")
    first = min((tmp_path / "images" / "striped").iterdir())
    shutil.copy(first, tmp_path / "images" / "striped" / f"copy{first.suffix}")
    project.add_folder(tmp_path / "images", ignore, threading.Event())
    return project


def test_missing_features_are_computed_by_a_worker_and_kept(
    garments_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    found = analyse(garments_project, events.append, threading.Event())
    assert found.features[:].shape == found.features.shape == (10, 1280)
    assert len(found.hashes) == len(found.images) == len(found.ids) == 10
    assert [event.total for event in events if isinstance(event, Progress) and event.stage == "features"][-1] == 10
    copy = next(position for position, row in enumerate(found.images) if row.name.startswith("striped/copy"))
    (first,) = [
        position
        for position, row in enumerate(found.images)
        if row.digest == found.images[copy].digest and position != copy
    ]
    np.testing.assert_array_equal(found.features[:][copy], found.features[:][first])
    problems = [row.name for row in garments_project.images() if row.problem]
    assert problems == ["dotted/one.jpg", "dotted/two.jpg"]
    monkeypatch.setattr(analysis, "EngineProcess", None)  # no worker is started again
    again = analyse(garments_project, ignore, threading.Event())
    np.testing.assert_array_equal(again.features[2:5], found.features[:][2:5])


def test_a_run_before_has_left_all_features(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "EngineProcess", None)
    with Project.open(Path(shutil.copytree(trained.project, tmp_path / "copy"))) as project:
        assert analyse(project, ignore, threading.Event()).features.shape == (42, 1280)


def test_it_can_be_cancelled(garments_project: Project) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        analyse(garments_project, ignore, cancel)
    with garments_project.writing_features(threading.Event()), pytest.raises(Cancelled):
        analyse(garments_project, ignore, cancel)


def test_a_project_without_images_is_a_sentence(project: Project) -> None:
    with pytest.raises(InputError, match="no images that can be read"):
        analyse(project, ignore, threading.Event())


def test_labels_are_those_of_now(trained: Trained, tmp_path: Path) -> None:
    with Project.open(Path(shutil.copytree(trained.project, tmp_path / "copy"))) as project:
        found = analyse(project, ignore, threading.Event())
        before = found.labels()
        first, second, third = (int(one) for one in found.ids[:3])
        other = next(row.id for row in project.classes() if row.id != before[1])
        project.edits.set_label([first], None)
        project.edits.set_label([second], other)
        project.edits.set_excluded([third], True)
        assert found.labels(project.images_of([first, second, third]))[:3].tolist() == [UNLABELLED, other, UNLABELLED]
        assert found.labels(project.images())[3:].tolist() == before[3:].tolist()
    assert UNLABELLED not in before
