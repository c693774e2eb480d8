"""The window that says whether more images would help: it measures, draws, and carries the curve on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.files import write_json
from app.learning_curve import FILE_NAME, FORMAT
from ui.learning_curve_window import LearningCurveWindow
from ui.run_actions import RunActions
from ui.state import AppState
from ui.widgets.run_list import RunList

LONG_MS = 240_000
STORED = {
    "format": FORMAT,
    "sizes": [50, 100, 200],
    "accuracy": [0.7, 0.8, 0.85],
    "intervals": [[0.65, 0.75], [0.75, 0.85], [0.8, 0.9]],
    "images": 250,
    "law": [0.0, 2.0, 0.5],
    "draws": [[0.0, 2.0, 0.5], [0.01, 2.0, 0.5], [0.0, 2.2, 0.5]],
    "growth": [0.02, 0.1],
}


@pytest.fixture
def window(qtbot: QtBot, state: AppState, labelled_folder: Path) -> Iterator[LearningCurveWindow]:
    """Open the window on a project whose curve was measured before."""
    write_json(labelled_folder / FILE_NAME, STORED)
    state.open_project(labelled_folder)
    window = LearningCurveWindow(state)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)


def test_the_last_curve_is_shown_at_once(qtbot: QtBot, window: LearningCurveWindow) -> None:
    qtbot.waitUntil(lambda: "200 more images" in window.verdict.text())
    assert window.verdict.text() == "200 more images: about +3.2 points (3.2 to 3.5)."
    assert "subsamples of the 250 images" in window.protocol.text()
    assert [name for name, _ in window.plot.lines()][-1] == "measured"
    assert "forecast" in dict(window.plot.lines())


def test_the_number_can_be_changed(qtbot: QtBot, window: LearningCurveWindow) -> None:
    qtbot.waitUntil(lambda: "200 more images" in window.verdict.text())
    window.more.setValue(100)
    assert window.verdict.text().startswith("100 more images: about +2.0 points")
    window.more.setValue(900)
    assert window.verdict.text().startswith("No forecast: 900 more images are more than there are now")


def test_without_growth_nothing_is_carried_on(qtbot: QtBot, window: LearningCurveWindow) -> None:
    qtbot.waitUntil(lambda: "200 more images" in window.verdict.text())
    assert window._curve is not None
    window._on_read(replace(window._curve, growth=(-0.02, 0.06)))
    assert window.verdict.text().startswith("No forecast")
    assert "forecast" not in dict(window.plot.lines())


def test_too_few_images_are_said_in_place(qtbot: QtBot, window: LearningCurveWindow) -> None:
    qtbot.mouseClick(window.measure, Qt.MouseButton.LeftButton)
    assert not window.measure.isEnabled()
    qtbot.waitUntil(lambda: "too few images" in window.verdict.text(), timeout=LONG_MS)
    qtbot.waitUntil(window.measure.isEnabled)


def test_stopping_leaves_the_last_curve(qtbot: QtBot, state: AppState, window: LearningCurveWindow) -> None:
    qtbot.waitUntil(lambda: "200 more images" in window.verdict.text())
    qtbot.mouseClick(window.measure, Qt.MouseButton.LeftButton)
    window.progress.stop_requested.emit()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert window.verdict.text().startswith("200 more images")
    assert window.measure.isEnabled()


def test_it_opens_from_the_train_tab_and_closes_with_the_project(
    qtbot: QtBot, state: AppState, labelled_folder: Path
) -> None:
    runs = RunList()
    actions = RunActions(state, runs)
    for widget in (runs, actions):
        qtbot.addWidget(widget)
    assert not actions.more.isEnabled()
    state.open_project(labelled_folder)
    actions.refresh()
    qtbot.mouseClick(actions.more, Qt.MouseButton.LeftButton)
    window = actions.findChild(LearningCurveWindow)
    assert window is not None
    assert "has not been measured yet" in window.verdict.text()
    with qtbot.waitSignal(window.destroyed):
        state.close_project()
