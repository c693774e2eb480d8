"""One scored image after the other, large, with what the model said about it."""

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import QRectF, Qt, pyqtSlot
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.errors import AppError
from app.evaluation.report import ScoredImage
from ui import theme
from ui.review.heat_maps import HeatMaps
from ui.widgets.image_view import ImageToShow, ImageView

MOST_GUESSES = 3
FULL = 100  # of the slider
SLIDER_WIDTH = 160


class ScoredImageDialog(QDialog):
    """Shows the images of a gallery; arrows and buttons go to the neighbours, Escape goes back."""

    def __init__(
        self,
        images: Sequence[ScoredImage],
        labels: Sequence[str],
        position: int,
        parent: QWidget | None = None,
        heat_maps: HeatMaps | None = None,
    ) -> None:
        super().__init__(parent)
        self._heat_maps = heat_maps
        self._asked = ""  # the image whose map is being computed, or failed
        self._heat: tuple[str, QImage, QRectF] | None = None  # of which image
        self._images, self._labels = tuple(images), tuple(labels)
        self._position = position
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._view = ImageView()
        self._words = QLabel(wordWrap=True)
        self._guesses = QLabel(objectName="muted", wordWrap=True)
        self._previous = QPushButton(self.tr("Previous"), autoDefault=False)
        self._next = QPushButton(self.tr("Next"), autoDefault=False)
        self._opacity_label = QLabel(self.tr("&What speaks for it"))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, FULL)
        self.opacity.setFixedWidth(SLIDER_WIDTH)
        self.opacity.setToolTip(self.tr("How strongly to show which parts speak for the class the model chose"))
        self.opacity.setAccessibleName(self.tr("Opacity of what speaks for the class"))
        self._opacity_label.setBuddy(self.opacity)
        self._lay_out()
        self.opacity.valueChanged.connect(self._show_heat)
        if heat_maps is not None:
            heat_maps.found.connect(self._on_heat_maps_found)
            heat_maps.failed.connect(self._on_heat_maps_failed)
            heat_maps.setParent(self)
            self.finished.connect(heat_maps.close_down)
        self._view.step_requested.connect(self._on_view_step_requested)
        self._view.close_requested.connect(self.reject)
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
        for part in (self._opacity_label, self.opacity):
            part.setVisible(self._heat_maps is not None)
            row.addWidget(part)
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
        if true == predicted:
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

        self._show_heat()

    @pyqtSlot()
    def _show_heat(self) -> None:
        """Show the map of this image, and ask for it first if need be."""
        image, share = self._images[self._position], self.opacity.value() / FULL
        if self._heat is not None and self._heat[0] == image.path and share:
            self._view.set_overlay(self._heat[1], self._heat[2], share)
            return
        self._view.set_overlay(None, QRectF(), 0.0)
        if share and self._heat_maps is not None and self._asked != image.path:
            self._asked = image.path
            self._heat_maps.ask(image.path, self._labels[image.predicted])

    @pyqtSlot(str, str, object, object)
    def _on_heat_maps_found(self, path: str, label: str, picture: QImage, place: QRectF) -> None:
        self._heat, self._asked = (path, picture, place), ""
        self._show_heat()

    @pyqtSlot(str, str, object)
    def _on_heat_maps_failed(self, path: str, label: str, error: AppError) -> None:
        if path == self._images[self._position].path:
            self._guesses.setText(str(error))

    def _ranked(self, image: ScoredImage) -> str:
        best = sorted(zip(image.probabilities, self._labels, strict=True), reverse=True)[:MOST_GUESSES]
        return ", ".join(f"{label} {share:.1%}" for share, label in best)
