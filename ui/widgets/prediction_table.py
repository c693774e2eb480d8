"""The table of predictions: sortable, and walked through with the keyboard."""

from PyQt5.QtCore import QModelIndex, QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui.widgets.prediction_model import (
    CONFIDENCE,
    FILE,
    ICON_SIDE,
    LABEL,
    RESULT_ROLE,
    SECOND,
    UNSORTED,
    PredictionModel,
)

COLUMN_WIDTHS = {CONFIDENCE: 110, SECOND: 220}


class PredictionTable(QTableView):
    """Shows a PredictionModel, sortable; says which result the keyboard is on."""

    result_chosen = pyqtSignal(object)

    def __init__(self, model: PredictionModel, parent: QWidget | None = None):
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setSortingEnabled(True)
        self.sortByColumn(UNSORTED, Qt.SortOrder.AscendingOrder)
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ICON_SIDE + 8)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (FILE, LABEL):
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in COLUMN_WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setAccessibleName(self.tr("Predictions"))
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def choose(self, number: int) -> None:
        """Put the keyboard on a result, by its number among those that came, if it is shown."""
        row = self._model.row_of(number)
        if row is not None:
            self.setCurrentIndex(self._model.index(row, FILE))

    def _on_current_row_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.result_chosen.emit(current.data(RESULT_ROLE))
