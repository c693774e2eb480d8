"""How fields behave: the wheel leaves them alone, and by keyboard they tell their help."""

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt, QTimer, pyqtSlot
from PyQt5.QtGui import QFocusEvent
from PyQt5.QtWidgets import QToolTip, QWidget

HELP_AFTER_MS = 300  # a field that is reached by keyboard is scrolled into sight first
BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class FieldManners(QObject):
    """Lets the wheel scroll what is around a field unless it has the focus, and shows the help that the mouse shows.

    Else whoever scrolls a long form changes what lies under the mouse, and whoever works by keyboard sees no help.
    """

    def __init__(self, field: QWidget):
        super().__init__(field)
        self._field = field
        self._timer = QTimer(self, singleShot=True, interval=HELP_AFTER_MS)
        self._timer.timeout.connect(self._show_help)
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the wheel from the field; show and hide its help."""
        if event.type() == QEvent.Type.Wheel and not self._field.hasFocus():
            event.ignore()
            return True
        if isinstance(event, QFocusEvent):
            if event.gotFocus() and event.reason() in BY_KEYBOARD:
                self._timer.start()
            elif event.lostFocus():
                self._timer.stop()
                QToolTip.hideText()
        return False

    @pyqtSlot()
    def _show_help(self) -> None:
        below = QPoint(0, self._field.height())
        QToolTip.showText(self._field.mapToGlobal(below), self._field.toolTip(), self._field)
