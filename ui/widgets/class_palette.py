"""Type a few letters, press Enter: a label for the selection, however many classes there are."""

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.project.records import ClassRow
from ui import theme

CLASS_ROLE = Qt.ItemDataRole.UserRole
SIZE = (360, 400)
LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ClassPalette(QDialog):
    """A line to type in and the classes that match; the last entry makes a new class of what was typed."""

    class_chosen = pyqtSignal(int)
    new_class_requested = pyqtSignal(str)

    def __init__(self, classes: Sequence[ClassRow], parent: QWidget | None = None):
        super().__init__(parent)
        self._classes = list(classes)
        self.setWindowTitle(self.tr("Label as"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self._line = QLineEdit(placeholderText=self.tr("Type a part of a name"))
        self._line.setAccessibleName(self.tr("Part of a class's name"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Matching classes"))
        self._list.setSpacing(2)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._line)
        layout.addWidget(self._list, 1)
        layout.addWidget(QLabel(self.tr("↑ ↓ choose · Enter labels · Esc leaves"), objectName="muted"))
        self._line.installEventFilter(self)
        self._line.textChanged.connect(self._show_matches)
        self._line.returnPressed.connect(self._take_current)
        self._list.itemActivated.connect(self._take_current)
        self._list.itemClicked.connect(self._take_current)
        self._show_matches("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list while the keyboard stays in the line."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in LIST_KEYS:
            self._list.keyPressEvent(event)
            return True
        return bool(super().eventFilter(watched, event))

    @pyqtSlot(str)
    def _show_matches(self, text: str) -> None:
        self._list.clear()
        typed = text.strip()
        for row in matches(self._classes, typed):
            item = QListWidgetItem(row.name)
            item.setData(CLASS_ROLE, row.id)
            self._list.addItem(item)
        if typed and all(row.name != typed for row in self._classes):
            self._list.addItem(QListWidgetItem(self.tr("New class “{0}”").format(typed)))
        self._list.setCurrentRow(0)

    @pyqtSlot()
    def _take_current(self) -> None:
        item = self._list.currentItem()
        if item is None:
            return
        class_id = item.data(CLASS_ROLE)
        self.accept()
        if class_id is None:
            self.new_class_requested.emit(self._line.text().strip())
        else:
            self.class_chosen.emit(class_id)


def matches(classes: Sequence[ClassRow], text: str) -> list[ClassRow]:
    """Return the classes whose name has the text, those that begin with it first."""
    wanted = text.casefold()
    found = [row for row in classes if wanted in row.name.casefold()]
    return sorted(found, key=lambda row: not row.name.casefold().startswith(wanted))
