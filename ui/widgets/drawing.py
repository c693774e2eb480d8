"""A picture that can be painted at any resolution, for saving."""

from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QWidget


@dataclass(frozen=True)
class Drawing:
    """A size in pixels of the screen, what paints it, and a title."""

    size: QSize
    paint: Callable[[QPainter], None]
    title: str

    @classmethod
    def of_widget(cls, widget: QWidget) -> "Drawing":
        """Take a widget as it is seen."""
        return cls(widget.size(), widget.render, widget.accessibleName())
