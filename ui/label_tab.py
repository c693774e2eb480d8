"""The Label tab: a grid of images, the classes beside it, and a key for each."""

from collections.abc import Sequence
from dataclasses import replace

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.project.project import Project
from ui import theme
from ui.class_edits import ClassEdits
from ui.image_filter import Filter
from ui.image_loading import Images, load_images, reload_images
from ui.item_models import ImageModel
from ui.jobs import Task, run_in_pool
from ui.label_actions import LabelActions
from ui.label_find import LabelFind
from ui.labelling import Labelling
from ui.state import AppState
from ui.widgets.assistant_panel import SIMILAR, SUGGESTIONS, AssistantPanel
from ui.widgets.cheat_sheet import CheatSheet
from ui.widgets.class_list import ClassList
from ui.widgets.found_bar import FoundBar
from ui.widgets.grid_bar import GridBar
from ui.widgets.image_grid import ImageGrid
from ui.widgets.image_view import ImageToShow, ImageView
from ui.widgets.start_page import StartPage

SIDE_WIDTH = 290
NEAR = (1, -1, 2, 3)  # read before they are asked for, in this order


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
        self._changed_meanwhile: set[int] = set()  # edited while all images are being read
        self._make_parts()
        self._lay_out()
        self._connect()
        self._read_images()

    def activate(self) -> None:
        """Give the keyboard to the images."""
        self._grid.setFocus()

    def show_images(self, image_ids: Sequence[int]) -> None:
        """Show these images, in this order, until others are asked for."""
        self._find.show_given(image_ids)

    def close_down(self) -> None:
        """Forget what is still being read."""
        self._stop_reading()
        self._find.assistance.close_down()

    def _make_parts(self) -> None:
        self._actions = LabelActions(self)
        self._start = StartPage()
        self._classes = ClassList()
        self._class_edits = ClassEdits(self._state, self._classes, self._actions, self)
        self._grid = ImageGrid(self._model)
        self._view = ImageView()
        self._panel = AssistantPanel()
        self._top = GridBar()
        self._bar = FoundBar()
        self._find = LabelFind(self._state, self._model, self._grid, self._panel, self._bar, self)
        self._labelling = Labelling(self._state, self._model, self._grid, self._actions, self)
        self._nothing = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter)
        self._hint = QLabel(objectName="muted")

    def _lay_out(self) -> None:
        self._middle = QStackedWidget()
        for widget in (self._grid, self._view, self._nothing):
            self._middle.addWidget(widget)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addWidget(self._top)
        column.addWidget(self._bar)
        column.addWidget(self._middle, 1)
        column.addWidget(self._hint)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self._classes)
        left.addWidget(self._panel)
        left.setSizes([440, 290])
        left.setStretchFactor(0, 1)
        left.setHandleWidth(2 * theme.SPACE)
        splitter.addWidget(left)
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
        state.images_arrived.connect(self._on_images_arrived)
        self._start.folder_requested.connect(self.folder_requested)
        self._start.project_requested.connect(self.project_requested)
        self._start.demo_requested.connect(self.demo_requested)
        actions.next_requested.connect(self._on_next_requested)
        actions.larger_requested.connect(self._on_larger_requested)
        actions.suggestions_requested.connect(self._on_suggestions_requested)
        actions.similar_requested.connect(self._on_similar_requested)
        actions.accept_requested.connect(self._find.accept_selected)
        actions.accept_in_sight_requested.connect(self._find.accept_in_sight)
        actions.renew_requested.connect(self._find.renew)
        actions.all_requested.connect(self._on_all_requested)
        actions.zoom_requested.connect(self._on_zoom_requested)
        actions.fit_requested.connect(self._view.fit)
        actions.actual_size_requested.connect(self._view.show_actual_size)
        actions.find_requested.connect(self._top.setFocus)
        actions.skip_requested.connect(self._on_labelled)
        actions.back_requested.connect(self._on_back_requested)
        actions.keys_requested.connect(self._on_keys_requested)
        classes.filter_chosen.connect(self._on_filter_chosen)
        self._find.list_shown.connect(self._on_list_shown)
        self._bar.close_requested.connect(self._on_all_requested)
        self._labelling.labelled.connect(self._on_labelled)
        self._top.sort_changed.connect(self._on_top_sort_changed)
        self._top.text_changed.connect(self._on_top_text_changed)
        self._top.size_changed.connect(self._grid.set_side)
        self._grid.doubleClicked.connect(self._on_larger_requested)
        self._grid.selection_changed.connect(self._show_hint)
        self._view.step_requested.connect(self._on_view_step_requested)
        self._view.close_requested.connect(self._on_view_close_requested)

    # -- what is shown

    @pyqtSlot()
    def _on_project_changed(self) -> None:
        """Forget the other project's images at once: a key must not label what is no longer there."""
        self._stop_reading()
        self._find.forget()
        self._model.clear()
        self._view.clear()
        self._top.clear()
        self._read_images()

    @pyqtSlot(object)
    def _on_images_changed(self, image_ids: list[int] | None) -> None:
        project = self._state.project
        if project is None:
            return
        if image_ids is None:
            image_ids = [self._model.row(position).id for position in self._grid.visible_positions()]
            self._read_images()
        if self._task is not None:
            self._changed_meanwhile.update(image_ids)
        self._model.update_rows(project.images_of(image_ids))
        self._show_classes(project)
        position = self._grid.current_position()
        if position is not None and self._middle.currentWidget() is self._view:
            self._show_in_view(position)

    @pyqtSlot()
    def _on_images_arrived(self) -> None:
        """Show the first images of an import while the others are being read; afterwards all are put in order."""
        project = self._state.project
        if project is None or self._task is not None:
            return
        rows = project.images_after(max(self._model.ids(), default=0))
        if rows:
            first = not self._model.ids()
            self._model.add_rows(rows)
            self._show_classes(project)
            self._pages.setCurrentIndex(1)
            self._show_middle()
            if first:
                self._grid.go_to(0)

    def _stop_reading(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self._changed_meanwhile.clear()

    def _read_images(self) -> None:
        """Read all images in the background; those in sight were updated before."""
        self._stop_reading()
        project = self._state.project
        if project is None:
            self._start.show_no_project()
            self._pages.setCurrentIndex(0)
            return
        known = self._model.ids()
        if known and len(known) == project.image_count():
            self._task = run_in_pool(reload_images, project, known, on_done=self._on_images_read)
        else:
            self._task = run_in_pool(load_images, project, on_done=self._on_images_read)
            self._show_middle()

    def _on_images_read(self, images: Images | AppError) -> None:
        changed, project = list(self._changed_meanwhile), self._state.project
        self._stop_reading()
        if isinstance(images, AppError):
            self._state.failed.emit(images)
        elif project is not None:
            kept = self._grid.selected_ids()
            others = self._model.show_images(images)
            self._model.update_rows(project.images_of(changed))
            self._show_classes(project)
            if others:
                self._grid.select_ids(kept)
                self._start.show_no_images(project.name)
                self._pages.setCurrentIndex(1 if images.rows else 0)
            self._show_middle()

    def _show_classes(self, project: Project) -> None:
        classes = project.classes()
        counts = self._model.counts()
        chosen = self._model.filter
        if chosen.class_id is not None and all(row.id != chosen.class_id for row in classes):
            self._filter(Filter(text=chosen.text, sort=chosen.sort))  # its class is gone
        self._model.show_classes(classes)
        self._classes.show_classes(classes, counts, self._model.filter)
        self._actions.show_classes(classes)
        several = project.several_labels
        self._actions.show_several(several)
        self._top.show_counts(counts, several)

    def _show_middle(self) -> None:
        if not self._model.rowCount():
            self._nothing.setText(self._why_nothing())
            self._middle.setCurrentWidget(self._nothing)
        elif self._middle.currentWidget() is self._nothing:
            self._middle.setCurrentWidget(self._grid)
        self._show_hint()

    def _why_nothing(self) -> str:
        if self._task is not None and not self._model.ids():
            return self.tr("Reading the list of images…")
        if self._model.filter.listed is not None:
            return self.tr("Nothing was found. Esc leads back to all images.")
        return self.tr("No image here. Choose “All images”, or another name to find.")

    @pyqtSlot()
    def _show_hint(self) -> None:
        count = self._grid.selected_count()
        keys = self.tr("1–9 label · L any class · 0 unlabel · X exclude · N next unlabelled · ? all keys")
        self._hint.setText(self.tr("{0:,} selected · {1}").format(count, keys))

    # -- filter

    @pyqtSlot(object)
    def _on_filter_chosen(self, chosen: Filter) -> None:
        self._find.forget()
        self._filter(Filter(chosen.kind, chosen.class_id, self._top.text(), self._top.sort()))

    @pyqtSlot(str)
    def _on_top_text_changed(self, text: str) -> None:
        self._filter(replace(self._model.filter, text=text))

    @pyqtSlot()
    def _on_top_sort_changed(self) -> None:
        self._find.forget()
        self._filter(replace(self._model.filter, sort=self._top.sort(), listed=None))

    @pyqtSlot(object)
    def _on_list_shown(self, chosen: Filter) -> None:
        """Show what was found, for the moment without a text to find by."""
        self._top.clear()
        self._filter(chosen)
        self._show_classes_again()
        self._grid.setFocus()

    @pyqtSlot()
    def _on_all_requested(self) -> None:
        """Leave the large view, or the list that the assistant found."""
        if self._middle.currentWidget() is self._view:
            self._on_view_close_requested()
        elif self._model.filter.listed is not None:
            self._find.forget()
            self._filter(Filter(text=self._top.text(), sort=self._top.sort()))
            self._show_classes_again()
            self._grid.setFocus()

    def _show_classes_again(self) -> None:
        if self._state.project is not None:
            self._show_classes(self._state.project)

    def _filter(self, chosen: Filter) -> None:
        self._model.set_filter(chosen)
        self._middle.setCurrentWidget(self._grid)
        self._grid.go_to(0)
        self._show_middle()

    # -- moving about

    @pyqtSlot()
    def _on_suggestions_requested(self) -> None:
        self._find.find(SUGGESTIONS)

    @pyqtSlot()
    def _on_similar_requested(self) -> None:
        self._find.find(SIMILAR)

    @pyqtSlot()
    def _on_labelled(self) -> None:
        self._step(1)

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
            self._show_in_view(position)

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
            self._show_in_view(position)

    def _show_in_view(self, position: int) -> None:
        """Show an image large; those after it, and the one before, are read meanwhile."""
        row, count = self._model.row(position), self._model.rowCount()
        near = (position + step for step in NEAR if 0 <= position + step < count)
        classes, thumbnail = tuple(self._model.classes_of(row)), self._model.thumbnail(position)
        shown = ImageToShow(row.path, row.name, classes, row.excluded, thumbnail)
        self._view.show_image(shown, [self._model.row(one).path for one in near])

    @pyqtSlot(int)
    def _on_zoom_requested(self, steps: int) -> None:
        """Zoom the image, or make thumbnails larger or smaller."""
        if self._middle.currentWidget() is self._view:
            self._view.zoom_by(steps)
        else:
            self._top.resize_by(steps)
