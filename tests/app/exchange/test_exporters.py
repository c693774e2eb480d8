"""What an export writes, what it leaves out and says so, and that it never touches an image or what is in the way."""

import csv
import json
import threading
from pathlib import Path

import pytest

from app.errors import Cancelled, InputError
from app.exchange.copying import Places, portable_file_name, portable_name
from app.exchange.export import Exported
from app.exchange.exporters import EXPORTERS, FolderExporter, export
from app.exchange.preview import Entry, Preview
from app.project.project import Project
from tests.app.exchange.data import put, write_images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", "a/1.png", "b/1.png", "a/2.png", "3.png").resolve()


@pytest.fixture
def labelled(project: Project, photos: Path) -> Project:
    entries = (
        Entry(photos / "a" / "1.png", ("cat",), "train", "p1"),
        Entry(photos / "b" / "1.png", ("cat",), "test"),
        Entry(photos / "a" / "2.png", ("cat", "pet"), None),
        Entry(photos / "3.png", (), None, None, True),
    )
    put(project, Preview("csv", photos, entries))
    return project


def write(project: Project, name: str, target: Path, link: bool = False) -> Exported:
    return export(project, name, target, link, lambda done, total: None, threading.Event())


def files(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def state(folder: Path) -> list[tuple[str, int, bytes]]:
    return [(str(one), one.stat().st_mtime_ns, one.read_bytes()) for one in sorted(folder.rglob("*.png"))]


def test_a_table_names_the_images_where_they_are(labelled: Project, tmp_path: Path) -> None:
    write(labelled, "csv", tmp_path / "labels.csv")
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["image", "label", "split", "group", "exclude"],
        ["photos/3.png", "", "", "", "1"],
        ["photos/a/1.png", "cat", "train", "p1", "0"],
        ["photos/a/2.png", "cat", "", "", "0"],
        ["photos/a/2.png", "pet", "", "", "0"],
        ["photos/b/1.png", "cat", "test", "", "0"],
    ]


