"""The names of the curves beside a plot; choosing one emphasises it."""

from collections.abc import Sequence

from PyQt5.QtCore import QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QIcon, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import QListWidget, QListWidgetItem, QWidget

WIDTH = 150
SAMPLE = QSize(32, 14)


class CurveLegend(QListWidget):
    """A sample of each line and its name."""

    curve_chosen = pyqtSignal(str)  # empty when none is

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setIconSize(SAMPLE)
        self.setAccessibleName(self.tr("Curves"))
        self.itemSelectionChanged.connect(self._on_selection_changed)
        self.itemClicked.connect(self._on_item_clicked)
        self._pressed: QListWidgetItem | None = None

    def show_lines(self, lines: Sequence[tuple[str, QPen]]) -> None:
        """List the curves."""
        self.clear()
        self._pressed = None
        for name, pen in lines:
            item = QListWidgetItem(_sample(pen), name)
            item.setToolTip(name)
            self.addItem(item)

    @pyqtSlot()
    def _on_selection_changed(self) -> None:
        chosen = self.selectedItems()
        self.curve_chosen.emit(chosen[0].text() if chosen else "")

    @pyqtSlot(QListWidgetItem)
    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        """A second click on the same name shows all curves alike again."""
        if item is self._pressed:
            self.clearSelection()
            self._pressed = None
        else:
            self._pressed = item


def _sample(pen: QPen) -> QIcon:
    pixmap = QPixmap(SAMPLE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(pen)
    painter.drawLine(0, SAMPLE.height() // 2, SAMPLE.width(), SAMPLE.height() // 2)
    painter.end()
    return QIcon(pixmap)
