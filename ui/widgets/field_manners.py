"""How fields behave: the wheel leaves them alone, and by keyboard they tell their help."""

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt
from PyQt5.QtGui import QFocusEvent
from PyQt5.QtWidgets import QToolTip, QWidget

BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class FieldManners(QObject):
    """Lets the wheel scroll what is around a field unless it has the focus, and shows the help that the mouse shows.

    Else whoever scrolls a long form changes what lies under the mouse, and whoever works by keyboard sees no help.
    """

    def __init__(self, field: QWidget):
        super().__init__(field)
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the wheel from the field; show and hide its help."""
        assert isinstance(watched, QWidget)
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        if isinstance(event, QFocusEvent):
            if event.gotFocus() and event.reason() in BY_KEYBOARD:
                QToolTip.showText(watched.mapToGlobal(QPoint(0, watched.height())), watched.toolTip(), watched)
            elif event.lostFocus():
                QToolTip.hideText()
        return False
