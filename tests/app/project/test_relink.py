"""Moved images are found by their content, and nothing else is taken for them."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from app.errors import Cancelled, InputError
from app.project.importing import GONE
from app.project.project import Project
from app.project.relink import OTHER_CONTENT, MovedFolder, Relinked, moved_folders, relink
from tests.app.project.test_project import ignore, write_image

go_on = threading.Event()
NAMES = ["cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Make a folder of four images."""
    for value, name in enumerate(NAMES):
        write_image(tmp_path / "photos" / name, value)
    return tmp_path / "photos"


@pytest.fixture
def filled(project: Project, photos: Path) -> Project:
    project.add_folder(photos, ignore, go_on)
    project.edits.set_label([1], project.classes()[1].id)
    return project


def find(project: Project, folder: Path, old: Path | None = None) -> Relinked:
    return relink(project, folder, ignore, go_on, old)


def all_there(project: Project) -> bool:
    return all(row.path.is_file() and row.problem is None for row in project.images())


def test_a_folder_that_was_moved(filled: Project, photos: Path, tmp_path: Path) -> None:
    assert moved_folders(filled) == []
    before = {row.id: (row.name, row.class_ids, row.origin) for row in filled.images()}
    photos.rename(tmp_path / "elsewhere")
    assert moved_folders(filled) == [MovedFolder(photos, 4)]
    assert find(filled, tmp_path / "elsewhere") == Relinked(4, 0, 0, 0)
    assert all_there(filled)
    assert {row.id: (row.name, row.class_ids, row.origin) for row in filled.images()} == before
    assert moved_folders(filled) == []


@pytest.mark.parametrize("inside", ["", "backup/2026", "photos"])
def test_the_folder_is_found_below_the_one_chosen(filled: Project, photos: Path, tmp_path: Path, inside: str) -> None:
    new = tmp_path / "drive" / inside
    new.parent.mkdir(parents=True, exist_ok=True)
    photos.rename(new)
    assert find(filled, tmp_path / "drive").found == 4
    assert filled.store.rows("SELECT folder FROM sources") == [(str(new),)]


def test_it_is_one_edit(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "elsewhere")
    find(filled, tmp_path / "elsewhere")
    assert filled.edits.undo() == "4 images found in elsewhere"
    assert [row.path for row in filled.images()] == [photos / name for name in NAMES]
    filled.edits.redo()
    assert all_there(filled)


def test_images_that_got_other_names_and_folders(filled: Project, photos: Path, tmp_path: Path) -> None:
    new = tmp_path / "sorted"
    new.mkdir()
    for number, name in enumerate(NAMES):
        (photos / name).rename(new / f"{number}.png")
    labels = {row.id: row.class_ids for row in filled.images()}
    assert find(filled, new).found == 4
    assert all_there(filled)
    assert {row.id: row.class_ids for row in filled.images()} == labels
    assert [row.name for row in filled.images()] == [f"{number}.png" for number in range(4)]
    filled.edits.undo()
    assert [row.name for row in filled.images()] == NAMES


def test_part_of_the_images_moved(filled: Project, photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "dog", tmp_path / "dogs")
    assert moved_folders(filled) == []
    assert find(filled, tmp_path / "dogs") == Relinked(2, 0, 0, 0)
    assert all_there(filled)
    assert sorted(str(row.path.parent.relative_to(tmp_path)) for row in filled.images()) == [
        "dogs",
        "dogs",
        str(Path("photos/cat")),
        str(Path("photos/cat")),
    ]


def test_a_few_images_found_do_not_move_the_folder(filled: Project, photos: Path, tmp_path: Path) -> None:
    """The drive may come back with the others."""
    photos.rename(tmp_path / "away")
    write_image(tmp_path / "sample" / "cat" / "1.png", 0)
    assert find(filled, tmp_path / "sample") == Relinked(1, 3, 0, 0)
    (tmp_path / "away").rename(photos)
    assert all_there(filled)


