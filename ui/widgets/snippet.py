"""A piece of code to copy."""

from PyQt5.QtCore import QTimer, pyqtSlot
from PyQt5.QtGui import QFontDatabase
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ui import theme

COPIED_MS = 2000


class Snippet(QWidget):
    """A title, the code, and a button that copies it."""

    def __init__(self, title: str, lines: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._text = QPlainTextEdit(readOnly=True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(title)
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(lines * self._text.fontMetrics().lineSpacing() + 4 * theme.SPACE)
        self._copy = QPushButton(self.tr("Copy"))
        self._copy.setAccessibleName(self.tr("Copy: {0}").format(title))
        self._copy.clicked.connect(self._on_copy_clicked)
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(self._on_copied_timeout)
        row = QHBoxLayout()
        row.addWidget(QLabel(title, objectName="heading"))
        row.addStretch()
        row.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(row)
        layout.addWidget(self._text)

    def show_code(self, code: str) -> None:
        """Show other code."""
        self._text.setPlainText(code)

    def code(self) -> str:
        """Return what is shown."""
        return str(self._text.toPlainText())

    @pyqtSlot()
    def _on_copy_clicked(self) -> None:
        QApplication.clipboard().setText(self.code())
        self._copy.setText(self.tr("Copied"))
        self._copied.start()

    @pyqtSlot()
    def _on_copied_timeout(self) -> None:
        self._copy.setText(self.tr("Copy"))
