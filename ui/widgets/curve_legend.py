"""The names of the curves beside a plot; choosing one emphasises it."""

from collections.abc import Sequence
from functools import partial

from PyQt5.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QIcon, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ui import theme
from ui.widgets.curve_plot import CurvePlot
from ui.widgets.drawing import Drawing

WIDTH = 150
SAMPLE = QSize(32, 14)


class CurveLegend(QListWidget):
    """A sample of each line and its name."""

    curve_chosen = pyqtSignal(str)  # empty when none is

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setIconSize(SAMPLE)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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


def with_legend(plot: CurvePlot, legend: CurveLegend) -> Drawing:
    """Return a plot and beside it the names of all curves that are drawn, none of them cut."""
    lines, metrics = plot.lines(), legend.fontMetrics()
    names = max((metrics.horizontalAdvance(name) for name, _ in lines), default=0)
    beside = 3 * theme.SPACE + SAMPLE.width() + names
    size = QSize(plot.width() + beside, max(plot.height(), len(lines) * _row_height(legend)))
    return Drawing(size, partial(_paint_with_legend, plot, legend), plot.accessibleName() or legend.accessibleName())


def _paint_with_legend(plot: CurvePlot, legend: CurveLegend, painter: QPainter) -> None:
    plot.render(painter, QPoint(0, 0))
    painter.setFont(legend.font())
    high = _row_height(legend)
    for row, (name, pen) in enumerate(plot.lines()):
        left, middle = plot.width() + theme.SPACE, row * high + high // 2
        painter.setPen(pen)
        painter.drawLine(left, middle, left + SAMPLE.width(), middle)
        painter.setPen(theme.colour("text"))
        place = QRect(left + SAMPLE.width() + theme.SPACE, row * high, 0, high)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip), name)


def _row_height(legend: CurveLegend) -> int:
    return int(legend.fontMetrics().height()) + theme.SPACE // 2
