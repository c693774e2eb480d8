"""A field for a name or the path of a file, with a button to choose one."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from ui import theme


class FileField(QWidget):
    """What is typed or chosen; `files` is the pattern of the files that are offered."""

    text_entered = pyqtSignal(str)  # it was typed to its end, or a file was chosen

    def __init__(self, text: str, files: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._files = files
        self._entered = text
        self.line = QLineEdit(text)
        self.line.setMinimumWidth(20 * theme.SPACE)
        self.line.setCursorPosition(0)
        self.button = QPushButton("…", autoDefault=False)
        self.button.setFixedWidth(5 * theme.SPACE)
        self.button.setToolTip(self.tr("Choose a file"))
        self.button.setAccessibleName(self.tr("Choose a file"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.line)
        self.line.editingFinished.connect(self._on_line_finished)
        self.button.clicked.connect(self._on_button_clicked)

    def text(self) -> str:
        """Return the name or path."""
        return str(self.line.text()).strip()

    @pyqtSlot()
    def _on_line_finished(self) -> None:
        if self.text() != self._entered:
            self._entered = self.text()
            self.text_entered.emit(self._entered)

    @pyqtSlot()
    def _on_button_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a file"), "", self._files)
        if path:
            self.line.setText(path)
            self._on_line_finished()
