"""Precision, recall and more for each class, sortable."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.evaluation.report import ClassFigures, Interval

NAME_WIDTH = 96  # pixels at first; the user may drag it
LEAST_WIDTH = 40
NARROW = "QTableView::item { padding: 0 2px; } QHeaderView::section { padding: 6px 5px; }"  # all columns in 1280 pixels
NUMBER_ALIGNMENT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ClassTable(QTableWidget):
    """A row per class; choosing one emphasises its curve."""

    class_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(0, 7, parent)
        self.figures: Sequence[ClassFigures] = ()
        self.setHorizontalHeaderLabels(
            [
                self.tr("Class"),
                self.tr("Images"),
                self.tr("Precision"),
                self.tr("Recall"),
                self.tr("F1"),
                self.tr("AP"),
                self.tr("ROC AUC"),
            ]
        )
        for column, text in (
            (2, self.tr("Of the images called this class, how many are.")),
            (3, self.tr("Of the images of this class, how many were called so.")),
            (4, self.tr("The harmonic mean of precision and recall.")),
            (5, self.tr("Average precision: precision at each threshold, weighted by the recall that it adds.")),
            (6, self.tr("How often an image of the class scores higher than one of another class.")),
        ):
            self.horizontalHeaderItem(column).setToolTip(text)
        self.horizontalHeaderItem(0).setTextAlignment(int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter))
        for column in range(1, self.columnCount()):
            self.horizontalHeaderItem(column).setTextAlignment(NUMBER_ALIGNMENT)
        self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setStyleSheet(NARROW)
        self.horizontalHeader().setMinimumSectionSize(LEAST_WIDTH)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().resizeSection(0, NAME_WIDTH)
        self.setAccessibleName(self.tr("Figures of each class"))
        self.itemSelectionChanged.connect(self._on_selection_changed)

    def show_figures(self, figures: Sequence[ClassFigures]) -> None:
        """List the classes."""
        self.figures = figures
        chosen = self.selectionModel().selectedRows()
        label = self.item(chosen[0].row(), 0).text() if chosen else None
        self.blockSignals(True)
        self.setSortingEnabled(False)
        self.setRowCount(len(figures))
        for row, one in enumerate(figures):
            name = QTableWidgetItem(one.label)
            name.setToolTip(one.label)
            self.setItem(row, 0, name)
            self._set_number(row, 1, one.images, f"{one.images:,}")
            self._set_number(row, 2, one.precision, _share(one.precision), one.precision_interval)
            self._set_number(row, 3, one.recall, _share(one.recall), one.recall_interval)
            self._set_number(row, 4, one.f1, _share(one.f1), one.f1_interval)
            self._set_number(
                row, 5, one.average_precision, _share(one.average_precision), one.average_precision_interval
            )
            self._set_number(row, 6, one.roc_auc, _share(one.roc_auc), one.roc_auc_interval)
        self.setSortingEnabled(True)
        for row in range(self.rowCount()):
            if self.item(row, 0).text() == label:
                self.selectRow(row)
        self.blockSignals(False)

    def _set_number(
        self, row: int, column: int, value: float | None, text: str, interval: Interval | None = None
    ) -> None:
        item = _NumberItem(text, -1.0 if value is None else value)
        item.setTextAlignment(NUMBER_ALIGNMENT)
        if interval is not None:
            item.setText(f"{value:.0%} ({100 * interval[0]:.0f}–{100 * interval[1]:.0f})")
            words = self.tr("95% interval {0:.1%} to {1:.1%}").format(*interval)
            item.setToolTip(f"{text}, {words}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text}, {words}")
        elif value is None:
            item.setToolTip(self.tr("There are no images to compute it from."))
        self.setItem(row, column, item)

    @pyqtSlot()
    def _on_selection_changed(self) -> None:
        rows = self.selectionModel().selectedRows()
        self.class_chosen.emit(self.item(rows[0].row(), 0).text() if rows else "")


class _NumberItem(QTableWidgetItem):
    def __init__(self, text: str, value: float):
        super().__init__(text)
        self.value = value

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return self.value < other.value if isinstance(other, _NumberItem) else bool(super().__lt__(other))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
