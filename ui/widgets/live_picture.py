"""What a camera sees, as large as there is room for."""

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget


class LivePicture(QWidget):
    """Paints the newest picture, mirrored by nothing."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._picture = QImage()
        self.setAccessibleName(self.tr("Picture of the camera"))

    def show_picture(self, picture: QImage) -> None:
        """Show a picture instead of the one before."""
        self._picture = picture
        self.update()

    def picture(self) -> QImage:
        """Return what is shown."""
        return self._picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture in the middle."""
        if self._picture.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size: QSize = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = self.rect().center() - QPoint(size.width() // 2, size.height() // 2)
        painter.drawImage(QRect(corner, size), self._picture)
