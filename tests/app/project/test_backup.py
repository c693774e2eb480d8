"""Backups: what is put in comes out again, and a strange zip does no harm."""

import json
import os
import shutil
import sqlite3
import threading
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import Cancelled, ProjectError
from app.project import restore as restore_module
from app.project.backup import INFO_FILE, back_up
from app.project.project import Project
from app.project.restore import restore
from tests.app.project.test_project import ignore, write_image
from tests.conftest import Trained

Space = namedtuple("Space", "total used free")
go_on = threading.Event()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Make a folder of two classes, some of the names unusual."""
    folder = tmp_path / "my photos – été"
    for value, name in enumerate(["a cat/1.png", "a cat/deep/er/2.PNG", "dög/3 🐕.png", "loose.png"]):
        write_image(folder / name, value)
    return folder


@pytest.fixture
def filled(project: Project, images: Path) -> Project:
    """Label by folder and by hand, with an edit taken back."""
    project.add_folder(images, ignore, go_on)
    keys = [row.id for row in project.images()]
    project.edits.set_label(keys[:1], project.classes()[1].id)
    project.edits.set_excluded(keys[1:2], True)
    project.edits.set_label(keys[3:], project.classes()[0].id)
    project.edits.undo()
    return project


@pytest.fixture
def backup(filled: Project, tmp_path: Path) -> Path:
    return back_up(filled, tmp_path / "backup.zip", True, ignore, go_on).file


def tables(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all that a project's database holds, but for the folders of the images."""
    connection = sqlite3.connect(folder / "project.sqlite")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    held = {name: sorted(connection.execute(f"SELECT * FROM {name}")) for name in names if name != "sources"}
    connection.close()
    return held


