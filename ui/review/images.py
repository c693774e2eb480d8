"""The images behind a figure: looked at, explained, and their labels corrected in place."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QModelIndex, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.evaluation.review import LEAST_SURE, MARGIN, MOST_SURE, MOST_WRONG, NO_IMAGE, Positions, Review
from ui import theme
from ui.review.why import Why
from ui.widgets.gallery import Gallery
from ui.widgets.prediction_bars import PredictionBars

GUESSES = 2
PANEL_WIDTH = 400


class ImagesView(QWidget):
    """Shows positions of a review; asks for other labels, exclusion, the Label tab and a table."""

    label_requested = pyqtSignal(object, int)  # positions, number of the class
    exclude_requested = pyqtSignal(object)
    label_tab_requested = pyqtSignal(object)
    table_requested = pyqtSignal(object)
    large_requested = pyqtSignal(int)  # row

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._review: Review | None = None
        self._positions: Positions = np.zeros(0, np.int64)
        self._name, self._then = "", np.zeros(0, np.int64)  # of what is shown; the labels when it was
        self.title = QLabel(objectName="heading")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.order = QComboBox()
        for title, order in (
            (self.tr("Most wrong first"), MOST_WRONG),
            (self.tr("Smallest margin first"), MARGIN),
            (self.tr("Least sure first"), LEAST_SURE),
            (self.tr("Surest first"), MOST_SURE),
        ):
            self.order.addItem(title, order)
        self.order.setAccessibleName(self.tr("Order of the images"))
        self.gallery = Gallery()
        self._words = QLabel(wordWrap=True)
        self._bars = PredictionBars()
        self.label = QComboBox()
        self.label.setAccessibleName(self.tr("Label of the selected images"))
        self.agree = QPushButton(self.tr("The model is right"))
        self.agree.setToolTip(self.tr("Give the selected images the class that the model gave them"))
        self.large = QPushButton(self.tr("Heat map…"))
        self.large.setToolTip(self.tr("See the image large, and which parts of it speak for a class (double click)"))
        self.exclude = QPushButton(self.tr("Exclude"))
        self.exclude.setToolTip(self.tr("Leave the selected images out of training and testing, or take them back"))
        self.send = QPushButton(self.tr("Show in Label tab"))
        self.copy = QPushButton(self.tr("Copy list"))
        self.copy.setToolTip(self.tr("Copy the paths of the selected images, or of all that are shown"))
        self.table = QPushButton(self.tr("Save table…"))
        self.why = Why()
        self._panel = QWidget()
        self._lay_out()
        self._connect()
        self._show_selected()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for widget in (self.order, self.large, self.exclude, self.send, self.copy, self.table):
            top.addWidget(widget)
        choice = QLabel(self.tr("Label"))
        choice.setBuddy(self.label)
        right = QGridLayout()
        right.setVerticalSpacing(theme.SPACE // 2)
        right.addWidget(choice, 0, 0)
        right.addWidget(self.label, 0, 1)
        right.addWidget(self.agree, 1, 0, 1, 2)
        right.setColumnStretch(1, 1)
        right.setRowStretch(2, 1)
        upper = QHBoxLayout()
        upper.setSpacing(2 * theme.SPACE)
        upper.addWidget(self._bars, 1)
        upper.addLayout(right, 1)
        inner = QVBoxLayout(self._panel)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.SPACE // 2)
        inner.addWidget(self._words)
        inner.addLayout(upper)
        inner.addWidget(self.why, 1)
        self._panel.setFixedWidth(PANEL_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(self.gallery, 1)
        row.addWidget(self._panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(row, 1)

    def _connect(self) -> None:
        self.order.currentIndexChanged.connect(self._on_order_changed)
        self.gallery.selection_changed.connect(self._show_selected)
        self.gallery.activated.connect(self._on_gallery_activated)
        self.label.activated.connect(self._on_label_activated)
        self.agree.clicked.connect(self._on_agree_clicked)
        self.large.clicked.connect(self._on_large_clicked)
        self.exclude.clicked.connect(self._on_exclude_clicked)
        self.send.clicked.connect(self._on_send_clicked)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.table.clicked.connect(self._on_table_clicked)

    # -- what is shown

    def set_review(self, review: Review, digests: Mapping[str, str], cache: Path) -> None:
        """Show images of this review, with pictures from a project's cache."""
        self._review = review
        self.label.clear()
        self.label.addItems(review.labels)
        self.gallery.set_source(digests, cache)
        self.why.set_source(review.labels, review.trained_for, digests, cache)

    def show_images(self, title: str, positions: Positions) -> None:
        """Show these images, in the chosen order."""
        assert self._review is not None
        self._positions = self._review.ordered(positions, self.order.currentData())
        self._name, self._then = title, self._review.truth[self._positions]
        self._show_title(0)
        self.gallery.show_images(self._review.images(self._positions), self._review.labels)
        self._show_selected()

    @property
    def positions(self) -> Positions:
        """Return which images are shown."""
        return self._positions

    def renew(self) -> None:
        """Show the same images with their labels of now."""
        if self._review is not None:
            self.gallery.renew(self._review.images(self._positions))
            self._show_title(int((self._review.truth[self._positions] != self._then).sum()))
            self._show_words()

    def _show_title(self, changed: int) -> None:
        since = self.tr("{0}; {1:,} changed since").format(self._name, changed)
        self.title.setText(since if changed else self._name)
        self.title.setToolTip(self.title.text())

    def _selected(self) -> Positions:
        return self._positions[self.gallery.selected_rows()]

    def _selected_or_all(self) -> Positions:
        chosen = self._selected()
        return chosen if len(chosen) else self._positions

    @pyqtSlot()
    def _show_selected(self) -> None:
        chosen = self._selected()
        self._show_words()
        one = len(chosen) == 1 and self._review is not None
        self.why.show_path(self._review.image(int(chosen[0])).path if one and self._review is not None else None)

    def _show_words(self) -> None:
        chosen = self._selected()
        review = self._review
        known = review is not None and len(chosen) > 0 and bool((review.image_ids[chosen] != NO_IMAGE).all())
        foreign = review is not None and not bool((review.image_ids != NO_IMAGE).any())
        for widget in (self.label, self.agree, self.exclude):
            widget.setEnabled(known)
        self.large.setEnabled(len(chosen) == 1)
        left_out = review is not None and known and bool(review.excluded[chosen].all())
        self.exclude.setText(self.tr("Take back") if left_out else self.tr("Exclude"))
        for widget in (self.copy, self.table):
            widget.setEnabled(len(self._positions) > 0)
        self.send.setEnabled(review is not None and bool((review.image_ids[self._positions] != NO_IMAGE).any()))
        if review is None or not len(chosen):
            others = self.tr("Select an image to see why. To correct labels, add these images to the project.")
            own = self.tr("Select an image to see why, or to correct its label.")
            self._words.setText(others if foreign else own)
            self.label.setCurrentIndex(-1)
            self._bars.show_predictions([])
            return
        truths = {review.image(int(position)).truth for position in chosen}
        self.label.setCurrentIndex(truths.pop() if len(truths) == 1 else -1)
        if len(chosen) > 1:
            self._words.setText(self.tr("{0:,} images selected").format(len(chosen)))
            self._bars.show_predictions([])
            return
        self._describe(review, int(chosen[0]))

    def _describe(self, review: Review, position: int) -> None:
        image = review.image(position)
        given, called = review.labels[image.truth], review.labels[image.predicted]
        if review.excluded[position]:
            text = self.tr("Excluded; it was “{0}”").format(given)
        elif not review.used[position]:
            text = self.tr("Of no class of this run now; it was “{0}”").format(given)
        elif image.truth == image.predicted:
            text = self.tr("“{0}”, recognised").format(given)
        else:
            text = self.tr("Labelled “{0}”, called “{1}”").format(given, called)
        if review.image_ids[position] == NO_IMAGE:
            text = self.tr("{0}. No image of this project: its label cannot be corrected here.").format(text)
        self._words.setText(text)
        best = np.argsort(-review.probabilities[position], kind="stable")[:GUESSES]
        self._bars.show_predictions(
            [
                {"label": review.labels[number], "confidence": float(review.probabilities[position, number])}
                for number in best.tolist()
            ]
        )

    # -- wishes

    @pyqtSlot()
    def _on_order_changed(self) -> None:
        if self._review is not None:
            self.show_images(self._name, np.sort(self._positions))

    @pyqtSlot(QModelIndex)
    def _on_gallery_activated(self, index: QModelIndex) -> None:
        self.large_requested.emit(index.row())

    @pyqtSlot(int)
    def _on_label_activated(self, number: int) -> None:
        self.label_requested.emit(self._selected(), number)

    @pyqtSlot()
    def _on_agree_clicked(self) -> None:
        assert self._review is not None
        chosen = self._selected()
        for number in np.unique(self._review.predicted[chosen]).tolist():
            self.label_requested.emit(chosen[self._review.predicted[chosen] == number], number)

    @pyqtSlot()
    def _on_large_clicked(self) -> None:
        self.large_requested.emit(self.gallery.selected_rows()[0])

    @pyqtSlot()
    def _on_exclude_clicked(self) -> None:
        self.exclude_requested.emit(self._selected())

    @pyqtSlot()
    def _on_send_clicked(self) -> None:
        self.label_tab_requested.emit(self._selected_or_all())

    @pyqtSlot()
    def _on_copy_clicked(self) -> None:
        assert self._review is not None
        paths = [image.path for image in self._review.images(self._selected_or_all())]
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText("\n".join(paths))

    @pyqtSlot()
    def _on_table_clicked(self) -> None:
        self.table_requested.emit(self._selected_or_all())
