"""The confusion matrix with its choices: what the numbers are, the order of the classes, and their size."""

import numpy as np
from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.evaluation.charts import confused_together, most_confused_first
from app.evaluation.review import Review
from ui import theme
from ui.widgets.confusion_matrix import COLUMN_SHARES, COUNTS, ROW_SHARES, ConfusionMatrix

AS_LISTED, WORST_FIRST, TOGETHER = "listed", "worst", "together"
MANY_CLASSES = 10  # more of them may not be readable at once


class MatrixView(QWidget):
    """Emits the images of the cell that is chosen."""

    images_chosen = pyqtSignal(str, object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self.mode = QComboBox()
        for title, mode in (
            (self.tr("Counts"), COUNTS),
            (self.tr("% of row"), ROW_SHARES),
            (self.tr("% of column"), COLUMN_SHARES),
        ):
            self.mode.addItem(title, mode)
        self.mode.setAccessibleName(self.tr("Numbers in the matrix"))
        self.order = QComboBox()
        for title, order in (
            (self.tr("As in the class list"), AS_LISTED),
            (self.tr("Most mistakes first"), WORST_FIRST),
            (self.tr("Confused classes together"), TOGETHER),
        ):
            self.order.addItem(title, order)
        self.order.setAccessibleName(self.tr("Order of the classes"))
        self.whole = QCheckBox(self.tr("Whole matrix"))
        self.whole.setToolTip(self.tr("See all classes at once, or at a size that can be read"))
        self.whole.hide()
        self.matrix = ConfusionMatrix()
        self.matrix.set_readable(True)
        self.save = QPushButton(self.tr("Save…"))
        self.save.setToolTip(self.tr("Save the confusion matrix as PNG or SVG"))
        row = QHBoxLayout()
        for widget in (self.mode, self.order, self.whole):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.matrix, 1)
        self.mode.currentIndexChanged.connect(self._on_mode_changed)
        self.order.currentIndexChanged.connect(self._on_order_changed)
        self.whole.toggled.connect(self._on_whole_toggled)
        self.matrix.cell_chosen.connect(self._on_matrix_cell_chosen)

    def show_review(self, review: Review) -> None:
        """Count the images of now; classes keep their places until another order is chosen."""
        fresh = self._review is not review
        self._review = review
        self.matrix.show_counts(review.labels, review.figures.confusion)
        if fresh:
            self.matrix.forget_choice()
            self.whole.setVisible(len(review.labels) > MANY_CLASSES)
            self.whole.setChecked(False)
            self._on_order_changed()

    @pyqtSlot()
    def _on_mode_changed(self) -> None:
        self.matrix.set_mode(self.mode.currentData())

    @pyqtSlot()
    def _on_order_changed(self) -> None:
        if self._review is None:
            return
        confusion = np.array(self._review.figures.confusion, np.int64)
        order = list(range(len(self._review.labels)))
        if self.order.currentData() == WORST_FIRST:
            order = most_confused_first(confusion)
        elif self.order.currentData() == TOGETHER:
            order = confused_together(confusion)
        self.matrix.set_order(order)

    @pyqtSlot(bool)
    def _on_whole_toggled(self, whole: bool) -> None:
        self.matrix.set_readable(not whole)

    @pyqtSlot(int, int)
    def _on_matrix_cell_chosen(self, true: int, predicted: int) -> None:
        if self._review is None:
            return
        images, labels = self._review.of_cell(true, predicted), self._review.labels
        if not len(images):
            title = self.tr("No image of “{0}” was called “{1}”").format(labels[true], labels[predicted])
        elif true == predicted:
            title = self.tr("{0} images of “{1}”, recognised").format(len(images), labels[true])
        else:
            text = self.tr("{0} images of “{1}” that were called “{2}”")
            title = text.format(len(images), labels[true], labels[predicted])
        self.images_chosen.emit(title, images)
