"""The last lines of a log."""

from PyQt5.QtGui import QFontDatabase, QResizeEvent
from PyQt5.QtWidgets import QPlainTextEdit, QWidget


class LogView(QPlainTextEdit):
    """Shows at most so many lines; it follows the newest unless one has scrolled back."""

    def __init__(self, lines: int, parent: QWidget | None = None):
        super().__init__(parent, readOnly=True, maximumBlockCount=lines)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay at the end, if that is what was seen."""
        bar = self.verticalScrollBar()
        follows = bar.value() == bar.maximum()
        super().resizeEvent(event)
        if follows:
            bar.setValue(bar.maximum())
