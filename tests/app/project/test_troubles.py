"""A disk that is full, write-protected or gone, and a project opened twice: a clear sentence and no damage."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import main
from app.dataset.thumbnails import thumbnail
from app.errors import AppError, ProjectError
from app.project.backup import back_up
from app.project.project import Project
from app.project.restore import restore
from app.project.store import Store
from tests.app.project.test_project import ignore, write_image

MOVABLE = pytest.mark.skipif(sys.platform == "win32", reason="Windows holds on to a folder with open files")
go_on = threading.Event()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for value in range(6):
        write_image(tmp_path / "photos" / ("cat" if value % 2 else "dog") / f"{value}.png", value)
    return tmp_path / "photos"


@pytest.fixture
def filled(project: Project, photos: Path) -> Project:
    project.add_folder(photos, ignore, go_on)
    return project


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Mount a disk of half a megabyte, where this is allowed."""
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mount = shutil.which("mount")
    command = [mount or "", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def labels(project: Project) -> dict[int, int | None]:
    return {row.id: row.class_id for row in project.images()}


def label_until_refused(project: Project) -> tuple[dict[int, int | None], ProjectError]:
    """Label to and fro until it fails; return the labels as they were before that, and the failure."""
    one, other = (row.id for row in project.classes())
    keys = list(labels(project))
    for number in range(100_000):
        before = labels(project)
        try:
            project.edits.set_label(keys, one if number % 2 else other)
        except ProjectError as error:
            return before, error
    raise AssertionError("there is always room")


def start_runs_until_refused(project: Project) -> int:
    """Enter runs, which take less room than labels, until it fails; return how many there are."""
    for number in range(10_000):
        try:
            project.run_log.start("quick")
        except ProjectError:
            return number
    raise AssertionError("there is always room")


def test_a_full_disk(filled: Project) -> None:
    """SQLite's own limit of pages stands for the disk's."""
    pages = filled.store.value("PRAGMA page_count")
    filled.store.rows(f"PRAGMA max_page_count = {pages + 3}")
    before, error = label_until_refused(filled)
    assert "the disk is full. Nothing was changed." in error.message
    assert error.hint.startswith("Make room")
    assert labels(filled) == before
    filled.store.rows("PRAGMA max_page_count = 100000")
    filled.edits.undo()
    assert labels(filled) != before
    filled.close()
    with Project.open(filled.folder) as again:
        assert again.store.value("PRAGMA integrity_check") == "ok"


def test_a_really_full_disk(small_disk: Path, photos: Path) -> None:
    with Project.create(small_disk / "project", "Small") as project:
        project.add_folder(photos, ignore, go_on)
        before, error = label_until_refused(project)
        assert "the disk is full. Nothing was changed." in error.message
        assert labels(project) == before
        with pytest.raises(ProjectError, match="could not be written"):
            back_up(project, small_disk / "backup.zip", True, ignore, go_on)
        started = start_runs_until_refused(project)
        thumbnail(project.images()[0].path, project.images()[0].digest, project.cache, 128)
        assert sorted(path.name for path in small_disk.iterdir()) == ["project"]
    with Project.open(small_disk / "project") as again:
        assert labels(again) == before
        assert len(again.runs()) == started
        assert again.store.value("PRAGMA integrity_check") == "ok"


def test_a_project_does_not_fit(small_disk: Path, filled: Project, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "b.zip", True, ignore, go_on)
    with pytest.raises(ProjectError, match="left on the disk"):
        restore(made.file, small_disk / "again", ignore, go_on)
    assert list(small_disk.iterdir()) == []
    (small_disk / "filler").write_bytes(bytes(492 << 10))
    with pytest.raises(ProjectError):
        Project.create(small_disk / "new", "x")


def test_a_write_protected_disk(small_disk: Path, photos: Path) -> None:
    with Project.create(small_disk / "project", "Small") as project:
        project.add_folder(photos, ignore, go_on)
    before = (small_disk / "project" / "project.sqlite").read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ProjectError, match="cannot be written"):
        Project.open(small_disk / "project")
    assert (small_disk / "project" / "project.sqlite").read_bytes() == before


def test_a_write_protected_folder(filled: Project) -> None:
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("nobody stops this user")
    filled.close()
    filled.folder.chmod(0o555)
    try:
        with pytest.raises(ProjectError, match="it is write-protected") as caught:
            Project.open(filled.folder)
        assert caught.value.hint.startswith("Allow writing to its folder")
        with pytest.raises(ProjectError, match="cannot be made"):
            Project.create(filled.folder / "new", "x")
        (filled.folder.parent / "empty").mkdir(mode=0o555)
        with pytest.raises(ProjectError, match="cannot be written"):
            Project.create(filled.folder.parent / "empty", "x")
    finally:
        filled.folder.chmod(0o755)


