"""Backup, restore and relink on the command line."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.project.project import Project
from tests.app.project.test_project import ignore, write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a project of three images, and close it."""
    for value, name in enumerate(["cat/1.png", "cat/2.png", "dog/3.png"]):
        write_image(tmp_path / "photos" / name, value)
    with Project.create(tmp_path / "project", "Pets") as project:
        project.add_folder(tmp_path / "photos", ignore, threading.Event())
    return tmp_path / "project"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Run a command that succeeds and return its JSON line."""
    code = main([*map(str, arguments), "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    values: dict[str, Any] = json.loads(printed.out)
    return values


def test_backup_and_restore(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = run(capsys, "backup", folder, "--to", file, "--with-images")
    assert (made["file"], made["images"], made["runs"], made["skipped"]) == (str(file), 3, 0, 0)
    assert made["bytes"] == file.stat().st_size
    restored = run(capsys, "restore", file, "--to", tmp_path / "again")
    assert restored == {"project": str(tmp_path / "again"), "name": "Pets", "images": 3, "image_files": 3, "runs": 0}
    with Project.open(tmp_path / "again") as project:
        assert [(row.name, row.images) for row in project.classes()] == [("cat", 2), ("dog", 1)]


def test_a_restored_project_without_images_says_how_to_find_them(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "photos")
    assert main(["backup", str(folder), "--to", str(tmp_path / "b.zip"), "--with-images"]) == 0
    printed = capsys.readouterr()
    assert "3 files were skipped" in printed.out
    assert main(["restore", str(tmp_path / "b.zip"), "--to", str(tmp_path / "again")]) == 0
    assert f"main.py relink {tmp_path / 'again'}" in capsys.readouterr().out


def test_an_open_project_is_not_backed_up_by_a_command(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    with Project.open(folder):
        assert main(["backup", str(folder), "--to", str(tmp_path / "b.zip")]) == 1
    assert "is open in another window or command" in capsys.readouterr().err
    assert not (tmp_path / "b.zip").exists()


def test_relink(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").rename(tmp_path / "moved")
    (tmp_path / "moved" / "cat" / "1.png").unlink()
    found = run(capsys, "relink", folder, tmp_path / "photos", tmp_path / "moved")
    assert found == {"found": 2, "missing": 1, "different": 0, "doubled": 0}
    (tmp_path / "moved").rename(tmp_path / "again")
    assert main(["relink", str(folder), str(tmp_path / "again")]) == 0
    assert "Found 2 images in" in capsys.readouterr().out
    assert main(["relink", str(folder), str(tmp_path / "gone")]) == 1
    assert "There is no folder" in capsys.readouterr().err
