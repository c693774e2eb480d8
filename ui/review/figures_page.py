"""The linked views of a review: figures on the left, the matrix on the right, and the images behind them below."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QPushButton, QSplitter, QTabWidget, QWidget

from app.evaluation.review import Positions, Review
from ui import theme
from ui.review.calibration import CalibrationView
from ui.review.coverage import CoverageView
from ui.review.curves import CurvesView
from ui.review.images import ImagesView
from ui.review.matrix import MatrixView
from ui.review.scores import ScoresView
from ui.widgets.class_table import ClassTable
from ui.widgets.curve_legend import with_legend
from ui.widgets.drawing import Drawing


class FiguresPage(QSplitter):
    """A click or a drag in any view shows its images; `images` tells what is wished for them."""

    picture_requested = pyqtSignal(object, str)  # a Drawing or a ClassTable, and a name for it

    def __init__(self, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Vertical, parent)
        self._review: Review | None = None
        self.curves = CurvesView()
        self.table = ClassTable()
        self.scores = ScoresView()
        self.calibration = CalibrationView()
        self.coverage = CoverageView()
        self.matrix_view = MatrixView()
        self.images = ImagesView()
        self.save = QPushButton(self.tr("Save…"))
        self.save.setToolTip(self.tr("Save the figure on the left as PNG or SVG, or the classes as a table"))
        self.figures = QTabWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        for view, title in (
            (self.curves, self.tr("Curves")),
            (self.table, self.tr("Classes")),
            (self.scores, self.tr("Scores")),
            (self.calibration, self.tr("Calibration")),
            (self.coverage, self.tr("Coverage")),
        ):
            self.figures.addTab(view, title)
        self.figures.setCornerWidget(self.save)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self.figures)
        upper.addWidget(self.matrix_view)
        upper.setSizes([760, 470])  # so that the table of classes has room in a window of 1280 pixels
        self.addWidget(upper)
        self.addWidget(self.images)
        self.setSizes([400, 210])
        self.setStretchFactor(0, 1)
        for one in (upper, self):
            one.setHandleWidth(2 * theme.SPACE)
            one.setChildrenCollapsible(False)

    def _connect(self) -> None:
        self.figures.currentChanged.connect(self._show_view)
        self.save.clicked.connect(self._on_save_clicked)
        self.matrix_view.save.clicked.connect(self._on_matrix_save_clicked)
        self.table.class_chosen.connect(self._on_table_class_chosen)
        self.curves.class_chosen.connect(self._on_class_chosen)
        for view in (self.curves, self.scores, self.calibration, self.coverage, self.matrix_view):
            view.images_chosen.connect(self.images.show_images)

    def set_review(self, review: Review, digests: Mapping[str, str], cache: Path) -> None:
        """Show another review, once `show_figures` is called."""
        self._review = review
        self.images.set_review(review, digests, cache)

    def show_figures(self) -> None:
        """Draw every figure in sight for the labels of now."""
        if self._review is not None:
            self.matrix_view.show_review(self._review)
            self._show_view()

    @pyqtSlot()
    def _show_view(self) -> None:
        """Draw the view in sight; the others are drawn when they are looked at."""
        if self._review is None or not self._review.used.any():
            return
        view = self.figures.currentWidget()
        if view is self.table:
            self.table.show_figures(self._review.figures.per_class)
        else:
            view.show_review(self._review)

    def show_mistakes(self) -> None:
        """Show the images that were given another class than their own, or that there are none."""
        assert self._review is not None
        mistakes = self._review.mistakes()
        if len(mistakes):
            self.images.show_images(self.tr("All mistakes"), mistakes)
        else:
            everything = np.flatnonzero(self._review.used)
            self.images.show_images(self.tr("No mistakes among the test images"), everything)

    def show_again(self) -> None:
        """Show the images that were shown, of a review that was read anew."""
        positions: Positions = self.images.positions
        self.images.show_images(self.images.title.text(), positions)

    @pyqtSlot(str)
    def _on_table_class_chosen(self, label: str) -> None:
        self.curves.emphasise(label or None)
        self._on_class_chosen(label)

    @pyqtSlot(str)
    def _on_class_chosen(self, label: str) -> None:
        if self._review is not None and label in self._review.labels:
            images = self._review.of_class(self._review.labels.index(label))
            text = self.tr("{0:,} images that are “{1}”, or were called so")
            self.images.show_images(text.format(len(images), label), images)

    @pyqtSlot()
    def _on_save_clicked(self) -> None:
        view = self.figures.currentWidget()
        if view is self.table:
            self.picture_requested.emit(self.table, "classes")
        elif view is self.curves:
            self.picture_requested.emit(with_legend(self.curves.plot, self.curves.legend), "figure")
        else:
            self.picture_requested.emit(Drawing.of_widget(view), "figure")

    @pyqtSlot()
    def _on_matrix_save_clicked(self) -> None:
        self.picture_requested.emit(self.matrix_view.matrix.drawing(), "confusion-matrix")
