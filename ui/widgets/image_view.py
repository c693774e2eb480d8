"""One image, as large as fits."""

from pathlib import Path

from PyQt5.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PyQt5.QtWidgets import QWidget

from app.errors import AppError
from ui import theme
from ui.item_models import to_image
from ui.jobs import Task, run_in_pool

LARGEST_SIDE = 2048  # larger pictures are shrunk before they reach the window


class ImageView(QWidget):
    """Shows a file; arrows ask for its neighbours, Escape and Space for the way back."""

    step_requested = pyqtSignal(int)
    close_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._problem = ""
        self._task: Task | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Image"))

    def show_file(self, path: Path) -> None:
        """Load a file in the background and show it."""
        if self._task is not None:
            self._task.cancel()
        self._problem = ""
        self.setAccessibleDescription(str(path))
        self._task = run_in_pool(_load, path, on_done=self._on_loaded)

    def clear(self) -> None:
        """Show nothing."""
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self._pixmap = None
        self._problem = ""
        self.update()

    def _on_loaded(self, result: QImage | AppError) -> None:
        self._task = None
        if isinstance(result, AppError):
            self._pixmap, self._problem = None, result.message
        else:
            self._pixmap = QPixmap.fromImage(result)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, or why there is none."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._problem:
            painter.setPen(theme.colour("bad"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._problem)
        elif self._pixmap is not None:
            size = self._pixmap.size()
            if size.width() > self.width() or size.height() > self.height():
                size = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = self.rect().center() - QPoint(size.width() // 2, size.height() // 2)
            painter.drawPixmap(QRect(corner, size), self._pixmap)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows, leave with Escape or Space."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.step_requested.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.close_requested.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go back."""
        self.close_requested.emit()


def _load(path: Path) -> QImage:
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.dataset.decode import read_image
    from app.dataset.thumbnails import shrunk

    return to_image(shrunk(read_image(path), LARGEST_SIDE))
