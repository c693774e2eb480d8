"""The Review tab at its limits: one image, all right, all wrong, two hundred classes, files that are gone."""

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.engines.snapshot import SPEC_FILE
from app.evaluation.metrics import evaluate
from app.evaluation.report import FILE_NAME, load_evaluation, write_evaluation
from tests.ui.reviewing import click, look_at, plant
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.widgets.image_view import ImageView

NARROW = 1280  # pixels of the narrowest window that everything has to fit into


@pytest.mark.parametrize("mistakes", [0, 14])
def test_all_right_and_all_wrong_are_drawn_everywhere(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path, mistakes: int
) -> None:
    plant(trained_folder / "runs" / "1", mistakes)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    assert tab._head.accuracy.text() == ("100.0%" if mistakes == 0 else "0.0%")
    for index in range(tab._page.figures.count()):
        tab._page.figures.setCurrentIndex(index)
        assert not tab.grab().isNull()
    assert tab._page.coverage._words.text().startswith("All answers are " + ("right" if mistakes == 0 else "wrong"))
    if mistakes == 0:
        assert tab._page.images.title.text() == "No mistakes among the test images"


def test_two_hundred_classes_one_of_them_without_images(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(200, 0.02), 400) + 1e-6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = [f"class {number}" for number in range(200)]
    truth = np.where(np.arange(400) % 200 == 7, 8, np.arange(400) % 200)
    found = evaluate(probabilities, truth, labels, [f"{place}.jpg" for place in range(400)])
    write_evaluation(trained_folder / "runs" / "1", found)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=30_000)
    matrix = tab._page.matrix_view.matrix
    assert matrix.cell_rect(0, 0).height() >= matrix.fontMetrics().height()
    click(qtbot, tab._page.matrix_view.whole)
    assert matrix.is_in_sight(199, 199)
    assert [name for name, _ in tab._page.curves.plot.lines()] == ["all (micro)", "mean (macro)"]
    tab._page.curves.legend.setCurrentRow(3)
    assert {name for name, _ in tab._page.curves.plot.lines()} == {"class 3", "all (micro)", "mean (macro)"}
    assert tab._page.curves.missing.text() == "No curve of “class 7”: there is no image of the class."
    look_at(tab, tab._page.table)
    assert [tab._page.table.item(row, 3).text() for row in range(200)].count("–") == 1
    assert not tab._page.images.agree.isEnabled()


def test_one_test_image(qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path) -> None:
    found = evaluate(np.array([[0.7, 0.2, 0.1]]), np.array([0]), ["dotted", "leopard", "striped"], ["gone.jpg"])
    write_evaluation(trained_folder / "runs" / "1", found)
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None, timeout=20_000)
    assert tab._head.offer.text().startswith("Only one image: it says next to nothing.")
    for index in range(tab._page.figures.count()):
        tab._page.figures.setCurrentIndex(index)
        assert not tab.grab().isNull()
    look_at(tab, tab._page.curves)
    assert tab._page.curves.missing.text() == "No curve of “leopard”, “striped”: there is no image of the class."
    qtbot.keyClick(tab._page.curves.kind, Qt.Key.Key_Down)
    assert tab._page.curves.missing.text().endswith("it needs images of the class and of others.")
    look_at(tab, tab._page.calibration)
    assert tab._page.calibration._words.text().endswith("Of so few images the points say little.")
    look_at(tab, tab._page.coverage)
    _, top = tab._page.coverage.plot._plot.getPlotItem().getViewBox().viewRange()[1]
    assert top < 1.1
    assert tab.minimumSizeHint().width() <= NARROW
    lines = tab._head.line.intervals
    assert lines.toolTip() == lines.text()


def test_figures_are_shown_without_the_snapshot_too(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path
) -> None:
    (trained_folder / "runs" / "1" / SPEC_FILE).unlink()
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    first = tab._page.images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert not first.data(Qt.DecorationRole).isNull()


def test_an_image_that_is_gone_is_said_in_its_place(
    qtbot: QtBot, state: AppState, tab: ReviewTab, trained_folder: Path, tmp_path: Path
) -> None:
    """The figures stand on their own; only the picture is missing."""
    stored_file = next(trained_folder.glob(f"runs/*/{FILE_NAME}"))
    text = stored_file.read_text(encoding="utf-8")
    folder = Path(load_evaluation(stored_file.parent).predictions[0].path).parent.parent
    stored_file.write_text(text.replace(folder.as_posix(), (tmp_path / "gone").as_posix()), encoding="utf-8")
    state.open_project(trained_folder)
    qtbot.waitUntil(lambda: tab._review is not None)
    first = tab._page.images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert first.data(Qt.DecorationRole).isNull()
    for role in (Qt.DisplayRole, Qt.ToolTipRole):
        assert first.data(role).endswith("\nThe file is not there any more.")
    tab._page.images.gallery.activated.emit(first)
    view = tab.findChild(QDialog).findChild(ImageView)
    qtbot.waitUntil(lambda: view.shown_path() is not None)
    view.close_requested.emit()
