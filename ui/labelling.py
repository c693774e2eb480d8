"""Labelling in the Label tab: what the keys wish becomes edits of the selected images."""

from functools import partial

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from ui.editing import AT_ONCE, Change
from ui.item_models import ImageModel
from ui.label_actions import LabelActions
from ui.state import AppState
from ui.widgets.class_palette import ClassPalette
from ui.widgets.history import History
from ui.widgets.image_grid import ImageGrid

HISTORY = 500  # edits listed


class Labelling(QObject):
    """Labels, unlabels and excludes; `labelled` is said of a single image, after which one goes on to the next."""

    labelled = pyqtSignal()

    def __init__(self, state: AppState, model: ImageModel, grid: ImageGrid, actions: LabelActions, tab: QWidget):
        super().__init__(tab)
        self._state = state
        self._model = model
        self._grid = grid
        self._tab = tab
        self._last_class: int | None = None
        state.project_opened.connect(self._forget)
        actions.label_requested.connect(self._on_label_requested)
        actions.unlabel_requested.connect(self._on_unlabel_requested)
        actions.exclude_requested.connect(self._on_exclude_requested)
        actions.repeat_requested.connect(self._on_repeat_requested)
        actions.palette_requested.connect(self._on_palette_requested)
        actions.history_requested.connect(self._on_history_requested)
        actions.several_requested.connect(self._on_several_requested)

    @pyqtSlot()
    def _forget(self) -> None:
        self._last_class = None

    @pyqtSlot(int)
    def _on_label_requested(self, class_id: int) -> None:
        self._state.editing.when_idle(partial(self._label, class_id))

    @pyqtSlot()
    def _on_unlabel_requested(self) -> None:
        self._state.editing.when_idle(partial(self._label, None))

    @pyqtSlot()
    def _on_repeat_requested(self) -> None:
        if self._last_class is not None:
            self._state.editing.when_idle(partial(self._label, self._last_class))

    @pyqtSlot()
    def _on_exclude_requested(self) -> None:
        self._state.editing.when_idle(self._exclude)

    @pyqtSlot()
    def _on_palette_requested(self) -> None:
        if self._state.project is not None and self._grid.selected_count():
            palette = ClassPalette(self._state.project.classes(), self._tab)
            palette.class_chosen.connect(self._on_label_requested)
            palette.new_class_requested.connect(self._on_new_class_requested)
            palette.open()

    @pyqtSlot(str)
    def _on_new_class_requested(self, name: str) -> None:
        self._state.editing.when_idle(partial(self._label_as_new, name))

    @pyqtSlot()
    def _on_history_requested(self) -> None:
        project = self._state.project
        if project is not None:
            history = History(project.edits.history(HISTORY), self._tab)
            history.edit_chosen.connect(self._on_history_edit_chosen)
            history.open()

    @pyqtSlot(int)
    def _on_history_edit_chosen(self, edit_id: int) -> None:
        def wish() -> None:
            if self._state.project is not None:
                title = self.tr("Going through the history")
                self._state.editing.edit_many(title, partial(self._state.project.edits.go_to, edit_id))

        self._state.editing.when_idle(wish)

    @pyqtSlot(bool)
    def _on_several_requested(self, allowed: bool) -> None:
        if self._state.project is not None:
            self._state.project.allow_several_labels(allowed)
            self._state.changed([])

    def _label_as_new(self, name: str) -> None:
        project = self._state.project
        if project is not None and self._state.editing.edit(partial(project.edits.add_class, name), []):
            self._label(next(row.id for row in project.classes() if row.name == name))

    def _label(self, class_id: int | None) -> None:
        chosen, project = self._grid.selected_ids(), self._state.project
        if class_id is not None:
            self._last_class = class_id
        if project is None or not chosen:
            return
        if class_id is not None and project.several_labels:
            self._edit(self.tr("Labelling {0:,} images"), partial(project.edits.toggle_label, chosen, class_id), chosen)
            return
        change = partial(project.edits.set_label, chosen, class_id)
        if self._edit(self.tr("Labelling {0:,} images"), change, chosen) and len(chosen) == 1:
            self.labelled.emit()

    def _exclude(self) -> None:
        chosen, project = self._grid.selected_positions(), self._state.project
        if project is not None and chosen:
            rows = [self._model.row(position) for position in chosen]
            excluded = not all(row.excluded for row in rows)
            change = partial(project.edits.set_excluded, [row.id for row in rows], excluded)
            title = self.tr("Excluding {0:,} images") if excluded else self.tr("Including {0:,} images")
            self._edit(title, change, [row.id for row in rows])

    def _edit(self, title: str, change: Change, image_ids: list[int]) -> bool:
        """Make an edit; tell whether it is made already."""
        if len(image_ids) <= AT_ONCE:
            return self._state.editing.edit(change, image_ids)
        self._state.editing.edit_many(title.format(len(image_ids)), change)
        return False
