"""Images are sorted into folders by copies or links, and stay where they are."""

import os
from pathlib import Path
from typing import Any

import pytest

from app.errors import Cancelled, InputError
from app.export.sorting import sort_into


def image(path: Path, data: bytes = b"picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def result(path: Path, label: str, verdict: str = "accepted") -> dict[str, Any]:
    return {"path": str(path), "predictions": [{"label": label, "confidence": 0.9}], "verdict": verdict}


def silent(done: int, total: int) -> None:
    assert 1 <= done <= total


def tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_each_class_gets_its_folder_and_rejected_images_theirs(tmp_path: Path) -> None:
    names = ("a.png", "b.png", "c.png", "d.png")
    a, b, c, d = (image(tmp_path / "from" / name, name.encode()) for name in names)
    before = tree(tmp_path / "from")
    unreadable = {"path": "e.png", "predictions": [], "problem": "It is empty."}
    results = [result(a, "x"), result(b, "y"), result(c, "x", "unknown"), result(d, "y", "unsure"), unreadable]
    assert sort_into(tmp_path / "to", results, ("x", "y"), False, silent) == 4
    assert tree(tmp_path / "to") == {
        "x/a.png": b"a.png",
        "y/b.png": b"b.png",
        "(unknown)/c.png": b"c.png",
        "(unsure)/d.png": b"d.png",
    }
    assert tree(tmp_path / "from") == before


def test_images_and_classes_of_the_same_name_are_kept_apart(tmp_path: Path) -> None:
    paths = [image(tmp_path / part / "a.png", part.encode()) for part in ("one", "two", "three")]
    results = [result(paths[0], "Cat"), result(paths[1], "Cat"), result(paths[2], "cat")]
    sort_into(tmp_path / "to", results, ("Cat", "cat"), False, silent)
    assert tree(tmp_path / "to") == {"Cat/a.png": b"one", "Cat/a 2.png": b"two", "cat 2/a.png": b"three"}


@pytest.mark.parametrize("label", ["../../out", "a/b", "..", "", "(unknown)"])
def test_no_label_leads_out_of_the_folder(tmp_path: Path, label: str) -> None:
    path = image(tmp_path / "from" / "a.png")
    sort_into(tmp_path / "to", [result(path, label)], (label,), False, silent)
    (file,) = tree(tmp_path / "to")
    assert file.count("/") == 1
    assert file.split("/")[0] != "(unknown)"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["from", "to"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_point_at_the_images(tmp_path: Path) -> None:
    path = image(tmp_path / "from" / "a.png")
    sort_into(tmp_path / "to", [result(path, "x")], ("x",), True, silent)
    assert (tmp_path / "to/x/a.png").is_symlink()
    assert (tmp_path / "to/x/a.png").resolve() == path.resolve()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    image(tmp_path / "to" / "mine.txt")
    with pytest.raises(InputError, match="already"):
        sort_into(tmp_path / "to", [result(image(tmp_path / "a.png"), "x")], ("x",), False, silent)
    assert tree(tmp_path / "to") == {"mine.txt": b"picture"}


def test_an_image_that_is_gone_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be sorted"):
        sort_into(tmp_path / "to", [result(tmp_path / "gone.png", "x")], ("x",), False, silent)
    assert tree(tmp_path / "to") == {}


def test_sorting_can_be_stopped(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    results = [result(image(tmp_path / name), "x") for name in ("a.png", "b.png")]
    with pytest.raises(Cancelled):
        sort_into(tmp_path / "to", results, ("x",), False, stop)
    assert list(tree(tmp_path / "to")) == ["x/a.png"]
