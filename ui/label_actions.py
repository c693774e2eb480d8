"""The Label tab's actions, each with its key; the menu and the cheat sheet list the same ones."""

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtCore import QObject, Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QWidget

from app.project.records import ClassRow
from ui.widgets.class_list import KEYS


class LabelActions(QObject):
    """Wishes of the keyboard; they work while the keyboard is inside the tab."""

    label_requested = pyqtSignal(int)
    unlabel_requested = pyqtSignal()
    exclude_requested = pyqtSignal()
    next_requested = pyqtSignal()
    larger_requested = pyqtSignal()
    find_requested = pyqtSignal()
    palette_requested = pyqtSignal()
    repeat_requested = pyqtSignal()
    back_requested = pyqtSignal()
    keys_requested = pyqtSignal()
    zoom_requested = pyqtSignal(int)
    fit_requested = pyqtSignal()
    actual_size_requested = pyqtSignal()

    def __init__(self, tab: QWidget):
        super().__init__(tab)
        self._tab = tab
        self._label_actions = [self._add("", partial(self._label, index), [str(index + 1)]) for index in range(KEYS)]
        self._separator()
        self._add(self.tr("Label as…"), self.palette_requested.emit, ["L"])
        self._add(self.tr("Repeat the last label"), self.repeat_requested.emit, ["."])
        self._add(self.tr("Remove the label"), self.unlabel_requested.emit, ["0", "Backspace", "Del"])
        self._add(self.tr("Exclude or include"), self.exclude_requested.emit, ["X"])
        self._separator()
        self._add(self.tr("Next unlabelled"), self.next_requested.emit, ["N"])
        self._add(self.tr("Back to the image before"), self.back_requested.emit, ["B"])
        self._add(self.tr("Show larger"), self.larger_requested.emit, ["Space", "Return"])
        self._add(self.tr("Zoom in"), partial(self.zoom_requested.emit, 1), ["+", "="])
        self._add(self.tr("Zoom out"), partial(self.zoom_requested.emit, -1), ["-"])
        self._add(self.tr("Fit to the window"), self.fit_requested.emit, ["F"])
        self._add(self.tr("Actual size"), self.actual_size_requested.emit, ["A"])
        self._separator()
        self._add(self.tr("Find by name"), self.find_requested.emit, ["Ctrl+F"])
        self._separator()
        self._add(self.tr("All keys"), self.keys_requested.emit, ["?"])
        self._class_ids: list[int] = []
        self.show_classes([])

    def show_classes(self, classes: Sequence[ClassRow]) -> None:
        """Name the number keys after the first classes."""
        self._class_ids = [row.id for row in classes[:KEYS]]
        for index, action in enumerate(self._label_actions):
            known = index < len(self._class_ids)
            action.setVisible(known)
            action.setEnabled(known)
            action.setText(self.tr("Label as {0}").format(classes[index].name.replace("&", "&&")) if known else "")

    def _label(self, index: int) -> None:
        self.label_requested.emit(self._class_ids[index])

    def _add(self, title: str, slot: Callable[..., object], keys: Sequence[str]) -> QAction:
        action = QAction(title, self._tab)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(slot)
        self._tab.addAction(action)
        return action

    def _separator(self) -> None:
        action = QAction(self._tab)
        action.setSeparator(True)
        self._tab.addAction(action)