def rewritten(backup: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Return a backup with other files in it."""
    with zipfile.ZipFile(backup) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    other = backup.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return other


def refusal(backup: Path) -> ProjectError:
    """Return why a backup is not restored, having seen that nothing is left of the attempt."""
    before = sorted(backup.parent.parent.rglob("*"))
    with pytest.raises(ProjectError) as caught:
        restore(backup, backup.parent / "again", ignore, go_on)
    assert sorted(backup.parent.parent.rglob("*")) == before
    return caught.value


def test_a_restored_project_holds_the_same(filled: Project, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "b.zip", False, ignore, go_on)
    assert (made.info.images, made.info.with_images, made.skipped) == (4, False, ())
    restored = restore(made.file, tmp_path / "new" / "again", ignore, go_on)
    assert (restored.name, restored.images, restored.image_files) == ("Test", 4, 0)
    with Project.open(restored.folder) as again:
        assert [row.path for row in again.images()] == [row.path for row in filled.images()]
        assert again.images() == filled.images()
        assert again.edits.redo() == filled.edits.redo()
        assert again.images() == filled.images()
    assert tables(restored.folder).keys() == tables(filled.folder).keys()


def test_the_images_come_with_it(filled: Project, images: Path, backup: Path, tmp_path: Path) -> None:
    before = {row.name: row.path.read_bytes() for row in filled.images()}
    held = tables(filled.folder)
    filled.close()
    shutil.rmtree(images)
    restored = restore(backup, tmp_path / "again", ignore, go_on)
    assert restored.image_files == 4
    with Project.open(restored.folder) as again:
        assert {row.name: row.path.read_bytes() for row in again.images()} == before
        assert all(row.path.is_relative_to(tmp_path / "again") for row in again.images())
    assert tables(restored.folder) == held


def test_an_unfinished_import_of_the_old_folder_is_not_gone_on_with(
    filled: Project, images: Path, tmp_path: Path
) -> None:
    cancel = threading.Event()
    cancel.set()
    write_image(images / "new.png", 9)
    with pytest.raises(Cancelled):
        filled.add_folder(images, ignore, cancel)
    made = back_up(filled, tmp_path / "b.zip", True, ignore, go_on)
    with Project.open(restore(made.file, tmp_path / "again", ignore, go_on).folder) as again:
        assert again.unfinished_folders() == []
    made = back_up(filled, tmp_path / "b.zip", False, ignore, go_on)
    with Project.open(restore(made.file, tmp_path / "more", ignore, go_on).folder) as again:
        assert again.unfinished_folders() == [images]


def test_runs_come_with_it(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.project, tmp_path / "p")
    with Project.open(tmp_path / "p") as project:
        project.run_log.start("quick")
        made = back_up(project, tmp_path / "b.zip", False, ignore, go_on)
    assert made.info.runs == 1
    restored = restore(made.file, tmp_path / "again", ignore, go_on)
    before, after = trained.project / "runs" / "1", restored.folder / "runs" / "1"
    files = [path.relative_to(before) for path in before.rglob("*") if path.is_file()]
    assert len(files) > 5
    for name in files:
        assert (after / name).read_bytes() == (before / name).read_bytes()
    assert not (restored.folder / "runs" / "2").exists()
    with Project.open(restored.folder) as again:
        assert [run.state for run in again.runs()] == ["failed", "done"]


def test_an_image_that_is_gone_is_listed(filled: Project, images: Path, tmp_path: Path) -> None:
    (images / "loose.png").unlink()
    made = back_up(filled, tmp_path / "b.zip", True, ignore, go_on)
    assert [one.path.name for one in made.skipped] == ["loose.png"]
    assert restore(made.file, tmp_path / "again", ignore, go_on).image_files == 3


def test_labels_can_be_set_meanwhile(filled: Project, tmp_path: Path) -> None:
    """The copy is of one moment, and holds nobody up."""
    key, class_id = filled.images()[3].id, filled.classes()[1].id
    made = back_up(filled, tmp_path / "b.zip", True, lambda *_: filled.edits.set_label([key], class_id), go_on)
    assert filled.images()[3].class_id == class_id
    restored = restore(made.file, tmp_path / "again", ignore, go_on)
    with Project.open(restored.folder) as again:
        assert again.images()[3].class_id is None


def test_progress_reaches_the_whole(filled: Project, images: Path, tmp_path: Path) -> None:
    (images / "loose.png").write_bytes(bytes(3 << 20))
    seen: list[tuple[int, int]] = []
    back_up(filled, tmp_path / "b.zip", True, lambda *count: seen.append(count), go_on)
    assert seen[-1] == (3, 3)
    seen.clear()
    restore(tmp_path / "b.zip", tmp_path / "again", lambda *count: seen.append(count), go_on)
    assert seen[-1] == (3, 3)


def test_cancelling_leaves_nothing_behind(filled: Project, backup: Path, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    old, names = backup.read_bytes(), sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        back_up(filled, backup, True, ignore, cancel)
    with pytest.raises(Cancelled):
        restore(backup, tmp_path / "again", ignore, cancel)
    assert sorted(tmp_path.iterdir()) == names
    assert backup.read_bytes() == old


def test_nothing_but_a_backup_is_replaced(filled: Project, images: Path, backup: Path) -> None:
    before = (images / "loose.png").read_bytes()
    with pytest.raises(ProjectError, match="is no backup"):
        back_up(filled, images / "loose.png", False, ignore, go_on)
    assert (images / "loose.png").read_bytes() == before
    size = backup.stat().st_size
    back_up(filled, backup, False, ignore, go_on)
    assert backup.stat().st_size < size


def test_a_place_that_cannot_be_written_is_a_sentence(filled: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="could not be written"):
        back_up(filled, tmp_path / "nowhere" / "b.zip", False, ignore, go_on)


def test_only_a_new_folder_is_restored_into(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert restore(backup, tmp_path / "empty", ignore, go_on).images == 4
    with pytest.raises(ProjectError, match="is not empty"):
        restore(backup, tmp_path / "empty", ignore, go_on)
    with pytest.raises(ProjectError, match="is not empty"):
        restore(backup, backup, ignore, go_on)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt", "/etc/passwd", "runs/1/../../../outside", "runs/1\\..\\..\\x", "runs/1/C:evil",
        "images/1.png/x", "runs/../x", "runs/1//x", "cache/x", "project.lock", "runs/x/y", "runs/1/", "images/x.png",
    ],
)  # fmt: skip
def test_files_that_no_backup_has(backup: Path, name: str) -> None:
    def add(files: dict[str, bytes]) -> None:
        files[name] = b"harm"

    assert "files that no backup has" in refusal(rewritten(backup, add)).message


def test_names_that_are_one_on_some_systems(backup: Path) -> None:
    def add(files: dict[str, bytes]) -> None:
        files["images/1.PNG"] = b"harm"

    assert "files that no backup has" in refusal(rewritten(backup, add)).message


@pytest.mark.parametrize("names", [["project.sqlite"], ["images/1.png"]])
def test_a_file_that_is_missing(backup: Path, names: list[str]) -> None:
    def remove(files: dict[str, bytes]) -> None:
        for name in names:
            del files[name]

    assert "is not complete" in refusal(rewritten(backup, remove)).message


def test_a_newer_backup(backup: Path) -> None:
    def newer(files: dict[str, bytes]) -> None:
        files[INFO_FILE] = json.dumps({**json.loads(files[INFO_FILE]), "format": 2}).encode()

    assert "newer Sightline" in refusal(rewritten(backup, newer)).message


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"{"])
def test_a_damaged_description(backup: Path, text: bytes) -> None:
    def damage(files: dict[str, bytes]) -> None:
        files[INFO_FILE] = text

    assert "is damaged" in refusal(rewritten(backup, damage)).message


def test_a_damaged_database(backup: Path) -> None:
    def damage(files: dict[str, bytes]) -> None:
        files["project.sqlite"] = os.urandom(len(files["project.sqlite"]))

    refusal(rewritten(backup, damage))


def test_a_digest_that_leads_out_of_the_cache(filled: Project, tmp_path: Path) -> None:
    with filled.store.transaction() as transaction:
        transaction.execute("UPDATE images SET digest = '../../../../outside' WHERE id = 1")
    assert "is damaged" in refusal(back_up(filled, tmp_path / "b.zip", False, ignore, go_on).file).message


@pytest.mark.parametrize("name", ["../../outside.png", "/outside.png", "C:/outside.png", "..\\outside.png", "a/\0.png"])
def test_an_image_whose_name_leads_out_gets_another(filled: Project, tmp_path: Path, name: str) -> None:
    file = filled.images()[0].path.read_bytes()
    made = back_up(filled, tmp_path / "b.zip", True, ignore, go_on)

    def rename(files: dict[str, bytes]) -> None:
        database = tmp_path / "changed.sqlite"
        database.write_bytes(files["project.sqlite"])
        connection = sqlite3.connect(database)
        connection.execute("UPDATE images SET name = ? WHERE id = 1", [name])
        connection.commit()
        connection.close()
        files["project.sqlite"] = database.read_bytes()

    restored = restore(rewritten(made.file, rename), tmp_path / "deep" / "er" / "again", ignore, go_on)
    with Project.open(restored.folder) as again:
        (row,) = again.images_of([1])
        assert row.name == "images/1.png"
        assert row.path.read_bytes() == file
    assert [path for path in tmp_path.rglob("outside*") if path.is_file()] == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "text"])
def test_a_damaged_zip(backup: Path, damage: str) -> None:
    data = bytearray(backup.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "flipped":
        data[len(data) // 3] ^= 0xFF
    else:
        data = bytearray(b"This is no zip.")
    backup.write_bytes(data)
    assert "is damaged" in refusal(backup).message


def test_another_zip(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "other.zip", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert "is no backup" in refusal(tmp_path / "in" / "other.zip").message


def test_too_little_room(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_module.shutil, "disk_usage", lambda path: Space(10, 9, 1 << 20))
    assert "1 MB left on the disk" in refusal(backup).message


def test_a_backup_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert "could not be restored" in refusal(tmp_path / "in" / "gone.zip").message
