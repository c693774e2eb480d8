"""One scored image after the other, large, with what the model said about it."""

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.evaluation.report import ScoredImage
from app.export.heat_methods import ACTIVATION, OCCLUSION
from ui import theme
from ui.review.heat import HeatMap, HeatMaps
from ui.widgets.image_view import ImageToShow, ImageView, Overlay

MOST_GUESSES = 3
FIRST_OPACITY = 60  # of 100
SLIDER_WIDTH = 120


class ScoredImageDialog(QDialog):
    """Shows the images of a gallery; arrows and buttons go to the neighbours, Escape goes back."""

    def __init__(
        self,
        images: Sequence[ScoredImage],
        labels: Sequence[str],
        position: int,
        heat: HeatMaps | None = None,
        parent: QWidget | None = None,
        captions: Sequence[str] = (),
    ) -> None:
        """Say `captions` of the images, if there are any, instead of label and answer."""
        super().__init__(parent)
        self._images, self._labels, self._captions = tuple(images), tuple(labels), tuple(captions)
        self._position = position
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._view = ImageView()
        self._words = QLabel(wordWrap=True)
        self._guesses = QLabel(objectName="muted", wordWrap=True)
        self._previous = QPushButton(self.tr("Previous"), autoDefault=False)
        self._next = QPushButton(self.tr("Next"), autoDefault=False)
        self._heat = heat
        self.looks = QCheckBox(self.tr("What speaks for"))
        self.looks.setToolTip(self.tr("Colour the parts of the image that speak for a class, to this model"))
        self.label = QComboBox()
        self.label.setAccessibleName(self.tr("Class that is explained"))
        self.label.addItems(self._labels)
        self.method = QComboBox()
        self.method.setAccessibleName(self.tr("How it is found"))
        self.method.setToolTip(
            self.tr("Leave out one place of the network's feature map, or of the image itself, after the other")
        )
        self.method.addItem(self.tr("by the network's map"), ACTIVATION)
        self.method.addItem(self.tr("by covering parts"), OCCLUSION)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setAccessibleName(self.tr("Opacity"))
        self.opacity.setToolTip(self.tr("How strongly the colours cover the image"))
        self.opacity.setRange(0, 100)
        self.opacity.setValue(FIRST_OPACITY)
        self.opacity.setFixedWidth(SLIDER_WIDTH)
        self.found: HeatMap | None = None
        self._lay_out()
        for widget in (self.looks, self.label, self.method, self.opacity):
            widget.setVisible(heat is not None)
        self.looks.toggled.connect(self._explain)
        self.label.activated.connect(self._explain)
        self.method.activated.connect(self._explain)
        self.opacity.valueChanged.connect(self._show_heat)
        if heat is not None:
            heat.found.connect(self._on_heat_found)
        self._view.step_requested.connect(self._on_view_step_requested)
        self._view.close_requested.connect(self.reject)
        self.finished.connect(self._view.clear)  # what is still being read has no place to be shown any more
        self._previous.clicked.connect(self._on_previous_clicked)
        self._next.clicked.connect(self._on_next_clicked)
        self._show()
        self._view.setFocus()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        words.addWidget(self._words)
        words.addWidget(self._guesses)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addLayout(words, 1)
        for widget in (self.looks, self.label, self.method, self.opacity):
            row.addWidget(widget)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self._view, 1)
        layout.addLayout(row)

    @pyqtSlot(int)
    def _on_view_step_requested(self, step: int) -> None:
        position = min(max(self._position + step, 0), len(self._images) - 1)
        if position != self._position:
            self._position = position
            self._show()

    @pyqtSlot()
    def _on_previous_clicked(self) -> None:
        self._on_view_step_requested(-1)

    @pyqtSlot()
    def _on_next_clicked(self) -> None:
        self._on_view_step_requested(1)

    def _show(self) -> None:
        image = self._images[self._position]
        path = Path(image.path)
        self._view.show_image(ImageToShow(path, path.name))
        true, predicted = self._labels[image.truth], self._labels[image.predicted]
        if self._captions:
            text = self._captions[self._position]
        elif true == predicted:
            text = self.tr("“{0}”, recognised").format(true)
        else:
            text = self.tr("“{0}”, called “{1}”").format(true, predicted)
        self._words.setText(text)
        self._guesses.setText(self._ranked(image))
        self._guesses.setToolTip(image.path)
        place = self.tr("{0}, {1:,} of {2:,}").format(path.name, self._position + 1, len(self._images))
        self.setWindowTitle(place)
        self._previous.setEnabled(self._position > 0)
        self._next.setEnabled(self._position < len(self._images) - 1)

        self.label.setCurrentIndex(image.predicted)
        self._explain()

    @pyqtSlot()
    def _explain(self) -> None:
        """Ask what speaks for the chosen class in this image, if that is wished for."""
        self.found = None
        self._view.set_overlay(None)
        for widget in (self.label, self.method, self.opacity):
            widget.setEnabled(self.looks.isChecked())
        if self._heat is not None and self.looks.isChecked():
            self._heat.ask(*self._wanted())

    def _wanted(self) -> tuple[str, str, str]:
        return self._images[self._position].path, self.label.currentText(), self.method.currentData()

    @pyqtSlot(object)
    def _on_heat_found(self, found: HeatMap) -> None:
        """Show a map, unless another one is wanted by now."""
        if self.looks.isChecked() and (found.path, found.label, found.method) == self._wanted():
            self.found = found
            self._show_heat()

    @pyqtSlot()
    def _show_heat(self) -> None:
        if self.found is not None:
            overlay = Overlay(Path(self.found.path), self.found.picture, self.found.place, self.opacity.value() / 100)
            self._view.set_overlay(overlay)

    def _ranked(self, image: ScoredImage) -> str:
        best = sorted(zip(image.probabilities, self._labels, strict=True), reverse=True)[:MOST_GUESSES]
        return ", ".join(f"{label} {share:.1%}" for share, label in best)
