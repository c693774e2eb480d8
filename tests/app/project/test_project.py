"""The project folder: made, opened, locked, imported into, and never touching an image."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engines.process import ROOT
from app.errors import Cancelled, InputError, ProjectError
from app.project.importing import GONE
from app.project.project import Project, default_project_folder, open_or_create
from app.project.runs import INTERRUPTED


def write_image(path: Path, value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((4, 4, 3), value, np.uint8))[1].tobytes())


def ignore(done: int, total: int) -> None:
    """Hear progress and do nothing."""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Make a folder of two classes, with spaces, accents and an unlabelled image."""
    folder = tmp_path / "my photos – été"
    write_image(folder / "a cat" / "1.png", 1)
    write_image(folder / "a cat" / "2.png", 2)
    write_image(folder / "dög" / "3.png", 3)
    write_image(folder / "loose.png", 4)
    return folder


def test_a_folder_gives_images_labels_and_classes(project: Project, images: Path) -> None:
    result = project.add_folder(images, ignore, threading.Event())
    assert (result.added, result.known, result.skipped) == (4, 0, ())
    assert [row.name for row in project.images()] == ["a cat/1.png", "a cat/2.png", "dög/3.png", "loose.png"]
    assert [(row.name, row.images) for row in project.classes()] == [("a cat", 2), ("dög", 1)]
    assert project.images()[0].path.is_file()
    assert project.images()[3].class_id is None


def test_adding_a_folder_again_keeps_the_users_labels(project: Project, images: Path) -> None:
    project.add_folder(images, ignore, threading.Event())
    other = project.classes()[1].id
    project.edits.set_label([project.images()[0].id], other)
    write_image(images / "dög" / "new.png", 9)
    result = project.add_folder(images, ignore, threading.Event())
    assert (result.added, result.known) == (1, 4)
    assert project.images()[0].class_id == other


def test_a_changed_image_gets_a_new_digest_and_keeps_its_label(project: Project, images: Path) -> None:
    project.add_folder(images, ignore, threading.Event())
    before = project.images()[0]
    write_image(before.path, 200)
    os.utime(before.path, ns=(1, 1))
    project.add_folder(images, ignore, threading.Event())
    after = project.images()[0]
    assert after.digest != before.digest
    assert after.class_id == before.class_id


def test_a_file_that_is_gone_is_said_so_and_comes_back(project: Project, images: Path) -> None:
    project.add_folder(images, ignore, threading.Event())
    moved = images / "a cat" / "1.png"
    moved.rename(images / "elsewhere.txt")
    project.add_folder(images, ignore, threading.Event())
    assert project.images()[0].problem == GONE
    (images / "elsewhere.txt").rename(moved)
    project.add_folder(images, ignore, threading.Event())
    assert project.images()[0].problem is None


def test_importing_can_be_cancelled_and_writes_nothing(project: Project, images: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        project.add_folder(images, ignore, cancel)
    assert project.images() == []


def test_an_empty_folder_is_a_sentence(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        project.add_folder(tmp_path / "empty", ignore, threading.Event())


def test_images_are_never_written(project: Project, images: Path) -> None:
    def state() -> list[tuple[str, int, bytes]]:
        return [(str(path), path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(images.rglob("*.png"))]

    before = state()
    project.add_folder(images, ignore, threading.Event())
    project.edits.set_label([row.id for row in project.images()], project.classes()[0].id)
    project.edits.delete_class(project.classes()[0].id)
    project.edits.undo()
    assert state() == before


def test_a_project_is_open_in_one_place_only(project: Project) -> None:
    with pytest.raises(ProjectError, match="is open in another window or command"):
        Project.open(project.folder)


def test_another_process_cannot_open_it_either(project: Project) -> None:
    code = (
        "import sys; from pathlib import Path; from app.project.project import Project; Project.open(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(project.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is open in another window or command" in done.stderr


def test_the_lock_goes_when_its_process_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from app.project.project import Project\n"
        "Project.create(Path(sys.argv[1]), 'x'); print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "p")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.kill()
        process.wait()
    with Project.open(tmp_path / "p") as project:
        assert project.name == "x"


def test_a_missing_project_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no Sightline project"):
        Project.open(tmp_path / "nowhere")


def test_a_project_is_not_made_over_another(project: Project) -> None:
    with pytest.raises(ProjectError, match="already a project"):
        Project.create(project.folder, "again")


def test_a_damaged_file_is_a_sentence(project: Project) -> None:
    project.close()
    (project.folder / "project.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(ProjectError, match="cannot be read"):
        Project.open(project.folder)


def test_a_newer_format_is_a_sentence(project: Project) -> None:
    project.close()
    connection = sqlite3.connect(project.folder / "project.sqlite")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(ProjectError, match="newer Sightline"):
        Project.open(project.folder)


def test_a_run_that_was_going_is_marked_at_the_next_start(project: Project) -> None:
    project.run_log.start("quick")
    project.close()
    with Project.open(project.folder) as again:
        run = again.runs()[0]
        assert (run.state, run.reason) == ("failed", INTERRUPTED)


def test_the_best_run_is_the_most_accurate_finished_one(project: Project) -> None:
    for accuracy in (0.8, 0.9, 0.7):
        number = project.run_log.start("quick")
        project.run_log.finish(number, accuracy, (accuracy - 0.1, accuracy + 0.1), 100, 1.0)
    project.run_log.cancel(project.run_log.start("quick"))
    best = project.best_run()
    assert best is not None
    assert best.accuracy == 0.9
    assert [run.state for run in project.runs()] == ["cancelled", "done", "done", "done"]


def test_the_default_folder_depends_on_the_path_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "photos", tmp_path / "b" / "photos"
    assert default_project_folder(first) == default_project_folder(first)
    assert default_project_folder(first) != default_project_folder(second)
    assert default_project_folder(first).name.startswith("photos-")


def test_open_or_create_makes_and_then_opens(tmp_path: Path) -> None:
    for _ in range(2):
        with open_or_create(tmp_path / "p", "Name") as project:
            assert project.name == "Name"


def test_it_can_be_used_from_several_threads(project: Project, images: Path) -> None:
    project.add_folder(images, ignore, threading.Event())
    class_id, keys = project.classes()[0].id, [row.id for row in project.images()]
    problems: list[BaseException] = []

    def label() -> None:
        try:
            for _ in range(20):
                project.edits.set_label(keys, class_id)
                project.edits.set_label(keys, None)
                project.images()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            problems.append(error)

    threads = [threading.Thread(target=label) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