def test_other_content_is_not_taken(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "elsewhere")
    write_image(tmp_path / "elsewhere" / "cat" / "1.png", 99)
    (tmp_path / "elsewhere" / "dog" / "4.png").unlink()
    assert find(filled, tmp_path / "elsewhere") == Relinked(2, 1, 1, 0)
    assert [row.problem for row in filled.images()] == [OTHER_CONTENT, None, None, None]
    filled.edits.undo()
    assert [row.problem for row in filled.images()] == [None] * 4


def test_nothing_is_taken_from_the_wrong_folder(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "away")
    for value, name in enumerate(NAMES):
        write_image(tmp_path / "wrong" / name, 50 + value)
    title = filled.edits.undo_title()
    assert find(filled, tmp_path / "wrong") == Relinked(0, 4, 0, 0)
    assert filled.edits.undo_title() == title
    assert filled.store.rows("SELECT folder FROM sources") == [(str(photos),)]


def test_images_known_to_be_gone_come_back(filled: Project, photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "dog", tmp_path / "dogs")
    filled.add_folder(photos, ignore, go_on)
    assert [row.problem for row in filled.images()] == [None, None, GONE, GONE]
    find(filled, tmp_path / "dogs")
    assert all_there(filled)


def test_images_that_were_added_anew_get_the_labels(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "elsewhere")
    filled.add_folder(tmp_path / "elsewhere", ignore, go_on)
    other = filled.classes()[0].id
    filled.edits.set_label([7], other)
    assert find(filled, tmp_path / "elsewhere") == Relinked(0, 0, 0, 4)
    rows = {row.id: row for row in filled.images()}
    assert rows[5].class_ids == rows[1].class_ids
    assert rows[5].origin == "human"
    assert rows[7].class_id == other  # labelled meanwhile
    assert [rows[key].problem for key in (1, 2, 3, 4)] == [GONE] * 4
    assert moved_folders(filled) == []
    filled.edits.undo()
    assert filled.images_of([5])[0].class_ids != rows[1].class_ids


def test_copies_of_one_image_are_told_apart_by_their_names(project: Project, tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png", "b/2.png"):
        write_image(tmp_path / "copies" / name, 7)
    project.add_folder(tmp_path / "copies", ignore, go_on)
    (tmp_path / "copies").rename(tmp_path / "moved")
    assert find(project, tmp_path / "moved").found == 3
    assert [row.name for row in project.images()] == ["a/1.png", "b/1.png", "b/2.png"]
    assert all_there(project)


def test_only_one_of_several_folders_is_looked_for(filled: Project, photos: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "more" / "5.png", 5)
    filled.add_folder(tmp_path / "more", ignore, go_on)
    photos.rename(tmp_path / "new")
    (tmp_path / "more" / "5.png").rename(tmp_path / "new" / "5.png")
    assert find(filled, tmp_path / "new", old=photos) == Relinked(4, 0, 0, 0)
    assert [row.path.is_file() for row in filled.images()] == [True] * 4 + [False]
    with pytest.raises(InputError, match="has no images from"):
        find(filled, tmp_path / "new", old=tmp_path / "never")


def test_nothing_to_do_is_a_sentence(filled: Project, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No image is missing"):
        find(filled, photos)
    shutil.rmtree(photos)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="There are no images"):
        find(filled, tmp_path / "empty")


def test_cancelling_changes_nothing(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "elsewhere")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        relink(filled, tmp_path / "elsewhere", ignore, cancel)
    assert filled.store.rows("SELECT folder FROM sources") == [(str(photos),)]


def test_the_images_are_not_touched(filled: Project, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "elsewhere")
    files = sorted((tmp_path / "elsewhere").rglob("*.png"))
    before = [(path, os.stat(path).st_mtime_ns, path.read_bytes()) for path in files]
    find(filled, tmp_path / "elsewhere")
    assert [(path, os.stat(path).st_mtime_ns, path.read_bytes()) for path in files] == before
