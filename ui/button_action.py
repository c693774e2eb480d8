"""A menu's entry, with a shortcut, for what a button does."""

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QPushButton, QWidget

CHANGES = (QEvent.Type.EnabledChange, QEvent.Type.ShowToParent, QEvent.Type.HideToParent)


class ButtonAction(QAction):
    """Can be chosen while its button can be pressed, and says the same; the shortcut works within the tab."""

    def __init__(self, button: QPushButton, shortcut: str, tab: QWidget):
        super().__init__(tab)
        self._button = button
        self.setShortcut(QKeySequence(shortcut))
        self.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.triggered.connect(button.click)
        button.installEventFilter(self)
        tab.addAction(self)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the button."""
        if event.type() in CHANGES:
            self._follow()
        return False

    def _follow(self) -> None:
        self.setText(self._button.text())
        self.setVisible(not self._button.isHidden())
        self.setEnabled(self._button.isEnabled())
