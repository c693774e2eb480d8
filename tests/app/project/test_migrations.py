"""A project of every older format opens, keeps what it held, and its edits can still be undone."""

import sqlite3
from pathlib import Path

import pytest

from app.project.project import Project
from app.project.store import FILE_NAME

SAMPLES = Path(__file__).parent / "samples"
NEWEST = 3


def stored(folder: Path, number: int) -> Path:
    folder.mkdir()
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.executescript((SAMPLES / f"format-{number}.sql").read_text(encoding="utf-8"))
    connection.close()
    return folder


@pytest.fixture
def of_format_1(tmp_path: Path) -> Path:
    return stored(tmp_path / "old", 1)


def test_there_is_a_sample_of_every_older_format() -> None:
    assert sorted(path.name for path in SAMPLES.glob("*.sql")) == [
        f"format-{number}.sql" for number in range(1, NEWEST)
    ]


def test_an_older_project_is_upgraded_and_keeps_what_it_held(of_format_1: Path) -> None:
    with Project.open(of_format_1) as project:
        assert project.store.value("PRAGMA user_version") == NEWEST
        assert project.name == "Old"
        rows = [(row.name, row.class_ids, row.split, row.group, row.excluded) for row in project.images()]
        assert [(row.name, row.shortcut, row.images) for row in project.classes()] == [("cat", None, 2)]
    assert rows == [
        ("test/dog/0.png", (), "test", None, False),
        ("test/dog/1.png", (), "test", None, True),
        ("train/cat/0.png", (1,), "train", None, False),
        ("train/cat/1.png", (1,), "train", None, False),
    ]


def test_the_edits_of_an_older_project_are_undone_and_redone(of_format_1: Path) -> None:
    with Project.open(of_format_1) as project:
        upgraded = (project.images(), project.classes())
        assert project.edits.undo() == "Delete class hound"
        assert [(row.name, row.images, row.shortcut) for row in project.classes()] == [
            ("cat", 2, None),
            ("hound", 2, None),
        ]
        assert project.edits.undo() == "Rename dog to hound"
        assert project.edits.undo() == "1 image excluded"
        assert project.edits.undo() == "1 image → dog"
        assert [row.name for row in project.classes()] == ["cat", "dog"]
        assert not any(row.excluded for row in project.images())
        while project.edits.redo():
            pass
        assert (project.images(), project.classes()) == upgraded


def test_opening_a_second_time_changes_nothing(of_format_1: Path) -> None:
    with Project.open(of_format_1) as project:
        before = (project.images(), project.classes())
    with Project.open(of_format_1) as project:
        assert (project.images(), project.classes()) == before


def test_runs_from_before_notes_keep_their_figures_and_can_be_noted(tmp_path: Path) -> None:
    with Project.open(stored(tmp_path / "old", 2)) as project:
        assert project.store.value("PRAGMA user_version") == NEWEST
        assert [(row.shortcut, row.images) for row in project.classes()] == [("c", 2)]
        failed, done = project.runs()
        assert (failed.number, failed.state, failed.reason) == (3, "failed", "The engine ended unexpectedly.")
        assert (done.accuracy, done.interval, done.images, done.seconds) == (0.75, (0.3, 0.95), 4, 2.5)
        assert (done.preset, done.data, done.validation, done.note, done.starred) == ("", "", None, "", False)
        project.run_log.set_note(1, " first try ")
        project.run_log.set_starred(1, True)
        assert project.run_log.start("quick", "quick", "abcd1234") == 4
    with Project.open(tmp_path / "old") as project:
        assert [(row.note, row.starred, row.data) for row in project.runs()[::2]] == [
            ("", False, "abcd1234"),
            ("first try", True, ""),
        ]
