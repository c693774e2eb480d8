"""A table of figures that sorts by their values, not by how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ui import theme

NUMBER_ALIGNMENT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
TEXT_ALIGNMENT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
KEY_ROLE = Qt.ItemDataRole.UserRole
PLACE_ROLE = KEY_ROLE + 1  # of the row, as it was given


@dataclass(frozen=True)
class Cell:
    """What is written, what it is sorted by (a number is written to the right), and a token of its colour."""

    text: str
    key: float | str | None = None
    colour: str = ""
    help: str = ""


class FigureTable(QTableWidget):
    """Rows of cells; `row_chosen` has the place of a row in the order it was given, or -1.

    The first column takes spare room if it is said to, else the last.
    """

    row_chosen = pyqtSignal(int)

    def __init__(self, first_is_wide: bool = False, parent: QWidget | None = None):
        super().__init__(parent)
        self._first_is_wide = first_is_wide
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(not first_is_wide)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as given
        self.itemSelectionChanged.connect(self._on_selection_changed)
        theme.signals.changed.connect(self._recolour)

    def show_rows(self, titles: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]]) -> None:
        """Show rows under titles, each with its help; the chosen row stays chosen."""
        chosen = self.chosen()
        self.blockSignals(True)
        self.setSortingEnabled(False)
        self.setColumnCount(len(titles))
        self.setRowCount(len(rows))
        for column, (title, help_text) in enumerate(titles):
            item = QTableWidgetItem(title)
            item.setToolTip(help_text)
            numbers = any(isinstance(row[column].key, float | int) for row in rows)
            item.setTextAlignment(NUMBER_ALIGNMENT if numbers else TEXT_ALIGNMENT)
            self.setHorizontalHeaderItem(column, item)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                self.setItem(place, column, _Item(cell, place))
        if self._first_is_wide:
            self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self._choose(chosen)
        self.blockSignals(False)

    def chosen(self) -> int:
        """Return the place of the chosen row, -1 without one."""
        items = self.selectedItems()
        return int(items[0].data(PLACE_ROLE)) if items else -1

    def _choose(self, place: int) -> None:
        self.clearSelection()
        for row in range(self.rowCount()):
            if self.item(row, 0).data(PLACE_ROLE) == place:
                self.selectRow(row)

    @pyqtSlot()
    def _on_selection_changed(self) -> None:
        self.row_chosen.emit(self.chosen())

    @pyqtSlot()
    def _recolour(self) -> None:
        for row in range(self.rowCount()):
            for column in range(self.columnCount()):
                item = self.item(row, column)
                if isinstance(item, _Item):
                    item.recolour()


class _Item(QTableWidgetItem):
    def __init__(self, cell: Cell, place: int):
        super().__init__(cell.text)
        self.cell = cell
        self.setData(PLACE_ROLE, place)
        self.setToolTip(cell.help)
        self.setTextAlignment(NUMBER_ALIGNMENT if isinstance(cell.key, float | int) else TEXT_ALIGNMENT)
        self.recolour()

    def recolour(self) -> None:
        """Take the colour of the theme that is shown."""
        if self.cell.colour:
            self.setForeground(theme.colour(self.cell.colour))

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, others = self.cell.key, getattr(other, "cell", self.cell).key
        if isinstance(mine, float | int) and isinstance(others, float | int):
            return mine < others
        if mine is None and others is None:
            return self.text() < other.text()
        return isinstance(others, float | int) or (isinstance(mine, str) and isinstance(others, str) and mine < others)
