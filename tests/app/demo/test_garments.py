"""The demo data set: complete, repeatable, honest about itself, and never in the way of other files."""

import time
from pathlib import Path

import cv2
import pytest

from app.demo.garments import CLASSES, README, make_demo
from app.errors import InputError


def files(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_each_class_has_its_pictures(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "demo", per_class=3)
    names = {f"{name}/{number:03}.jpg" for name in ("dotted", "leopard", "striped") for number in (1, 2, 3)}
    assert set(files(folder)) == names | {README}


def test_the_pictures_are_varied_photos_of_a_common_size(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "demo", per_class=3)
    pictures = [cv2.imread(str(path)) for path in sorted(folder.glob("*/*.jpg"))]
    assert all(picture is not None for picture in pictures)
    shapes = [picture.shape for picture in pictures if picture is not None]
    assert all(450 <= height <= 550 and 360 <= width <= 440 for height, width, _ in shapes)
    assert len(set(shapes)) > 3
    assert all(picture.std() > 15 for picture in pictures if picture is not None)


def test_the_same_seed_gives_the_same_pictures_and_another_one_others(tmp_path: Path) -> None:
    first = files(make_demo(tmp_path / "first", seed=5, per_class=2))
    again = files(make_demo(tmp_path / "again", seed=5, per_class=2))
    other = files(make_demo(tmp_path / "other", seed=6, per_class=2))
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_more_pictures_begin_with_the_same_ones(tmp_path: Path) -> None:
    few = files(make_demo(tmp_path / "few", per_class=1))
    many = files(make_demo(tmp_path / "many", per_class=2))
    assert all(many[name] == data for name, data in few.items() if name != README)


def test_what_is_complete_is_not_drawn_again(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "demo", per_class=2)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    start = time.perf_counter()
    make_demo(folder, per_class=2)
    assert time.perf_counter() - start < 0.5
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_missing_picture_is_drawn_again(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "demo", per_class=2)
    before = files(folder)
    (folder / "leopard" / "002.jpg").unlink()
    assert files(make_demo(folder, per_class=2)) == before


def test_another_seed_replaces_the_pictures(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "demo", seed=1, per_class=1)
    make_demo(folder, seed=2, per_class=1)
    assert files(folder) == files(make_demo(tmp_path / "fresh", seed=2, per_class=1))


def test_it_says_that_it_is_synthetic(tmp_path: Path) -> None:
    text = (make_demo(tmp_path / "demo", per_class=1) / README).read_text(encoding="utf-8")
    assert "synthetic" in text
    assert "says nothing about real photos" in " ".join(text.split())


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        make_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        make_demo(tmp_path / "demo")


def test_the_classes_are_those_promised() -> None:
    assert CLASSES == ("dotted", "leopard", "striped")
