"""Files: written whole or not at all, named so that every system takes them, in folders of the program's own."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ProjectError
from app.files import (
    HOME_VARIABLE,
    LOCK_NAME,
    cache_folder,
    data_folder,
    lock_folder,
    log_folder,
    read_json,
    resource_folder,
    safe_name,
    write_bytes,
    write_json,
    write_text,
)


def test_folders_are_made_below_the_home_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "été"))
    folders = [data_folder(), cache_folder(), log_folder()]
    assert [folder.name for folder in folders] == ["data", "cache", "logs"]
    assert all(folder.is_dir() and folder.parent == tmp_path / "été" for folder in folders)


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(ProjectError, match="cannot be made") as caught:
        data_folder()
    assert HOME_VARIABLE in caught.value.hint


def test_without_one_they_are_where_the_system_keeps_such_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE)
    for name in ("data", "cache", "log"):
        monkeypatch.setattr(f"platformdirs.user_{name}_path", lambda app, appauthor, name=name: tmp_path / name / app)
    assert [data_folder(), cache_folder(), log_folder()] == [
        tmp_path / name / "Sightline" for name in ("data", "cache", "log")
    ]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"first", b"", b"second\r\n\0"):
        write_bytes(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_utf_8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "Größe\n“8”\n")
    assert (tmp_path / "text").read_bytes() == "Größe\n“8”\n".encode()


@pytest.mark.parametrize("value", [{"ä": [1, 2.5, None, True]}, [], "“text”", 7])
def test_json_comes_back_as_it_was(tmp_path: Path, value: Any) -> None:
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    assert (tmp_path / "value.json").read_bytes().endswith(b"\n")


def test_what_fails_half_way_leaves_the_old_file_and_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_value_that_is_no_json_touches_nothing(tmp_path: Path) -> None:
    write_json(tmp_path / "value.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "value.json", {"path": tmp_path})
    assert read_json(tmp_path / "value.json") == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my photos", "my photos"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f"),
        ("été – 2", "été _ 2"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a.", "a"),
        ("con\nrol\0", "con_rol"),
        ("x" * 200, "x" * 60),
        ("x" * 59 + " and more", "x" * 59),
        ("con", "_con"),
        ("Aux.old", "_Aux.old"),
        ("console", "console"),
    ],
)
def test_a_name_is_made_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text())
def test_any_text_makes_a_file_name(text: str) -> None:
    name = safe_name(text)
    assert 1 <= len(name) <= 60
    assert not set(name) & set('/\\:*?"<>|\0\n\r\t')
    assert name not in (".", "..")
    assert name == name.strip(" .")


def test_a_folder_is_locked_once_and_can_be_locked_again(tmp_path: Path) -> None:
    lock = lock_folder(tmp_path)
    with pytest.raises(ProjectError, match="open in another window or command") as caught:
        lock_folder(tmp_path)
    assert caught.value.hint
    lock.release()
    lock_folder(tmp_path).release()


def test_a_folder_that_cannot_be_locked_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(ProjectError, match="cannot be written") as caught:
        lock_folder(tmp_path)
    assert caught.value.detail


def test_the_programs_own_files_are_found() -> None:
    assert (resource_folder() / "bundle" / "check.py").is_file()
