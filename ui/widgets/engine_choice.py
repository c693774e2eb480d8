"""Which engine trains; one that cannot run here says why."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from app.engines.catalog import engines
from ui import theme

INDENT = 26  # pixels, under the text of the radio button


class EngineChoice(QWidget):
    """A radio button per engine."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._names: list[str] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(QLabel(self.tr("Engine"), objectName="heading"))
        for number, status in enumerate(engines()):
            button = QRadioButton(status.title)
            button.setEnabled(status.available)
            self._group.addButton(button, number)
            self._names.append(status.name)
            layout.addWidget(button)
            if status.reason:
                button.setAccessibleDescription(status.reason)
                reason = QLabel(status.reason, objectName="muted", wordWrap=True)
                reason.setContentsMargins(INDENT, 0, 0, theme.SPACE // 2)
                layout.addWidget(reason)
            elif self._group.checkedButton() is None:
                button.setChecked(True)
        self._group.buttonClicked.connect(self.changed)

    def chosen(self) -> str | None:
        """Return the engine's name, or None if none can run."""
        number = self._group.checkedId()
        return None if number < 0 else self._names[number]
