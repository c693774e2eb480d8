"""The large view: fitting, zooming and panning, with real keys and the real mouse."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.project.records import ClassRow
from ui.widgets.image_view import ImageToShow, ImageView

CLASSES = (ClassRow(1, "dotted", "#0072b2", 0, None, 3),)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Draw a picture of 3,000 × 1,000 pixels."""
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), np.full((1000, 3000, 3), 90, np.uint8))
    return path


@pytest.fixture
def view(qtbot: QtBot, wide: Path) -> ImageView:
    """Show the picture in a view of 600 × 430 pixels."""
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(600, 430)
    with qtbot.waitExposed(view):
        view.show()
    view.show_image(ImageToShow(wide, "wide.png", CLASSES))
    qtbot.waitUntil(lambda: view.shown_path() == wide)
    return view


def turn_wheel(view: ImageView, at: QPoint, degrees: int) -> None:
    place = QPointF(at)
    event = QWheelEvent(
        place, QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, degrees),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_the_whole_image_is_shown_first_and_not_enlarged(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    assert view.zoom_percent() == 20
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.zeros((10, 10, 3), np.uint8))
    view.show_image(ImageToShow(small, "small.png"))
    qtbot.waitUntil(lambda: view.shown_path() == small)
    assert view.zoom_percent() == 100


def test_the_wheel_zooms_around_the_mouse(view: ImageView) -> None:
    at = QPoint(150, 200)
    picture = view._picture()
    assert picture is not None
    before = view._share_at(QPointF(at), picture)
    for _ in range(8):
        turn_wheel(view, at, 120)
    after = view._share_at(QPointF(at), picture)
    assert view.zoom_percent() > 100
    assert after.x() == pytest.approx(before.x(), abs=0.01)
    for _ in range(9):
        turn_wheel(view, at, -120)
    assert view.zoom_percent() == 20


def test_a_large_image_becomes_sharp_where_it_is_zoomed(qtbot: QtBot, view: ImageView, wide: Path) -> None:
    view.show_actual_size()
    view.zoom_by(1)

    def width() -> int:
        picture = view._picture()
        return picture.pixmap.width() if picture else 0

    qtbot.waitUntil(lambda: width() == 3000)
    assert view.shown_path() == wide


def test_dragging_and_shift_arrows_pan_up_to_the_edge(qtbot: QtBot, view: ImageView) -> None:
    view.show_actual_size()
    start = view._centre.x()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    move = QMouseEvent(QEvent.Type.MouseMove, QPointF(200, 200), Qt.MouseButton.NoButton, left, none)
    QApplication.sendEvent(view, move)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert view._centre.x() == pytest.approx(start + 100 / 3000, abs=0.001)
    for _ in range(60):
        qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view._centre.x() == pytest.approx(1 - 300 / 3000)


def test_a_double_click_shows_the_actual_size_and_fits_again(qtbot: QtBot, view: ImageView) -> None:
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    assert view.zoom_percent() == 100
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    assert view.zoom_percent() == 20


def test_neighbours_are_read_beforehand(qtbot: QtBot, view: ImageView, wide: Path, tmp_path: Path) -> None:
    following = tmp_path / "following.png"
    cv2.imwrite(str(following), np.zeros((20, 20, 3), np.uint8))
    view.show_image(ImageToShow(wide, "wide.png", CLASSES), [following])
    qtbot.waitUntil(lambda: following in view._known)
    view.show_image(ImageToShow(following, "following.png"))
    view.repaint()
    assert view.shown_path() == following


def test_a_screen_reader_is_told_name_and_label(view: ImageView) -> None:
    assert view.accessibleDescription() == "wide.png, dotted"


def test_what_cannot_be_read_is_said(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    view.show_image(ImageToShow(broken, "broken.png"))
    qtbot.waitUntil(lambda: view.shown_path() == broken)
    problem = view._known[broken]
    assert isinstance(problem, AppError)
    assert "whatever its name says" in problem.message
