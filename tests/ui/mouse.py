"""A mouse that waits until its moves have arrived: they go through the display, and clicks do not."""

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt
from PyQt5.QtGui import QCursor, QMouseEvent
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

LONG_MS = 60_000


class _Moves(QObject):
    """Remembers where a widget heard of the mouse."""

    def __init__(self, widget: QWidget):
        super().__init__(widget)
        self.places: list[QPoint] = []
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self.places.append(event.pos())
        return False


def move(qtbot: QtBot, widget: QWidget, place: QPoint) -> None:
    """Move the mouse to a place in a widget, which has heard of it afterwards."""
    if QCursor.pos() == widget.mapToGlobal(place):
        return
    moves = _Moves(widget)
    qtbot.mouseMove(widget, place)
    qtbot.waitUntil(lambda: place in moves.places, timeout=LONG_MS)
    widget.removeEventFilter(moves)


def drag(qtbot: QtBot, widget: QWidget, places: list[QPoint]) -> None:
    """Drag with the left button from the first place through all others to the last."""
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        move(qtbot, widget, place)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=places[-1])
