"""What a model makes of images without labels: nothing is measured; they are compared with its training images."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.evaluation.charts import confidence_bins
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE
from app.export.html_report import drift_words
from app.export.looked import LookedAt
from ui import theme
from ui.widgets.bar_plot import BarPlot
from ui.widgets.prediction_table import RESULT_ROLE, PredictionModel, PredictionTable

BARS = 20
EVERY_CLASS = ""


class UnlabelledPage(QWidget):
    """A table, a histogram of confidence that chooses rows of it, and whether the images have drifted."""

    table_requested = pyqtSignal(object, object)  # results, labels
    image_requested = pyqtSignal(object)  # a Path

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._found: LookedAt | None = None
        self._shown: list[dict[str, Any]] = []
        self._range: tuple[int, int] | None = None
        self.drift = QLabel(wordWrap=True)
        self._drift = QFrame(objectName="banner")
        self.classes = QComboBox()
        self.classes.setAccessibleName(self.tr("Predicted class"))
        self.key = QLabel()
        self.bars = BarPlot("", self.tr("images"))
        self.title = QLabel(objectName="heading")
        self.everything = QPushButton(self.tr("Show all"))
        self.save = QPushButton(self.tr("Save table…"))
        self._model = PredictionModel(self)
        self.table = PredictionTable(self._model)
        self._lay_out()
        self.classes.currentIndexChanged.connect(self._on_classes_changed)
        self.bars.range_chosen.connect(self._on_bars_range_chosen)
        self.everything.clicked.connect(self._on_everything_clicked)
        self.save.clicked.connect(self._on_save_clicked)
        self.table.activated.connect(self._on_table_activated)
        theme.signals.changed.connect(self._draw)

    def _lay_out(self) -> None:
        inner = QHBoxLayout(self._drift)
        inner.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        inner.addWidget(self.drift)
        choice = QHBoxLayout()
        choice.addWidget(self.classes)
        choice.addWidget(self.key)
        choice.addStretch()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(choice)
        column.addWidget(self.bars, 1)
        row = QHBoxLayout()
        row.addWidget(self.title, 1)
        row.addWidget(self.everything)
        row.addWidget(self.save)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(2 * theme.SPACE)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setSizes([500, 700])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._drift)
        layout.addWidget(splitter, 1)

    def words(self, found: LookedAt, name: str) -> str:
        """Say what was made of the images of a folder with this name."""
        verdicts = Counter(one["verdict"] for one in found.read)
        text = self.tr(
            "{0:,} images of “{1}”, whose own classes are not known: nothing can be measured. By the rule that the "
            "model had then, {2:,} answers are accepted, {3:,} unsure, {4:,} unknown."
        )
        return text.format(len(found.read), name, *(verdicts[verdict] for verdict in (ACCEPTED, UNSURE, UNKNOWN)))

    def show_found(self, found: LookedAt) -> None:
        """Show what was made of images."""
        self._found, self._range = found, None
        read = found.read
        self.drift.setText(self._drift_words(found))
        best = Counter(one["predictions"][0]["label"] for one in read)
        self.classes.blockSignals(True)
        self.classes.clear()
        self.classes.addItem(self.tr("All classes ({0:,})").format(len(read)), EVERY_CLASS)
        for label in found.labels:
            self.classes.addItem(f"{label} ({best[label]:,})", label)
        self.classes.blockSignals(False)
        self.bars.forget_choice()
        self._draw()
        self._list()

    def _drift_words(self, found: LookedAt) -> str:
        if found.drift is None:
            return self.tr("Whether they look like the training images cannot be told: there are too few images.")
        mark = "⚠ " if found.drift.notable else ""
        return mark + drift_words(found.drift)

    def _of_class(self) -> list[dict[str, Any]]:
        label = self.classes.currentData()
        read = self._found.read if self._found else []
        return [one for one in read if label in (EVERY_CLASS, one["predictions"][0]["label"])]

    @pyqtSlot()
    def _draw(self) -> None:
        if self._found is None:
            return
        results = self._of_class()
        bins = _bins(results)
        accepted = np.array([one["verdict"] == ACCEPTED for one in results], bool)
        below = np.bincount(bins[accepted], minlength=BARS).tolist()
        above = np.bincount(bins[~accepted], minlength=BARS).tolist()
        good, bad = theme.token("accent"), theme.token("bad")
        words = self.tr("accepted"), self.tr("unsure or unknown")
        self.key.setText(
            f'<span style="color:{good}">■</span> {words[0]} &nbsp; <span style="color:{bad}">■</span> {words[1]}'
        )
        self.bars.show_bars(below, above, self.tr("confidence"))

    def _list(self) -> None:
        """List the images of the class and the range of confidence that are chosen."""
        results = self._of_class()
        if self._range is not None:
            first, last = self._range
            bins = _bins(results)
            results = [one for one, place in zip(results, bins.tolist(), strict=True) if first <= place <= last]
        elif self._found is not None and self.classes.currentData() == EVERY_CLASS:
            results = list(self._found.results)
        self._shown = results
        self._model.clear(self._found.labels if self._found else ())
        if results:
            self._model.add(results)
        self.title.setText(self.tr("{0:,} images").format(len(results)))
        self.everything.setEnabled(self._range is not None or self.classes.currentData() != EVERY_CLASS)
        self.save.setEnabled(bool(results))

    @pyqtSlot()
    def _on_classes_changed(self) -> None:
        self._range = None
        self.bars.forget_choice()
        self._draw()
        self._list()

    @pyqtSlot(int, int)
    def _on_bars_range_chosen(self, first: int, last: int) -> None:
        self._range = (first, last)
        self._list()

    @pyqtSlot()
    def _on_everything_clicked(self) -> None:
        self.classes.setCurrentIndex(0)
        self._on_classes_changed()

    @pyqtSlot()
    def _on_save_clicked(self) -> None:
        assert self._found is not None
        self.table_requested.emit(self._shown, self._found.labels)

    def _on_table_activated(self) -> None:
        place = self.table.currentIndex()
        if place.isValid():
            self.image_requested.emit(Path(place.data(RESULT_ROLE)["path"]))


def _bins(results: list[dict[str, Any]]) -> np.ndarray:
    return confidence_bins(np.array([one["predictions"][0]["confidence"] for one in results], np.float64), BARS)
