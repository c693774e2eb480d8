"""Every edit of the project, the newest first: what was done, when, and whether it is undone."""

from collections.abc import Sequence
from datetime import datetime

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.project.records import EditRow
from ui import theme

ID_ROLE = Qt.ItemDataRole.UserRole


class History(QDialog):
    """Lists edits; choosing one goes back, or forward, to just after it."""

    edit_chosen = pyqtSignal(int)

    def __init__(self, edits: Sequence[EditRow], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("History"))
        self.resize(560, 480)
        self._list = QTreeWidget(columnCount=3, rootIsDecorated=False, uniformRowHeights=True)
        self._list.setHeaderLabels([self.tr("Edit"), self.tr("When"), ""])
        self._list.setAccessibleName(self.tr("History of edits"))
        for row in edits:
            when = datetime.fromisoformat(row.created).astimezone().strftime("%Y-%m-%d %H:%M")
            item = QTreeWidgetItem([row.title, when, self.tr("undone") if row.undone else ""])
            item.setData(0, ID_ROLE, row.id)
            if row.undone:
                for column in range(3):
                    item.setForeground(column, theme.colour("muted"))
            self._list.addTopLevelItem(item)
        start = QTreeWidgetItem([self.tr("Before the first edit shown here"), "", ""])
        start.setData(0, ID_ROLE, min((row.id for row in edits), default=1) - 1)
        self._list.addTopLevelItem(start)
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._list.itemDoubleClicked.connect(self._on_go_back)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        go = buttons.addButton(self.tr("Go to just after this edit"), QDialogButtonBox.ButtonRole.ActionRole)
        go.clicked.connect(self._on_go_back)
        go.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        hint = self.tr("Choose an edit to undo everything after it; what is undone can be made again the same way.")
        layout.addWidget(QLabel(hint, objectName="muted", wordWrap=True))
        layout.addWidget(self._list, 1)
        layout.addWidget(buttons)
        self._list.setCurrentItem(self._list.topLevelItem(0))

    @pyqtSlot()
    def _on_go_back(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            self.edit_chosen.emit(item.data(0, ID_ROLE))
            self.accept()
