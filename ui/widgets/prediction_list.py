"""The table of predictions below a line to filter it by."""

from PyQt5.QtCore import QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.prediction_model import ALL, BAD, GOOD, KNOWN, STRANGE, UNCERTAIN, PredictionModel
from ui.widgets.prediction_table import PredictionTable

PAUSE_MS = 150  # in typing, before the table follows


class PredictionList(QWidget):
    """Filters by a text in name or label, and by what the model's rule says; tells which result the keyboard is on."""

    result_chosen = pyqtSignal(object)

    def __init__(self, model: PredictionModel, parent: QWidget | None = None):
        super().__init__(parent)
        self._model = model
        self.table = PredictionTable(model)
        self.text = QLineEdit(placeholderText=self.tr("Part of a file name or label"), clearButtonEnabled=True)
        self.text.setAccessibleName(self.tr("Filter by file name or label"))
        self.kind = QComboBox()
        for title, kind in (
            (self.tr("All"), ALL),
            (self.tr("Accepted"), GOOD),
            (self.tr("Unknown"), STRANGE),
            (self.tr("Unsure"), UNCERTAIN),
            (self.tr("Unreadable"), BAD),
        ):
            self.kind.addItem(title, kind)
        self.kind.setAccessibleName(self.tr("Which answers"))
        self._count = QLabel(objectName="muted")
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self.text, 1)
        top.addWidget(self.kind)
        top.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        self.text.textChanged.connect(self._timer.start)
        self._timer.timeout.connect(self._filter)
        self.kind.currentIndexChanged.connect(self._filter)
        model.counted.connect(self._show_count)
        self.table.result_chosen.connect(self.result_chosen)

    def show_all(self) -> None:
        """Forget the filter."""
        self.text.clear()
        self.kind.setCurrentIndex(KNOWN.index(ALL))
        self._filter()

    @pyqtSlot()
    def _filter(self) -> None:
        self._timer.stop()
        self._model.set_filter(self.text.text().strip(), self.kind.currentData())

    @pyqtSlot()
    def _show_count(self) -> None:
        shown, there = self._model.rowCount(), len(self._model.results())
        self._count.setVisible(shown != there)
        self._count.setText("" if shown == there else self.tr("{0:,} of {1:,}").format(shown, there))
