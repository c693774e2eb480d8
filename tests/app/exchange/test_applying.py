"""What an import writes: the images it needs, all that is said of them in one edit, and nothing else."""

import threading
from pathlib import Path

import pytest

from app.errors import InputError
from app.exchange.importers import understand
from app.exchange.preview import Download, Entry, Preview
from app.project.project import Project
from tests.app.exchange.data import known_by_name, put, write_images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", "a/1.png", "a/2.png", "b/3.png", "b/unlisted.png")


def table(photos: Path, text: str) -> Preview:
    path = photos.parent / "labels.csv"
    path.write_text("image,label,split,group,exclude\n" + text, encoding="utf-8")
    return understand(path)


LINES = "photos/a/1.png,cat,test,p,1\nphotos/b/3.png,dog,,,\nphotos/b/3.png,pet,,,\n"


def test_only_the_images_named_are_added(project: Project, photos: Path) -> None:
    applied = put(project, table(photos, LINES))
    assert (applied.images, applied.added, applied.changed, applied.skipped) == (2, 2, 2, ())
    assert project.sources() == [photos.resolve()]
    assert known_by_name(project) == {
        "1.png": ({"cat"}, "test", "p", True),
        "3.png": ({"dog", "pet"}, None, None, False),
    }


def test_one_undo_takes_it_all_back(project: Project, photos: Path) -> None:
    put(project, table(photos, LINES))
    assert project.edits.undo() == "Import labels.csv"
    assert set(known_by_name(project).values()) == {(frozenset(), None, None, False)}
    assert project.classes() == []
    assert project.edits.undo_title() is None


def test_images_that_are_there_are_found_again(project: Project, photos: Path) -> None:
    project.add_folder(photos, lambda *_: None, threading.Event())
    applied = put(project, table(photos, LINES))
    assert (applied.added, project.image_count(), len(project.sources())) == (0, 4, 1)
    assert known_by_name(project)["2.png"] == ({"a"}, None, None, False)
    assert known_by_name(project)["1.png"] == ({"cat"}, "test", "p", True)
    assert put(project, table(photos, LINES)).changed == 0


def test_new_images_go_to_the_folder_the_project_knows(project: Project, photos: Path) -> None:
    project.add_folder(photos, lambda *_: None, threading.Event())
    write_images(photos, "b/new.png")
    put(project, table(photos, "photos/b/new.png,dog,,,\n"))
    assert (project.image_count(), project.sources()) == (5, [photos.resolve()])


def test_class_folders_are_added_as_one_source_with_labels_of_folders(project: Project, photos: Path) -> None:
    put(project, understand(photos))
    assert project.sources() == [photos.resolve()]
    assert {row.name: row.origin for row in project.images()} == dict.fromkeys(
        ["a/1.png", "a/2.png", "b/3.png", "b/unlisted.png"], "folder"
    )


def test_images_in_far_folders_and_through_links_are_found(project: Project, tmp_path: Path) -> None:
    write_images(tmp_path / "one", "1.png")
    write_images(tmp_path / "two", "2.png", "3.png")
    try:
        (tmp_path / "three").symlink_to(tmp_path / "two")
    except OSError:
        pytest.skip("no links here")
    (tmp_path / "tables").mkdir()
    path = tmp_path / "tables" / "t.csv"
    path.write_text("image,label\n../one/1.png,a\n../three/3.png,b\n", encoding="utf-8")
    put(project, understand(path))
    assert {name: sorted(labels) for name, (labels, *_) in known_by_name(project).items()} == {
        "1.png": ["a"],
        "3.png": ["b"],
    }
    assert put(project, understand(path)).added == 0


def test_an_image_that_vanished_since_is_listed(project: Project, photos: Path) -> None:
    preview = table(photos, LINES)
    (photos / "a" / "1.png").unlink()
    (photos / "b" / "3.png").write_bytes(b"")
    applied = put(project, preview)
    assert (applied.images, applied.added) == (0, 0)
    assert sorted(one.reason for one in applied.skipped) == [
        "The file cannot be read (No such file or directory).",
        "The file is empty.",
    ]


def test_images_on_the_web_must_be_downloaded_first(project: Project, tmp_path: Path) -> None:
    preview = Preview("addresses", tmp_path, (), downloads=(Download("http://a.example/1.jpg", ("x",), "line 1"),))
    with pytest.raises(InputError, match="still to be downloaded"):
        put(project, preview)


def test_the_images_stay_as_they_are(project: Project, photos: Path) -> None:
    def state() -> list[tuple[str, int, bytes]]:
        return [(str(one), one.stat().st_mtime_ns, one.read_bytes()) for one in sorted(photos.rglob("*.png"))]

    before = state()
    put(project, table(photos, LINES))
    put(project, Preview("csv", photos, (Entry((photos / "a" / "1.png").resolve(), ("x",), excluded=False),)))
    assert state() == before
