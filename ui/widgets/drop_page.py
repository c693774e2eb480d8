"""The place to drop pictures on, with what can be done there."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme


class DropPage(QFrame):
    """A frame with a title, a hint, and a button to ask the same again."""

    again_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, objectName="drop")
        self.title = QLabel(objectName="title", alignment=Qt.AlignmentFlag.AlignCenter)
        self.hint = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.again = QPushButton(self.tr("Predict the same images again"))
        self.again.clicked.connect(self.again_requested)
        layout = QVBoxLayout(self)
        layout.addStretch()
        layout.addWidget(self.title)
        layout.addWidget(self.hint)
        layout.addSpacing(theme.SPACE)
        layout.addWidget(self.again, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()

    def show_words(self, title: str, hint: str) -> None:
        """Say what can be done, or is being done."""
        self.title.setText(title)
        self.hint.setText(hint)

    def mark(self, active: bool) -> None:
        """Show that what is dragged would be taken."""
        self.setProperty("active", active)
        self.style().unpolish(self)
        self.style().polish(self)
