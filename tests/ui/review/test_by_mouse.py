"""The whole way in the real window, by real mouse and keys: drag a threshold, click a cell, fix a label, undo."""

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.mouse import drag
from tests.ui.reviewing import click, click_cell, click_image, place_on, plant
from ui.main_window import LABEL, REVIEW, MainWindow
from ui.review_tab import ReviewTab

LONG_MS = 60_000


def test_drag_click_fix_and_undo(
    qtbot: QtBot, window: MainWindow, trained_folder: Path, focused: Callable[[], None]
) -> None:
    plant(trained_folder / "runs" / "1")
    window.state.open_project(trained_folder)
    bar = window._tab_widget.tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(REVIEW).center())
    tab: ReviewTab = window._tabs[REVIEW]
    qtbot.waitUntil(lambda: tab._review is not None and not window.state.jobs.running, timeout=LONG_MS)
    review, page = tab._review, tab._page
    assert review is not None

    curve = review.figures.per_class[0].pr
    assert curve is not None
    places = [
        place_on(page.curves.plot, curve.x[point], curve.y[point]) for point in (len(curve.x) // 2, len(curve.x) - 3)
    ]
    drag(qtbot, page.curves.plot._plot.viewport(), places)
    name, threshold = page.curves._threshold or ("", 0.0)
    number = review.labels.index(name)
    behind = review.together(review.false_alarms(number, threshold), review.missed(number, threshold))
    assert {image.path for image in page.images.gallery.images()} == {review.image(one).path for one in behind}

    click_cell(qtbot, tab, 0, 1)
    assert page.images.title.text() == "4 images of “dotted” that were called “leopard”"
    before = tab._head.accuracy.text()
    click_image(qtbot, tab, 0)
    click(qtbot, page.images.agree)
    assert review.figures.confusion[0][1] == 3
    assert tab._head.accuracy.text() != before
    assert "the model does not, until you train again" in tab._head.note.text()

    window.activateWindow()
    focused()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not tab._head.note.isVisible(), timeout=LONG_MS)
    assert tab._head.accuracy.text() == before
    assert tab._review is not None
    assert tab._review.changes.relabelled == 0

    click(qtbot, page.images.send)
    assert window._tab_widget.currentIndex() == LABEL
    qtbot.waitUntil(lambda: not window.state.jobs.running, timeout=LONG_MS)
