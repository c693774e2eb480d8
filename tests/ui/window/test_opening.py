"""Opening, dropping and closing projects in the window."""

from functools import partial
from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent
from PyQt5.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app import tour
from app.demo.garments import make_demo
from app.errors import AppError
from app.project.project import Project, default_project_folder
from tests.ui.dropping import drop
from tests.ui.window.windows import CONTROL, LONG_MS, opened, recent, wait_until_idle
from ui import theme
from ui.main_window import MainWindow

FEW = 8  # images a class, where the demo itself draws sixty


def test_a_dropped_folder_becomes_a_project_and_is_added(qtbot: QtBot, window: MainWindow, garments: Path) -> None:
    assert drop(window, [garments])
    qtbot.waitUntil(lambda: window.state.project is not None)
    wait_until_idle(qtbot, window)
    project = opened(window)
    assert project.folder == default_project_folder(garments)
    assert [(row.name, row.images) for row in project.classes()] == [("dotted", 14), ("leopard", 14), ("striped", 14)]
    assert garments.name in window.windowTitle()
    assert len(list(garments.rglob("*.jpg"))) == 42


def test_a_second_folder_is_added_to_the_open_project(
    qtbot: QtBot, window: MainWindow, garments: Path, tmp_path: Path
) -> None:
    window.state.open_project(tmp_path / "p", "Mine")
    drop(window, [garments / "striped"])
    qtbot.waitUntil(lambda: len(opened(window).images()) == 14, timeout=LONG_MS)
    assert opened(window).name == "Mine"
    wait_until_idle(qtbot, window)


def test_a_dropped_project_is_opened(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    drop(window, [labelled_folder])
    qtbot.waitUntil(lambda: window.state.project is not None)
    assert opened(window).folder == labelled_folder
    assert len(opened(window).images()) == 42
    assert window.windowTitle() == "Garments – Sightline"


def test_a_link_is_no_folder(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/photos")])
    event = QDragEnterEvent(
        window.rect().center(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    assert not event.isAccepted()


def test_a_folder_with_an_unreadable_file_is_added_and_the_file_listed(
    qtbot: QtBot, window: MainWindow, garments: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    picture = sorted((garments / "striped").iterdir())[0]
    (folder / "good.jpg").write_bytes(picture.read_bytes())
    (folder / "bad.jpg").write_bytes(b"no picture at all")
    window.open_path(folder)
    wait_until_idle(qtbot, window)
    assert {Path(row.name).name for row in opened(window).images()} == {"good.jpg", "bad.jpg"}


def test_a_new_project_is_made_where_chosen(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(tmp_path / "Shoes"))
    window.menus.new_requested.emit()
    assert opened(window).name == "Shoes"
    assert window.windowTitle() == "Shoes – Sightline"


def test_opening_asks_for_a_folder(
    qtbot: QtBot, window: MainWindow, labelled_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(labelled_folder))
    qtbot.keyClick(window, Qt.Key.Key_O, CONTROL)
    assert opened(window).folder == labelled_folder


def test_a_folder_that_is_no_project_is_said(
    window: MainWindow, tmp_path: Path, problems: list[AppError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(tmp_path))
    window.menus.open_requested.emit()
    assert window.state.project is None
    assert len(problems) == 1
    assert problems[0].hint


def test_recent_projects_are_listed_newest_first(window: MainWindow, labelled_folder: Path, tmp_path: Path) -> None:
    window.state.open_project(labelled_folder)
    window.state.open_project(tmp_path / "other", "Other")
    assert [action.text() for action in recent(window)] == [str(tmp_path / "other"), str(labelled_folder)]
    recent(window)[1].trigger()
    assert opened(window).folder == labelled_folder
    assert [action.text() for action in recent(window)] == [str(labelled_folder), str(tmp_path / "other")]


def test_opening_the_open_project_again_keeps_it(
    window: MainWindow, labelled_folder: Path, problems: list[AppError]
) -> None:
    window.state.open_project(labelled_folder)
    recent(window)[0].trigger()
    assert opened(window).folder == labelled_folder
    assert problems == []


@pytest.mark.slow
def test_the_demo_opens_by_the_menu_even_twice(
    qtbot: QtBot, window: MainWindow, problems: list[AppError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tour, "make_demo", partial(make_demo, per_class=FEW))
    for _ in range(2):
        window.menus.demo_requested.emit()
        wait_until_idle(qtbot, window)
    assert [row.images for row in opened(window).classes()] == [FEW, FEW, FEW]
    assert problems == []


def test_a_recent_project_that_is_gone_is_not_listed(window: MainWindow, tmp_path: Path) -> None:
    theme.settings().setValue("recent", [str(tmp_path), str(tmp_path / "gone")])
    window.menus.show_recent(window._recent())
    assert [action.text() for action in recent(window)] == [str(tmp_path)]


def test_closing_the_project(qtbot: QtBot, window: MainWindow, labelled_folder: Path) -> None:
    window.state.open_project(labelled_folder)
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert window.state.project is None
    assert window.windowTitle() == "Sightline"
    assert not window.menus._close.isEnabled()
    Project.open(labelled_folder).close()  # it is unlocked
