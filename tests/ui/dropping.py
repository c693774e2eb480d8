"""Drops of files, sent to a widget as the window system would send them."""

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QApplication, QWidget


def drop(widget: QWidget, paths: Sequence[Path]) -> bool:
    """Drag files over a widget and drop them if it takes them; tell whether it did."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return drop_data(widget, data)


def drop_data(widget: QWidget, data: QMimeData) -> bool:
    """Drag anything over a widget and drop it if it takes it; tell whether it did."""
    place: QPoint = widget.rect().center()
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, Qt.DropAction.CopyAction, data, left, plain)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, left, plain)
    QApplication.sendEvent(widget, event)
    return bool(event.isAccepted())
