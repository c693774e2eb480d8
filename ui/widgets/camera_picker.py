"""Which camera to look through, where there are several."""

from collections.abc import Sequence

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QComboBox, QWidget

from app.dataset.camera import FIRST_CAMERA, Camera
from ui import theme

REMEMBERED = "camera"
LETTERS = 20  # that a name is shown with


class CameraPicker(QComboBox):
    """Offers cameras and remembers the one that was chosen; hidden where there is nothing to choose."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAccessibleName(self.tr("Which camera"))
        self.setToolTip(self.tr("Which camera to look through"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(LETTERS)
        self.hide()
        self.activated.connect(self._on_activated)

    def show_cameras(self, cameras: Sequence[Camera]) -> None:
        """Offer these, and choose the one that was chosen last if it is among them."""
        self.clear()
        for camera in cameras:
            self.addItem(self._title(camera), camera.source)
        self.setCurrentIndex(max(0, self.findText(str(theme.settings().value(REMEMBERED, "")))))
        self.setVisible(len(cameras) > 1)

    def source(self) -> int | str:
        """Return the chosen camera, or the first one where none is known."""
        chosen: int | str | None = self.currentData()
        return FIRST_CAMERA if chosen is None else chosen

    def _title(self, camera: Camera) -> str:
        name = camera.name or self.tr("Camera {0}").format(self.count() + 1)
        name = name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}…"
        return name if self.findText(name) < 0 else f"{name} ({self.count() + 1})"

    @pyqtSlot(int)
    def _on_activated(self, index: int) -> None:
        theme.settings().setValue(REMEMBERED, self.itemText(index))
