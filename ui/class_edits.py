"""What the class list wishes, as edits of the open project."""

from collections.abc import Callable
from functools import partial

from PyQt5.QtCore import QObject, pyqtSlot

from app.project.edits import Edits
from ui.state import AppState
from ui.widgets.class_list import ClassList

ClassEdit = Callable[[Edits], object]


class ClassEdits(QObject):
    """Adds, renames, recolours, merges and deletes classes, each after the edits before it."""

    def __init__(self, state: AppState, classes: ClassList, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
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
