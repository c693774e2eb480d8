"""When Python looks through everything for what nobody needs any more: not while somebody works in the window.

Looking through all objects takes 50 to 150 ms, in which no thread goes on, whichever one it falls to: the window's
longest pauses were these. Young objects are looked through as ever, which takes less than one.
"""

import gc

from PyQt5.QtCore import QObject, Qt, pyqtSlot
from PyQt5.QtWidgets import QApplication

USUAL = gc.get_threshold()
NEVER = 2**31 - 1  # collections of younger objects before all are looked through


class Tidying(QObject):
    """Collects all garbage when the user turns to another program, and never of itself."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        gc.set_threshold(*USUAL[:2], NEVER)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.applicationStateChanged.connect(self._on_application_state_changed)

    def end(self) -> None:
        """Let Python collect as it did before."""
        gc.set_threshold(*USUAL)

    @pyqtSlot(Qt.ApplicationState)
    def _on_application_state_changed(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            gc.collect()
