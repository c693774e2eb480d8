"""The canvas of every plot: no menu, no buttons of its own, and a double click asks for the whole plot."""

import pyqtgraph
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtGui import QMouseEvent


class PlotCanvas(pyqtgraph.PlotWidget):
    """A plot that leaves its menu and buttons away."""

    whole_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setMenuEnabled(False)
        self.hideButtons()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the whole plot."""
        super().mouseDoubleClickEvent(event)
        self.whole_requested.emit()
