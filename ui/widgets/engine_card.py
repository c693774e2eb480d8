"""What one engine is, and whether it can run here."""

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.engines.catalog import EngineStatus
from ui import theme


class EngineCard(QFrame):
    """Title and version, state in words, devices; a part of the engine's own may follow."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, objectName="card")
        self._title = QLabel(objectName="heading")
        self._version = QLabel(objectName="muted")
        self._state = QLabel()
        self._reason = QLabel(objectName="muted", wordWrap=True)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._version)
        head.addStretch()
        head.addWidget(self._state)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(*[2 * theme.SPACE] * 4)
        self._column.setSpacing(theme.SPACE)
        self._column.addLayout(head)
        self._column.addWidget(self._reason)

    def add(self, part: QWidget) -> None:
        """Add a part of the engine's own."""
        self._column.addWidget(part)

    def show_status(self, status: EngineStatus) -> None:
        """Show what the engine is and what it can use, or why it cannot run and what to do."""
        names = {"cpu": self.tr("processor"), "gpu": self.tr("graphics card"), "cuda": self.tr("graphics card")}
        devices = ", ".join(names.get(device, device) for device in status.devices)
        self._title.setText(status.title)
        self._version.setText(status.version)
        self._state.setText(
            self.tr("✓ Ready: {0}").format(devices) if status.available else self.tr("✕ Cannot run yet")
        )
        self._state.setObjectName("good" if status.available else "warning")
        self._state.style().polish(self._state)
        self._reason.setText(status.reason)
        self._reason.setVisible(bool(status.reason))

    def words(self) -> str:
        """Return what is shown, as text."""
        parts = (self._title, self._version, self._state, self._reason)
        return " ".join(part.text() for part in parts if part.text())
