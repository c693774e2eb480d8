"""Eight pictures as augmentation changes them, or a sentence in their place."""

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QPixmap
from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme

PICTURES, COLUMNS = 8, 4
SIDE = 74  # pixels: four of them side by side in the column of settings


class PreviewStrip(QWidget):
    """Two rows of four pictures, a sentence, and a button that draws others or stops the drawing."""

    draw_requested = pyqtSignal()
    stop_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._drawing = False
        self.button = QPushButton(self.tr("Others"), autoDefault=False)
        self.button.clicked.connect(self._on_button_clicked)
        self.words = QLabel(wordWrap=True, objectName="muted")
        self.pictures = [QLabel() for _ in range(PICTURES)]
        head = QHBoxLayout()
        head.addWidget(QLabel(self.tr("As training sees them"), objectName="heading"), 1)
        head.addWidget(self.button)
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE // 2)
        for place, picture in enumerate(self.pictures):
            picture.setFixedSize(SIDE, SIDE)
            picture.setAccessibleName(self.tr("Augmented picture {0}").format(place + 1))
            grid.addWidget(picture, place // COLUMNS, place % COLUMNS)
        grid.setColumnStretch(COLUMNS, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(head)
        layout.addLayout(grid)
        layout.addWidget(self.words)
        self.show_words("")

    def show_pictures(self, paths: Sequence[Path]) -> None:
        """Show the pictures in these files."""
        size, ratio = SIDE, self.devicePixelRatioF()
        for label, path in zip(self.pictures, paths, strict=True):
            picture = QPixmap(str(path)).scaled(
                round(size * ratio),
                round(size * ratio),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            picture.setDevicePixelRatio(ratio)
            label.setPixmap(picture)
            label.show()
        self._show_state(self.tr("Drawn by chance, anew at each look; your images stay as they are."), True)

    def show_drawing(self) -> None:
        """Say that pictures are being drawn; those before stay meanwhile."""
        self._show_state(self.tr("Drawing…"), True, drawing=True)

    def show_words(self, text: str, again: bool = False) -> None:
        """Say why there is no picture; `again` offers to draw."""
        for label in self.pictures:
            label.clear()
            label.hide()
        self._show_state(text, again)

    def shown(self) -> int:
        """Return how many pictures are shown."""
        return sum(label.pixmap() is not None and not label.isHidden() for label in self.pictures)

    def _show_state(self, text: str, button: bool, drawing: bool = False) -> None:
        self._drawing = drawing
        self.words.setText(text)
        self.button.setVisible(button)
        self.button.setText(self.tr("Stop") if drawing else self.tr("Others"))
        self.button.setToolTip("" if drawing else self.tr("Draw eight others"))

    @pyqtSlot()
    def _on_button_clicked(self) -> None:
        (self.stop_requested if self._drawing else self.draw_requested).emit()