def test_a_write_protected_database(filled: Project) -> None:
    before = labels(filled)
    filled.store.rows("PRAGMA query_only = ON")
    with pytest.raises(ProjectError, match="it is write-protected"):
        filled.edits.set_label(list(before), None)
    assert labels(filled) == before


def test_another_program_holds_the_database(filled: Project) -> None:
    other = Store(filled.folder)
    filled.store.rows("PRAGMA busy_timeout = 1")
    with other.transaction(), pytest.raises(ProjectError, match="another program holds it"):
        filled.edits.set_label([1], None)
    other.close()
    filled.edits.set_label([1], None)


@MOVABLE
def test_a_folder_that_vanishes_and_comes_back(filled: Project, tmp_path: Path) -> None:
    before, away = labels(filled), tmp_path / "away"
    filled.folder.rename(away)
    with pytest.raises(ProjectError, match="is not there any more. Nothing was changed") as caught:
        filled.edits.set_label(list(before), None)
    assert "Connect its disk again" in caught.value.hint
    with pytest.raises(ProjectError, match="is not there any more"):
        filled.run_log.start("quick")
    with pytest.raises(ProjectError, match="is not there any more"):
        filled.edits.undo()
    thumbnail(filled.images()[0].path, filled.images()[0].digest, filled.cache, 128)
    assert not filled.folder.exists()
    away.rename(filled.folder)
    assert labels(filled) == before
    filled.edits.set_label([1], None)
    filled.close()
    with Project.open(filled.folder) as again:
        assert labels(again) == {**before, 1: None}


@MOVABLE
def test_a_folder_that_vanishes_for_good(filled: Project, tmp_path: Path) -> None:
    before = labels(filled)
    filled.folder.rename(tmp_path / "away")
    with pytest.raises(ProjectError):
        filled.edits.set_label([1], None)
    with pytest.raises(ProjectError):
        back_up(filled, tmp_path / "b.zip", True, ignore, go_on)
    filled.close()
    assert not filled.folder.exists()
    assert not (tmp_path / "b.zip").exists()
    with Project.open(tmp_path / "away") as moved:
        assert labels(moved) == before


def test_a_disk_that_is_pulled_out(small_disk: Path, photos: Path) -> None:
    project = Project.create(small_disk / "project", "Small")
    project.add_folder(photos, ignore, go_on)
    subprocess.run(["umount", "--lazy", str(small_disk)], check=True)
    with pytest.raises(ProjectError, match="is not there any more"):
        project.edits.set_label([1], None)
    project.close()
    assert list(small_disk.iterdir()) == []
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small_disk)], check=True)


def test_a_folder_that_is_open_is_not_opened_by_another_path(filled: Project, tmp_path: Path) -> None:
    if sys.platform != "win32":
        (tmp_path / "link").symlink_to(filled.folder)
        with pytest.raises(ProjectError, match="is open in another window or command"):
            Project.open(tmp_path / "link")
    with pytest.raises(ProjectError, match="is open in another window or command"):
        Project.open(filled.folder / ".." / filled.folder.name)
    filled.edits.set_label([1], None)


@pytest.mark.parametrize("command", [
    ["train", "{photos}", "--project", "{project}"],
    ["backup", "{project}", "--to", "{project}/b.zip"],
    ["relink", "{project}", "{photos}"],
])  # fmt: skip
def test_commands_leave_an_open_project_alone(
    filled: Project, photos: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = labels(filled)
    assert main([one.format(project=filled.folder, photos=photos) for one in command]) == 1
    printed = capsys.readouterr().err
    assert "is open in another window or command" in printed
    assert "Traceback" not in printed
    assert labels(filled) == before
    assert filled.runs() == []


def test_a_failure_of_the_disk_is_a_sentence_on_the_terminal(
    filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*values: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    filled.close()
    monkeypatch.setattr("app.commands.safekeeping.relink_images", fail)
    assert main(["relink", str(filled.folder), str(filled.folder)]) == 1
    printed = capsys.readouterr().err
    assert "Error: No space left on device: /somewhere." in printed
    assert "Traceback" not in printed


def test_every_sentence_says_what_to_do(filled: Project) -> None:
    with pytest.raises(AppError) as caught:
        filled.store.rows("SELECT nonsense")
    assert caught.value.hint
    assert "no such column" in caught.value.detail
