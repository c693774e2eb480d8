"""What tests of the Review tab share: planted mistakes, where things are, and clicks on them."""

from pathlib import Path

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.engines.snapshot import read_snapshot
from app.evaluation.metrics import evaluate
from app.evaluation.report import Evaluation, load_evaluation, write_evaluation
from app.project.records import RunRow
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.widgets.curve_plot import CurvePlot

SURE = 0.9
UNSURE = 0.5


def plant(run_folder: Path, mistakes: int = 4) -> Evaluation:
    """Store an evaluation of all images of a run: the first of each class are called the next class, less and less."""
    snapshot = read_snapshot(run_folder)
    truth = np.array([image.label for image in snapshot.images])
    classes = len(snapshot.classes)
    probabilities = np.empty((len(truth), classes))
    seen = [0] * classes
    for place, label in enumerate(truth.tolist()):
        wrong = seen[label] < mistakes
        best = (label + 1) % classes if wrong else label
        share = SURE - 0.02 * seen[label]
        probabilities[place] = (1 - share) / (classes - 1)
        probabilities[place, best] = share
        seen[label] += 1
    paths = [image.path for image in snapshot.images]
    found = evaluate(probabilities, truth, snapshot.classes, paths, "Planted.", temperature=1.5)
    write_evaluation(run_folder, found)
    return found


def stored(state: AppState) -> Evaluation:
    assert state.project is not None
    return load_evaluation(state.project.run_folder(newest(state).number))


def newest(state: AppState) -> RunRow:
    assert state.project is not None
    return state.project.runs()[0]


def click_cell(qtbot: QtBot, review: ReviewTab, true: int, predicted: int) -> None:
    place: QPoint = review._page.matrix_view.matrix.cell_rect(true, predicted).center()
    qtbot.mouseClick(review._page.matrix_view.matrix, Qt.MouseButton.LeftButton, pos=place)


def legend_place(review: ReviewTab, row: int) -> QPoint:
    place: QPoint = review._page.curves.legend.visualItemRect(review._page.curves.legend.item(row)).center()
    return place


def look_at(tab: ReviewTab, view: QWidget) -> None:
    tab._page.figures.setCurrentWidget(view)
    QApplication.processEvents()


def place_on(plot: CurvePlot, x: float, y: float) -> QPoint:
    box = plot._plot.getPlotItem().getViewBox()
    place: QPoint = plot._plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    return place


def shown_paths(tab: ReviewTab) -> set[str]:
    return {image.path for image in tab._page.images.gallery.images()}


def click_image(
    qtbot: QtBot, tab: ReviewTab, row: int, key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    gallery = tab._page.images.gallery
    place = gallery.visualRect(gallery.model().index(row, 0)).center()
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, key, place)


def click(qtbot: QtBot, button: QWidget) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
