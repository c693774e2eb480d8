"""Every key of a tab on one page, made from its actions."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from ui import theme


class CheatSheet(QDialog):
    """Lists keys and what they do."""

    def __init__(self, actions: Sequence[QAction], more: Sequence[tuple[str, str]], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * theme.SPACE)
        self.rows = [*((_keys(one), one.text()) for one in actions if one.isVisible() and one.shortcuts()), *more]
        half = (len(self.rows) + 1) // 2
        for number, (keys, text) in enumerate(self.rows):
            column, row = divmod(number, half)
            grid.addWidget(QLabel(keys, objectName="key"), row, 2 * column)
            grid.addWidget(QLabel(text), row, 2 * column + 1)
        buttons = QDialogButtonBox()
        buttons.addButton(self.tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[3 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(grid)
        layout.addWidget(buttons)


def _keys(action: QAction) -> str:
    return "  ".join(one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts())
