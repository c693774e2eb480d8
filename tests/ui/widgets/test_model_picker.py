"""The list of models: the best run first, then bundles from elsewhere, and the choice kept."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.export.bundle import BUNDLE_FOLDER, INFO_FILE
from app.project.project import Project
from ui import messages
from ui.widgets.model_picker import ModelPicker


@pytest.fixture
def picker(qtbot: QtBot) -> ModelPicker:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    with qtbot.waitExposed(picker):
        picker.show()
    return picker


@pytest.fixture
def project(trained_folder: Path) -> Iterator[Project]:
    """Open the trained project with a second run, worse than the first, and a third that was stopped."""
    with Project.open(trained_folder) as project:
        second = project.run_log.start("quick")
        project.run_log.finish(second, 0.01, (0.0, 0.2), 9, 1.0)
        project.run_log.cancel(project.run_log.start("quick"))
        yield project


def titles(picker: ModelPicker) -> list[str]:
    return [picker._box.itemText(row).split(":")[0] for row in range(picker._box.count())]


def choose_file(qtbot: QtBot, picker: ModelPicker, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *values: (str(path), ""))
    qtbot.mouseClick(picker._open, Qt.MouseButton.LeftButton)


def test_without_a_project_there_is_none(picker: ModelPicker) -> None:
    picker.show_project(None)
    assert picker.bundle() is None


def test_finished_runs_are_listed_the_best_first(picker: ModelPicker, project: Project) -> None:
    picker.show_project(project)
    assert titles(picker) == ["Run 1", "Run 2"]
    assert picker.bundle() == project.run_folder(1) / BUNDLE_FOLDER


def test_the_choice_is_kept(qtbot: QtBot, picker: ModelPicker, project: Project) -> None:
    picker.show_project(project)
    with qtbot.waitSignal(picker.changed):
        qtbot.keyClick(picker._box, Qt.Key.Key_Down)
    with qtbot.assertNotEmitted(picker.changed):
        picker.show_project(project)
    assert picker.bundle() == project.run_folder(2) / BUNDLE_FOLDER


def test_a_project_that_closes_takes_its_models_along(qtbot: QtBot, picker: ModelPicker, project: Project) -> None:
    picker.show_project(project)
    with qtbot.waitSignal(picker.changed):
        picker.show_project(None)
    assert picker.bundle() is None


def test_a_bundle_folder_is_opened_by_its_file(
    qtbot: QtBot, picker: ModelPicker, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(picker.changed):
        choose_file(qtbot, picker, bundle / INFO_FILE, monkeypatch)
    assert picker.bundle() == bundle


def test_a_zipped_bundle_is_opened_and_stays_when_projects_change(
    qtbot: QtBot, picker: ModelPicker, project: Project, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(shutil.make_archive(str(tmp_path / "garments"), "zip", bundle))
    choose_file(qtbot, picker, file, monkeypatch)
    assert picker.bundle() == file
    picker.show_project(project)
    assert titles(picker) == ["Run 1", "Run 2", "garments.zip"]
    assert picker.bundle() == file
    picker.show_project(None)
    assert picker.bundle() == file


def test_a_bundle_is_listed_once(picker: ModelPicker, bundle: Path) -> None:
    picker.add_bundle(bundle)
    picker.add_bundle(bundle)
    assert picker._box.count() == 1


def test_a_bundle_of_a_newer_format_is_said(
    qtbot: QtBot, picker: ModelPicker, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: said.append(problem.message))
    values = json.loads((bundle / INFO_FILE).read_text(encoding="utf-8"))
    (tmp_path / INFO_FILE).write_text(json.dumps({**values, "format": 99}), encoding="utf-8")
    choose_file(qtbot, picker, tmp_path / INFO_FILE, monkeypatch)
    assert len(said) == 1
    assert "newer" in said[0]
    assert picker.bundle() is None
