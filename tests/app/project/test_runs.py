"""The list of runs: figures, notes and stars are kept, and what is deleted is a run and nothing else."""

from pathlib import Path

import pytest

from app.errors import AppError, InputError
from app.project.project import Project
from app.project.records import Measured
from app.project.runs import DELETED


def test_a_finished_run_keeps_its_figures(project: Project) -> None:
    number = project.run_log.start("torch", "best", "0123abcd", 4, 2)
    validation = Measured(0.8, (0.7, 0.9), 50)
    project.run_log.finish(number, 0.75, (0.6, 0.85), 40, 12.0, validation)
    run = project.run_log.one(number)
    assert (run.preset, run.data, run.sweep, run.trial) == ("best", "0123abcd", 4, 2)
    assert (run.accuracy, run.interval, run.validation) == (0.75, (0.6, 0.85), validation)


def test_how_long_a_run_took_stays_while_it_is_stopped_and_goes_on(project: Project) -> None:
    number = project.run_log.start("torch")
    project.run_log.cancel(number, 20.0)
    assert project.run_log.one(number).seconds == 20
    project.run_log.restart(number)
    assert project.run_log.one(number).seconds == 20
    project.run_log.fail(number, "No memory.", 31.5)
    assert project.run_log.one(number).seconds == 31.5
    project.run_log.restart(number)
    project.run_log.set_seconds(number, 40.0)
    project.run_log.mark_interrupted()
    assert project.run_log.one(number).seconds == 40


def test_why_a_run_failed_is_one_line(project: Project) -> None:
    number = project.run_log.start("quick")
    project.run_log.fail(number, "Sightline failed: a reason\n  of two lines")
    assert project.run_log.one(number).reason == "Sightline failed: a reason of two lines"


def test_a_note_and_a_star_stay(project: Project) -> None:
    number = project.run_log.start("quick")
    project.run_log.set_note(number, "  more skirts\n")
    project.run_log.set_starred(number, True)
    assert (project.run_log.one(number).note, project.run_log.one(number).starred) == ("more skirts", True)
    project.run_log.set_starred(number, False)
    assert not project.run_log.one(number).starred


def test_a_run_that_is_not_there_is_named(project: Project) -> None:
    for act in (project.run_log.delete, project.run_log.one, lambda number: project.run_log.set_note(number, "x")):
        with pytest.raises(InputError, match="no run 9"):
            act(9)


def test_a_running_run_is_not_deleted(project: Project) -> None:
    number = project.run_log.start("quick")
    with pytest.raises(InputError, match="is going on"):
        project.run_log.delete(number)
    assert project.run_folder(number).is_dir()


def test_deleting_removes_the_run_and_nothing_else(project: Project) -> None:
    kept, gone = project.run_log.start("quick"), project.run_log.start("quick")
    (project.run_folder(gone) / "model.onnx").write_bytes(b"x")
    for number in (kept, gone):
        project.run_log.cancel(number)
    project.run_log.delete(gone)
    assert [run.number for run in project.runs()] == [kept]
    assert not project.run_folder(gone).exists()
    assert project.run_folder(kept).is_dir()
    assert not list(project.folder.glob(f"runs/{DELETED}*"))
    assert project.run_log.start("quick") == gone + 1  # a number is never given twice


def test_a_run_whose_folder_is_gone_can_be_deleted(project: Project) -> None:
    number = project.run_log.start("quick")
    project.run_log.cancel(number)
    project.run_folder(number).rmdir()
    project.run_log.delete(number)
    assert project.runs() == []


def test_images_in_a_runs_folder_are_not_deleted(project: Project) -> None:
    number = project.run_log.start("quick")
    project.run_log.cancel(number)
    inside = project.run_folder(number) / "photos"
    inside.mkdir()
    (inside / "mine.png").write_bytes(b"mine")
    with project.store.transaction() as transaction:
        transaction.execute("INSERT INTO sources (folder) VALUES (?)", [str(inside)])
    with pytest.raises(AppError, match="holds images"):
        project.run_log.delete(number)
    assert (inside / "mine.png").read_bytes() == b"mine"
    assert project.run_log.one(number)


def test_a_link_in_a_runs_folder_leads_to_no_loss(project: Project, tmp_path: Path) -> None:
    number = project.run_log.start("quick")
    project.run_log.cancel(number)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "mine.png").write_bytes(b"mine")
    try:
        (project.run_folder(number) / "link").symlink_to(photos, target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    project.run_log.delete(number)
    assert (photos / "mine.png").read_bytes() == b"mine"