def test_the_recipes_table_is_as_their_notebook_writes_it(labelled: Project, tmp_path: Path) -> None:
    write(labelled, "recipes-tsv", tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text(encoding="utf-8") == (
        "IM_FILENAME\tEXCLUDE\tLABELS\nphotos/3.png\tTrue\t\nphotos/a/1.png\tFalse\tcat\n"
        "photos/a/2.png\tFalse\tcat,pet\nphotos/b/1.png\tFalse\tcat\n"
    )


def test_label_studio_gets_tasks(labelled: Project, tmp_path: Path) -> None:
    write(labelled, "label-studio", tmp_path / "t.json")
    tasks = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert tasks[0] == {"data": {"image": "/data/local-files/?d=photos/3.png", "exclude": True}, "annotations": []}
    assert tasks[2]["annotations"][0]["result"][0]["value"] == {"choices": ["cat", "pet"]}


def test_class_folders_are_copies_and_say_what_is_left_out(labelled: Project, photos: Path, tmp_path: Path) -> None:
    before = state(photos)
    exported = write(labelled, "class-folders", tmp_path / "out")
    assert files(tmp_path / "out") == ["cat/1-2.png", "cat/1.png"]
    assert exported.images == 2
    assert [(one.where, one.reason) for one in exported.problems] == [
        ("3.png", "It is excluded, which this format cannot say."),
        ("a/2.png", "It has several labels, of which this format holds one."),
    ]
    (tmp_path / "out" / "cat" / "1.png").write_bytes(b"changed")
    assert state(photos) == before


def test_split_folders_and_the_tutorials_list(labelled: Project, tmp_path: Path) -> None:
    write(labelled, "split-folders", tmp_path / "split")
    assert files(tmp_path / "split") == ["test/cat/1.png", "train/cat/1.png"]
    write(labelled, "dedicated-test-images", tmp_path / "tutorial")
    assert files(tmp_path / "tutorial") == ["cat/1-2.png", "cat/1.png", "dedicatedTestImages.tsv"]
    assert (tmp_path / "tutorial" / "dedicatedTestImages.tsv").read_text() == "cat\t1-2.png\n"


def test_linked_images_are_the_same_files(labelled: Project, photos: Path, tmp_path: Path) -> None:
    before = state(photos)
    write(labelled, "class-folders", tmp_path / "out", link=True)
    assert (tmp_path / "out" / "cat" / "1.png").samefile(photos / "a" / "1.png")
    assert state(photos) == before


def test_where_no_hard_link_is_possible_it_is_a_symbolic_one(
    labelled: Project, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr("os.link", refuse)
    write(labelled, "class-folders", tmp_path / "out", link=True)
    assert (tmp_path / "out" / "cat" / "1.png").is_symlink()
    assert (tmp_path / "out" / "cat" / "1.png").samefile(photos / "a" / "1.png")


@pytest.mark.parametrize("name", EXPORTERS)
def test_what_is_in_the_way_stays(labelled: Project, tmp_path: Path, name: str) -> None:
    if name == "addresses":
        return
    target = tmp_path / "target"
    if isinstance(EXPORTERS[name], FolderExporter):
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    else:
        target.write_text("mine")
    with pytest.raises(InputError, match="is not empty|already"):
        write(labelled, name, target)
    assert (target / "mine.txt" if target.is_dir() else target).read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["photos", "project", "target"]


def test_copies_do_not_go_among_the_images(labelled: Project, photos: Path) -> None:
    with pytest.raises(InputError, match="lies in a folder of images"):
        write(labelled, "class-folders", photos / "out")
    assert not (photos / "out").exists()


def test_an_empty_folder_may_be_the_target(labelled: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert write(labelled, "huggingface-jsonl", tmp_path / "out").images == 4


def test_stopping_leaves_nothing(labelled: Project, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    for name, target in (("class-folders", "out"), ("csv", "out.csv")):
        with pytest.raises(Cancelled):
            export(labelled, name, tmp_path / target, False, lambda done, total: None, cancel)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["photos", "project"]


def test_a_copy_that_fails_leaves_nothing(labelled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(InputError, match="could not be written .No space left"):
        write(labelled, "class-folders", tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["photos", "project"]


def test_an_image_that_is_gone_is_listed(labelled: Project, photos: Path, tmp_path: Path) -> None:
    (photos / "a" / "1.png").unlink()
    exported = write(labelled, "csv", tmp_path / "t.csv")
    assert (exported.images, [one.where for one in exported.problems]) == (3, ["a/1.png"])


def test_a_label_that_is_no_folder_name_is_told(project: Project, photos: Path, tmp_path: Path) -> None:
    entries = tuple(
        Entry(photos / name, (label,))
        for name, label in (("a/1.png", "a/b"), ("a/2.png", "a:b"), ("3.png", "con"), ("b/1.png", "train"))
    )
    put(project, Preview("csv", photos, entries))
    exported = write(project, "class-folders", tmp_path / "out")
    assert files(tmp_path / "out") == ["_con/3.png", "a_b-2/2.png", "a_b/1.png", "train/1.png"]
    assert [one.where for one in exported.problems] == ["con", "a/b", "a:b"]
    assert exported.images == 4
    assert "train_/1.png" in files(write(project, "split-folders", tmp_path / "split").path)


def test_what_the_recipes_table_cannot_hold_is_left_out(project: Project, photos: Path, tmp_path: Path) -> None:
    put(project, Preview("csv", photos, (Entry(photos / "3.png", ("a,b",)), Entry(photos / "a" / "1.png", ("c",)))))
    exported = write(project, "recipes-tsv", tmp_path / "t.tsv")
    assert (exported.images, [one.where for one in exported.problems]) == (1, ["3.png"])


def test_nothing_to_export_is_a_sentence(project: Project, labelled: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image") as raised:
        write(labelled, "addresses", tmp_path / "t.tsv")
    assert raised.value.hint
    assert not (tmp_path / "t.tsv").exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("été 日本", "été 日本"),
        ("a/b\\c:d", "a_b_c_d"),
        (".hidden", "_.hidden"),
        ("NUL", "_NUL"),
        ("dots...", "dots"),
        ("  ", "unnamed"),
        ("new\nline", "new_line"),
        ("é" * 300, "é" * 100),
    ],
)
def test_names_are_fit_for_every_system(text: str, name: str) -> None:
    assert portable_name(text) == name
    assert portable_name(portable_name(text)) == name


def test_file_names_keep_their_suffix_and_are_told_apart_without_case() -> None:
    assert portable_file_name("a:b.PNG") == "a_b.PNG"
    places = Places()
    assert [places.take("x", name) for name in ("A.png", "a.png", "a.png")] == ["A.png", "a-2.png", "a-3.png"]
    assert places.take("y", "a.png") == "a.png"
