"""One image, large."""

from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.image_view import ImageToShow, ImageView


class ImageDialog(QDialog):
    """Shows an image; Escape goes back."""

    def __init__(self, path: Path, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(path.name)
        self.view = ImageView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACE] * 4)
        layout.addWidget(self.view)
        self.view.close_requested.connect(self.reject)
        self.finished.connect(self.view.clear)
        self.view.show_image(ImageToShow(path, path.name))
