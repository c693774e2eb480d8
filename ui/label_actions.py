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
    suggestions_requested = pyqtSignal()
    similar_requested = pyqtSignal()
    accept_requested = pyqtSignal()
    accept_in_sight_requested = pyqtSignal()
    renew_requested = pyqtSignal()
    all_requested = pyqtSignal()
    history_requested = pyqtSignal()
    several_requested = pyqtSignal(bool)
    skip_requested = pyqtSignal()
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
        self._several = self._add(self.tr("Several labels per image"), self.several_requested.emit, [])
        self._several.setCheckable(True)
        self._add(self.tr("History…"), self.history_requested.emit, ["Ctrl+H"])
        self._separator()
        self._add(self.tr("Suggested labels"), self.suggestions_requested.emit, ["G"])
        self._add(self.tr("Accept the suggestion"), self.accept_requested.emit, ["Y"])
        self._add(self.tr("Accept the suggestions in sight"), self.accept_in_sight_requested.emit, ["Shift+Y"])
        self._add(self.tr("Order anew"), self.renew_requested.emit, ["R"])
        self._add(self.tr("Find similar images"), self.similar_requested.emit, ["S"])
        self._add(self.tr("Back to all images"), self.all_requested.emit, ["Esc"])
        self._separator()
        self._add(self.tr("Skip to the next image"), self.skip_requested.emit, ["K"])
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
        self._own_actions: list[QAction] = []
        self._shown: list[tuple[int, str, str | None]] | None = None
        self.show_classes([])

    def show_classes(self, classes: Sequence[ClassRow]) -> None:
        """Name the number keys after the first classes, and add those that the user gave to others."""
        shown = [(row.id, row.name, row.shortcut) for row in classes]
        if shown == self._shown:
            return
        self._shown = shown
        for index, action in enumerate(self._label_actions):
            known = index < len(classes)
            action.setVisible(known)
            action.setEnabled(known)
            action.setText(self._title(classes[index]) if known else "")
        for action in self._own_actions:
            self._tab.removeAction(action)
            action.deleteLater()
        self._own_actions = [
            self._add(self._title(row), partial(self.label_requested.emit, row.id), [row.shortcut])
            for row in classes
            if row.shortcut
        ]

    def show_several(self, allowed: bool) -> None:
        """Mark whether images may have several labels."""
        self._several.setChecked(allowed)

    def taken_keys(self) -> set[str]:
        """Return the keys that mean something already, beside those that the user gave to classes."""
        own = set(self._own_actions)
        keys = (action.shortcuts() for action in self._tab.actions() if action not in own)
        return {key.toString() for some in keys for key in some}

    def _title(self, row: ClassRow) -> str:
        return self.tr("Label as {0}").format(row.name.replace("&", "&&"))

    def _label(self, index: int) -> None:
        if self._shown is not None:
            self.label_requested.emit(self._shown[index][0])

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
