"""What the class list wishes, as edits of the open project."""

from collections.abc import Callable
from functools import partial

from PyQt5.QtCore import QObject, pyqtSlot

from app.errors import AppError
from app.project.edits import Edits
from ui.label_actions import LabelActions
from ui.state import AppState
from ui.widgets.class_list import ClassList

ClassEdit = Callable[[Edits], object]


class ClassEdits(QObject):
    """Adds, renames, recolours, merges and deletes classes, each after the edits before it."""

    def __init__(self, state: AppState, classes: ClassList, actions: LabelActions, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._actions = actions
        classes.move_requested.connect(self._on_move_requested)
        classes.key_requested.connect(self._on_key_requested)
        classes.add_requested.connect(self._on_add_requested)
        classes.rename_requested.connect(self._on_rename_requested)
        classes.recolour_requested.connect(self._on_recolour_requested)
        classes.merge_requested.connect(self._on_merge_requested)
        classes.delete_requested.connect(self._on_delete_requested)

    @pyqtSlot(str)
    def _on_add_requested(self, name: str) -> None:
        self._wish(self._small, lambda edits: edits.add_class(name))

    @pyqtSlot(int, str)
    def _on_rename_requested(self, class_id: int, name: str) -> None:
        self._wish(self._small, lambda edits: edits.rename_class(class_id, name))

    @pyqtSlot(int, str)
    def _on_recolour_requested(self, class_id: int, colour: str) -> None:
        self._wish(self._small, lambda edits: edits.recolour_class(class_id, colour))

    @pyqtSlot(int, int)
    def _on_move_requested(self, class_id: int, steps: int) -> None:
        self._wish(self._small, lambda edits: edits.move_class(class_id, steps))

    @pyqtSlot(int, str)
    def _on_key_requested(self, class_id: int, key: str) -> None:
        """Give a class a key, unless the key means something else already."""
        key = key.strip().upper()
        if key in self._actions.taken_keys() or len(key) > 1 or not (key.isalnum() or not key):
            problem = self.tr("“{0}” cannot be the key of a class.").format(key)
            self._state.failed.emit(
                AppError(problem, self.tr("Choose one letter that has no other meaning (? lists them)."))
            )
        else:
            self._wish(self._small, lambda edits: edits.set_shortcut(class_id, key or None))

    @pyqtSlot(int, int)
    def _on_merge_requested(self, class_id: int, into: int) -> None:
        self._wish(partial(self._large, self.tr("Merging classes")), lambda edits: edits.merge_class(class_id, into))

    @pyqtSlot(int)
    def _on_delete_requested(self, class_id: int) -> None:
        self._wish(partial(self._large, self.tr("Deleting a class")), lambda edits: edits.delete_class(class_id))

    def _wish(self, make: Callable[[Callable[[], object]], object], edit: ClassEdit) -> None:
        def wish() -> None:
            if self._state.project is not None:
                make(partial(edit, self._state.project.edits))

        self._state.editing.when_idle(wish)

    def _small(self, change: Callable[[], object]) -> None:
        self._state.editing.edit(change, [])

    def _large(self, title: str, change: Callable[[], object]) -> None:
        self._state.editing.edit_many(title, change)
