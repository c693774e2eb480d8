"""Wrongly predicted pictures become part of the data set, where they lie or kept by the project."""

import shutil
import threading
from pathlib import Path

import pytest

from app.dataset.held import hold
from app.dataset.scan import scan_folder
from app.errors import InputError
from app.project.backup import back_up
from app.project.correcting import correct
from app.project.kept import KEPT_FOLDER
from app.project.project import Project
from app.project.records import FOLDER, ImageRow
from app.project.restore import restore
from tests.hostile.images import encoded, photo


def write(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(".png", photo(seed)))
    return path


def only(project: Project) -> ImageRow:
    (row,) = project.images()
    return row


def names(project: Project, row: ImageRow) -> list[str]:
    classes = {one.id: one.name for one in project.classes()}
    return [classes[key] for key in row.class_ids]


def test_a_file_is_added_where_it_lies(project: Project, tmp_path: Path) -> None:
    path = write(tmp_path / "elsewhere" / "new one.png")
    before = path.stat()
    done = correct(project, path, " dress ")
    assert (done.path, done.label, done.added, done.copied) == (path, "dress", True, False)
    assert only(project).path == path
    assert names(project, only(project)) == ["dress"]
    assert path.stat() == before
    assert not (project.folder / KEPT_FOLDER).exists()
    assert project.edits.undo() == "new one.png → dress"
    assert only(project).class_ids == ()
    assert project.edits.redo()
    assert names(project, only(project)) == ["dress"]


def test_the_label_is_durable_at_once(project: Project, tmp_path: Path) -> None:
    correct(project, write(tmp_path / "one.png"), "dress")
    project.close()
    with Project.open(project.folder) as again:
        assert names(again, only(again)) == ["dress"]


def test_a_pasted_picture_is_kept_by_the_project(project: Project) -> None:
    held = hold(encoded(".png", photo()), "pasted")
    done = correct(project, held, "dress")
    assert done.copied
    assert done.path.parent == project.folder / KEPT_FOLDER
    held.unlink()
    assert only(project).path.read_bytes() == encoded(".png", photo())
    assert not correct(project, hold(encoded(".png", photo()), "pasted"), "shirt").added
    assert names(project, only(project)) == ["shirt"]


def test_a_copy_is_kept_if_asked_for(project: Project, tmp_path: Path) -> None:
    path = write(tmp_path / "stick" / "one.png")
    assert correct(project, path, "dress", copy=True).path != path
    shutil.rmtree(path.parent)
    assert only(project).path.is_file()


def test_a_picture_of_the_project_is_labelled_anew(project: Project, tmp_path: Path) -> None:
    path = write(tmp_path / "photos" / "shirt" / "one.png")
    write(tmp_path / "photos" / "shirt" / "two.png", 1)
    project.add_folder(tmp_path / "photos", lambda done, total: None, threading.Event())
    assert not correct(project, path, "dress").added
    one, two = project.images()
    assert (names(project, one), names(project, two)) == (["dress"], ["shirt"])
    copied = shutil.copy(path, tmp_path / "copy of it.png")
    assert not correct(project, Path(copied), "skirt").added
    assert names(project, project.images()[0]) == ["skirt"]


def test_an_excluded_picture_is_taken_back(project: Project, tmp_path: Path) -> None:
    path = write(tmp_path / "one.png")
    correct(project, path, "dress")
    project.edits.set_excluded([only(project).id], True)
    correct(project, path, "dress")
    assert not only(project).excluded


def test_a_file_below_a_folder_of_the_project_belongs_to_that(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "photos" / "shirt" / "one.png")
    project.add_folder(tmp_path / "photos", lambda done, total: None, threading.Event())
    new = write(tmp_path / "photos" / "new" / "deep" / "two.png", 1)
    correct(project, new, "dress")
    assert project.sources() == [tmp_path / "photos"]
    project.add_folder(tmp_path / "photos", lambda done, total: None, threading.Event())
    assert len(project.images()) == 2
    row = next(one for one in project.images() if one.path == new)
    assert names(project, row) == ["dress"]
    assert row.origin != FOLDER


@pytest.mark.parametrize(("data", "words"), [(b"", "empty"), (b"no picture", "JPEG"), (None, "not there")])
def test_what_cannot_be_read_is_not_added(project: Project, tmp_path: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / "one.png").write_bytes(data)
    with pytest.raises(InputError, match=words):
        correct(project, tmp_path / "one.png", "dress")
    assert project.images() == []
    assert project.edits.undo_title() is None


def test_a_class_without_a_name_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a name"):
        correct(project, write(tmp_path / "one.png"), "  ")


def test_a_project_that_was_moved_finds_what_it_keeps(project: Project, tmp_path: Path) -> None:
    correct(project, hold(encoded(".png", photo()), "camera"), "dress")
    project.close()
    moved = Path(shutil.move(project.folder, tmp_path / "moved"))
    with Project.open(moved) as again:
        assert only(again).path.is_file()
        assert only(again).path.is_relative_to(moved)


def test_kept_pictures_are_in_every_backup(project: Project, tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "photos" / "one.png", 1)
    correct(project, elsewhere, "shirt")
    correct(project, hold(encoded(".png", photo()), "camera"), "dress")
    for with_images in (False, True):
        file, to = tmp_path / f"{with_images}.zip", tmp_path / f"restored {with_images}"
        back_up(project, file, with_images, lambda done, total: None, threading.Event())
        assert restore(file, to, lambda done, total: None, threading.Event()).image_files == 1 + with_images
        with Project.open(to) as again:
            paths = {names(again, row)[0]: row.path for row in again.images()}
            assert paths["dress"].is_relative_to(to)
            assert paths["dress"].is_file()
            assert (paths["shirt"] == elsewhere) != with_images
            assert paths["shirt"].is_file()


def test_kept_pictures_are_no_class_of_the_folder_around_the_project(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "shirt" / "one.png", 1)
    with Project.create(tmp_path / "photos", "Photos") as project:
        correct(project, hold(encoded(".png", photo()), "camera"), "dress")
    assert {image.label for image in scan_folder(tmp_path / "photos").images} == {"shirt"}
