"""The Label tab: a grid of images, the classes beside it, and a key for each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSlider,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.project.project import Project
from app.project.records import ImageRow
from ui import theme
from ui.item_models import EXCLUDED, UNLABELLED, UNREADABLE, Filter, ImageModel
from ui.jobs import Task, run_in_pool
from ui.label_actions import LabelActions
from ui.state import AppState
from ui.widgets.cheat_sheet import CheatSheet
from ui.widgets.class_list import ClassList
from ui.widgets.class_palette import ClassPalette
from ui.widgets.image_grid import FIRST_SIZE, LARGEST, SMALLEST, ImageGrid
from ui.widgets.image_view import ImageView
from ui.widgets.start_page import StartPage

SIDE_WIDTH = 250
SLIDER_WIDTH = 140


class LabelTab(QWidget):
    """Shows images and turns keys into edits."""

    folder_requested = pyqtSignal()
    project_requested = pyqtSignal()
    demo_requested = pyqtSignal()
    path_requested = pyqtSignal(object)

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._model = ImageModel(self)
        self._task: Task | None = None
        self._last_class: int | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self._reload()

    def activate(self) -> None:
        """Give the keyboard to the images."""
        self._grid.setFocus()

    def close_down(self) -> None:
        """Forget what is still being read."""
        if self._task is not None:
            self._task.cancel()

    def _make_parts(self) -> None:
        self._actions = LabelActions(self)
        self._start = StartPage()
        self._classes = ClassList()
        self._grid = ImageGrid(self._model)
        self._view = ImageView()
        self._search = QLineEdit(placeholderText=self.tr("Find by name or folder"), clearButtonEnabled=True)
        self._search.setAccessibleName(self.tr("Find by name or folder"))
        self._size = QSlider(Qt.Orientation.Horizontal, minimum=SMALLEST, maximum=LARGEST, value=FIRST_SIZE)
        self._size.setAccessibleName(self.tr("Size of the thumbnails"))
        self._size.setToolTip(self.tr("Size of the thumbnails"))
        self._size.setFixedWidth(SLIDER_WIDTH)
        self._summary = QLabel(objectName="muted")
        self._nothing = QLabel(
            self.tr("No image here. Choose “All images”, or another name to find."),
            objectName="muted",
            alignment=Qt.AlignmentFlag.AlignCenter,
        )
        self._hint = QLabel(objectName="muted")

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._search, 1)
        top.addWidget(self._summary)
        top.addWidget(self._size)
        self._middle = QStackedWidget()
        for widget in (self._grid, self._view, self._nothing):
            self._middle.addWidget(widget)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(top)
        column.addWidget(self._middle, 1)
        column.addWidget(self._hint)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._classes)
        splitter.addWidget(right)
        splitter.setSizes([SIDE_WIDTH, 4 * SIDE_WIDTH])
        splitter.setStretchFactor(1, 1)
        splitter.setHandleWidth(2 * theme.SPACE)
        work = QWidget()
        QVBoxLayout(work).addWidget(splitter)
        work.layout().setContentsMargins(*[2 * theme.SPACE] * 4)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._start)
        self._pages.addWidget(work)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

    def _connect(self) -> None:
        state, actions, classes = self._state, self._actions, self._classes
        state.project_opened.connect(self._on_project_changed)
        state.project_closed.connect(self._on_project_changed)
        state.images_changed.connect(self._on_images_changed)
        self._start.folder_requested.connect(self.folder_requested)
        self._start.project_requested.connect(self.project_requested)
        self._start.demo_requested.connect(self.demo_requested)
        actions.label_requested.connect(self._on_label_requested)
        actions.unlabel_requested.connect(self._on_unlabel_requested)
        actions.exclude_requested.connect(self._on_exclude_requested)
        actions.next_requested.connect(self._on_next_requested)
        actions.larger_requested.connect(self._on_larger_requested)
        actions.find_requested.connect(self._search.setFocus)
        actions.palette_requested.connect(self._on_palette_requested)
        actions.repeat_requested.connect(self._on_repeat_requested)
        actions.back_requested.connect(self._on_back_requested)
        actions.keys_requested.connect(self._on_keys_requested)
        classes.filter_chosen.connect(self._on_filter_chosen)
        classes.add_requested.connect(self._on_add_requested)
        classes.rename_requested.connect(self._on_rename_requested)
        classes.recolour_requested.connect(self._on_recolour_requested)
        classes.merge_requested.connect(self._on_merge_requested)
        classes.delete_requested.connect(self._on_delete_requested)
        self._search.textChanged.connect(self._on_search_text_changed)
        self._size.valueChanged.connect(self._grid.set_side)
        self._grid.doubleClicked.connect(self._on_larger_requested)
        self._grid.selection_changed.connect(self._show_hint)
        self._view.step_requested.connect(self._on_view_step_requested)
        self._view.close_requested.connect(self._on_view_close_requested)

    # -- what is shown

    @pyqtSlot()
    def _on_project_changed(self) -> None:
        if self._task is not None:
            self._task.cancel()  # it reads the project before
            self._task = None
        self._model.set_filter(Filter())
        self._reload()

    @pyqtSlot(object)
    def _on_images_changed(self, image_ids: list[int] | None) -> None:
        project = self._state.project
        if project is None or image_ids is None:
            self._reload()
        else:
            self._model.update_rows(project.images_of(image_ids))
            self._show_classes(project)

    def _reload(self) -> None:
        if self._task is not None:
            self._task.cancel()
        project = self._state.project
        if project is None:
            self._start.show_no_project()
            self._model.show_images([], Path())
            self._pages.setCurrentIndex(0)
        else:
            self._task = run_in_pool(project.images, on_done=self._on_images_loaded)

    def _on_images_loaded(self, rows: list[ImageRow] | AppError) -> None:
        self._task = None
        project = self._state.project
        if isinstance(rows, AppError):
            self._state.failed.emit(rows)
        elif project is not None:
            if not rows:
                self._start.show_no_images(project.name)
            kept = self._grid.selected_ids()
            self._model.show_images(rows, project.cache)
            self._show_classes(project)
            self._select(kept)
            self._pages.setCurrentIndex(1 if rows else 0)
            self._show_middle()

    def _show_classes(self, project: Project) -> None:
        classes = project.classes()
        counts = self._model.counts()
        self._model.show_classes(classes)
        self._classes.show_classes(classes, counts)
        self._actions.show_classes(classes)
        labelled = counts["all"] - counts[UNLABELLED] - counts[EXCLUDED]
        text = self.tr("{0:,} of {1:,} labelled").format(labelled, counts["all"])
        if counts[UNREADABLE]:
            text += self.tr(", {0:,} unreadable").format(counts[UNREADABLE])
        self._summary.setText(text)

    def _select(self, image_ids: list[int]) -> None:
        positions = [self._model.position(key) for key in image_ids]
        shown = [position for position in positions if position is not None]
        self._grid.go_to(shown[0] if shown else 0)

    def _show_middle(self) -> None:
        if not self._model.rowCount():
            self._middle.setCurrentWidget(self._nothing)
        elif self._middle.currentWidget() is self._nothing:
            self._middle.setCurrentWidget(self._grid)
        self._show_hint()

    @pyqtSlot()
    def _show_hint(self) -> None:
        count = len(self._grid.selectedIndexes())
        keys = self.tr("1–9 label · L any class · 0 unlabel · X exclude · N next unlabelled · ? all keys")
        self._hint.setText(self.tr("{0:,} selected · {1}").format(count, keys))

    # -- filter

    @pyqtSlot(object)
    def _on_filter_chosen(self, chosen: Filter) -> None:
        self._filter(Filter(chosen.kind, chosen.class_id, self._search.text()))

    @pyqtSlot(str)
    def _on_search_text_changed(self, text: str) -> None:
        self._filter(Filter(self._model.filter.kind, self._model.filter.class_id, text))

    def _filter(self, chosen: Filter) -> None:
        self._model.set_filter(chosen)
        self._middle.setCurrentWidget(self._grid)
        self._grid.go_to(0)
        self._show_middle()

    # -- labels

    @pyqtSlot(int)
    def _on_label_requested(self, class_id: int) -> None:
        self._label(class_id)

    @pyqtSlot()
    def _on_unlabel_requested(self) -> None:
        self._label(None)

    @pyqtSlot()
    def _on_repeat_requested(self) -> None:
        if self._last_class is not None:
            self._label(self._last_class)

    @pyqtSlot()
    def _on_palette_requested(self) -> None:
        if self._state.project is not None and self._grid.selected_ids():
            palette = ClassPalette(self._state.project.classes(), self)
            palette.class_chosen.connect(self._label)
            palette.new_class_requested.connect(self._on_new_class_requested)
            palette.open()

    @pyqtSlot(str)
    def _on_new_class_requested(self, name: str) -> None:
        project = self._state.project
        if project is not None and self._edit(project.edits.add_class, name):
            self._label(next(row.id for row in project.classes() if row.name == name))

    @pyqtSlot(int)
    def _label(self, class_id: int | None) -> None:
        chosen = self._grid.selected_ids()
        if class_id is not None:
            self._last_class = class_id
        project = self._state.project
        if project is None or not chosen:
            return
        if self._edit(project.edits.set_label, chosen, class_id, changed=chosen) and len(chosen) == 1:
            self._step(1)

    @pyqtSlot()
    def _on_exclude_requested(self) -> None:
        chosen = self._grid.selected_ids()
        project = self._state.project
        if project is not None and chosen:
            excluded = all(row.excluded for row in project.images_of(chosen))
            self._edit(project.edits.set_excluded, chosen, not excluded, changed=chosen)

    @pyqtSlot(str)
    def _on_add_requested(self, name: str) -> None:
        if self._state.project is not None:
            self._edit(self._state.project.edits.add_class, name)

    @pyqtSlot(int, str)
    def _on_rename_requested(self, class_id: int, name: str) -> None:
        if self._state.project is not None:
            self._edit(self._state.project.edits.rename_class, class_id, name)

    @pyqtSlot(int, str)
    def _on_recolour_requested(self, class_id: int, colour: str) -> None:
        if self._state.project is not None:
            self._edit(self._state.project.edits.recolour_class, class_id, colour)

    @pyqtSlot(int, int)
    def _on_merge_requested(self, class_id: int, into: int) -> None:
        if self._state.project is not None:
            self._edit(self._state.project.edits.merge_class, class_id, into)

    @pyqtSlot(int)
    def _on_delete_requested(self, class_id: int) -> None:
        if self._state.project is not None:
            self._edit(self._state.project.edits.delete_class, class_id)

    def _edit(self, edit: Callable[..., Any], *values: Any, changed: list[int] | None = None) -> bool:
        try:
            edit(*values)
        except AppError as error:
            self._state.failed.emit(error)
            return False
        self._state.changed(changed)
        return True

    # -- moving about

    @pyqtSlot()
    def _on_back_requested(self) -> None:
        self._step(-1)

    @pyqtSlot()
    def _on_keys_requested(self) -> None:
        more = [
            (self.tr("Arrows"), self.tr("Go to another image; with Shift, select up to it")),
            (self.tr("Ctrl+A"), self.tr("Select every image shown")),
            (self.tr("Ctrl+Z  Ctrl+Shift+Z"), self.tr("Undo, redo")),
            (self.tr("Ctrl+1 … Ctrl+5"), self.tr("Go to another tab")),
        ]
        CheatSheet(self.actions(), more, self).open()

    @pyqtSlot()
    def _on_next_requested(self) -> None:
        start = self._grid.current_position()
        position = self._model.next_unlabelled(-1 if start is None else start)
        if position is not None:
            self._go_to(position)

    @pyqtSlot()
    def _on_larger_requested(self) -> None:
        position = self._grid.current_position()
        if position is not None and self._middle.currentWidget() is self._grid:
            self._middle.setCurrentWidget(self._view)
            self._view.setFocus()
            self._view.show_file(self._model.row(position).path)

    @pyqtSlot(int)
    def _on_view_step_requested(self, step: int) -> None:
        self._step(step)

    @pyqtSlot()
    def _on_view_close_requested(self) -> None:
        self._middle.setCurrentWidget(self._grid)
        self._grid.setFocus()

    def _step(self, step: int) -> None:
        position = self._grid.current_position()
        if position is not None and 0 <= position + step < self._model.rowCount():
            self._go_to(position + step)

    def _go_to(self, position: int) -> None:
        self._grid.go_to(position)
        if self._middle.currentWidget() is self._view:
            self._view.show_file(self._model.row(position).path)
