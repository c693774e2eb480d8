"""The Review tab: how good a run is, and the images behind every figure."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QFileDialog,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.evaluation.image_table import write_image_table
from app.evaluation.review import NO_IMAGE, Positions, Review, open_review
from app.export.bundle import BUNDLE_FOLDER
from app.project.project import Project
from app.project.records import DONE
from app.training import check_ready
from ui import theme
from ui.editing import AT_ONCE, Change
from ui.jobs import Task, run_in_pool
from ui.review.calibration import CalibrationView
from ui.review.coverage import CoverageView
from ui.review.curves import CurvesView
from ui.review.head import Head
from ui.review.heat import HeatMaps
from ui.review.images import ImagesView
from ui.review.matrix import MatrixView
from ui.review.saving import save_picture
from ui.review.scores import ScoresView
from ui.state import AppState
from ui.thresholds_dialog import ThresholdsDialog
from ui.widgets.class_table import ClassTable
from ui.widgets.run_list import accuracy_text
from ui.widgets.scored_image_dialog import ScoredImageDialog

DIALOG_SHARE = 0.8  # of the tab's size
Loaded = tuple[Review, Mapping[str, str]]  # with the content hash of each path


class ReviewTab(QWidget):
    """Shows the evaluation of a run, with the labels that its images have now."""

    label_tab_requested = pyqtSignal(object)  # ids of images

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._review: Review | None = None
        self._task: Task | None = None
        self._wanted: int | None = None
        self._shown: int | None = None
        self._behind = True  # what is shown is behind the project's labels
        self._make_parts()
        self._lay_out()
        self._connect()
        self._list_runs()

    def activate(self) -> None:
        """Look for new runs, and for labels that changed meanwhile."""
        self._list_runs()

    def close_down(self) -> None:
        """End the search for reasons, and its worker."""
        self._images.why.close_down()
        self._heat.close_down()

    def show_run(self, number: int) -> None:
        """Show the figures of a run."""
        self._wanted = number
        self._list_runs()

    def _make_parts(self) -> None:
        self._empty = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._head = Head()
        self._curves = CurvesView()
        self._scores = ScoresView()
        self._calibration = CalibrationView()
        self._coverage = CoverageView()
        self._table = ClassTable()
        self._matrix_view = MatrixView()
        self._images = ImagesView()
        self._heat = HeatMaps(self._state, self)
        self._save = QPushButton(self.tr("Save…"))
        self._save.setToolTip(self.tr("Save the figure on the left as PNG or SVG"))

    def _lay_out(self) -> None:
        self._figures = QTabWidget()
        for view, title in (
            (self._curves, self.tr("Curves")),
            (self._table, self.tr("Classes")),
            (self._scores, self.tr("Scores")),
            (self._calibration, self.tr("Calibration")),
            (self._coverage, self.tr("Coverage")),
        ):
            self._figures.addTab(view, title)
        self._figures.setCornerWidget(self._save)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self._figures)
        upper.addWidget(self._matrix_view)
        upper.setSizes([640, 560])
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self._images)
        splitter.setSizes([400, 210])
        splitter.setStretchFactor(0, 1)
        for one in (upper, splitter):
            one.setHandleWidth(2 * theme.SPACE)
            one.setChildrenCollapsible(False)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._head)
        layout.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self._state.project_opened.connect(self._on_project_changed)
        self._state.project_closed.connect(self._on_project_changed)
        self._state.runs_changed.connect(self._list_runs)
        self._state.images_changed.connect(self._on_images_changed)
        self._head.runs.activated.connect(self._on_runs_activated)
        self._head.thresholds.clicked.connect(self._on_thresholds_clicked)
        self._figures.currentChanged.connect(self._show_view)
        self._save.clicked.connect(self._on_save_clicked)
        self._table.class_chosen.connect(self._on_table_class_chosen)
        self._curves.class_chosen.connect(self._on_class_chosen)
        for view in (self._curves, self._scores, self._calibration, self._coverage, self._matrix_view):
            view.images_chosen.connect(self._on_images_chosen)
        self._images.label_requested.connect(self._on_label_requested)
        self._images.exclude_requested.connect(self._on_exclude_requested)
        self._images.label_tab_requested.connect(self._on_label_tab_requested)
        self._images.table_requested.connect(self._on_table_requested)
        self._images.large_requested.connect(self._on_large_requested)

    # -- which run

    @pyqtSlot()
    def _on_project_changed(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._wanted = None
        self._review = None
        self._shown = None
        self._list_runs()

    @pyqtSlot()
    def _list_runs(self) -> None:
        project = self._state.project
        runs = [run for run in project.runs() if run.state == DONE] if project else []
        self._head.runs.clear()
        for run in runs:
            self._head.runs.addItem(self.tr("Run {0}: {1}").format(run.number, accuracy_text(run)), run.number)
        if project is None:
            self._say(self.tr("No project is open. Drop a folder of photos on the window first."))
        elif not runs:
            self._say(self._why_no_run(project))
        else:
            best = project.best_run()
            wanted = self._wanted or (best.number if best else runs[0].number)
            self._head.runs.setCurrentIndex(max(0, self._head.runs.findData(wanted)))
            self._load(project, self._head.runs.currentData())

    def _why_no_run(self, project: Project) -> str:
        """Say what to do for a run: train, or what is missing for that."""
        first = self.tr("There is no finished run yet.")
        try:
            check_ready(project)
        except AppError as error:
            return f"{first}\n{error.message} {error.hint}"
        return first + "\n" + self.tr("Press Train on the Train tab; what came of it appears here.")

    def _say(self, text: str) -> None:
        self._empty.setText(text)
        self._show_page(0)

    def _show_page(self, index: int) -> None:
        """Show words or figures; another run can be chosen from both."""
        self._pages.setCurrentIndex(index)
        self._head.setVisible(self._head.runs.count() > 0)
        self._head.set_shown(index == 1)

    @pyqtSlot(int)
    def _on_runs_activated(self, index: int) -> None:
        if self._state.project is not None:
            self._wanted = self._head.runs.itemData(index)
            self._load(self._state.project, self._head.runs.itemData(index))

    def _load(self, project: Project, number: int) -> None:
        """Read a run, or only show what is there already and up to date."""
        if number == self._shown and not self._behind:
            return
        if self._task is not None:
            self._task.cancel()
        self._behind = False
        self._task = run_in_pool(open_review, project, number, on_done=partial(self._on_loaded, number))

    def _on_loaded(self, number: int, result: Loaded | AppError) -> None:
        self._task = None
        if isinstance(result, AppError):
            self._review, self._shown = None, None
            self._say(f"{result.message}\n{result.hint}")
            return
        assert self._state.project is not None
        again = number == self._shown and self._review is not None
        self._review, digests = result
        self._shown = number
        self._heat.set_bundle(self._state.project.run_folder(number) / BUNDLE_FOLDER)
        self._images.set_review(self._review, digests, self._state.project.cache)
        if self._show_figures():
            title, images = self._images.title.text(), self._images.positions
            if again:
                self._images.show_images(title, images)
            else:
                self._show_mistakes()

    # -- figures

    def _show_figures(self) -> bool:
        """Show every figure for the labels of now; tell whether there are any."""
        review = self._review
        assert review is not None
        try:
            figures = review.figures
        except AppError as error:
            text = self.tr("{0}\nAll test images of this run are excluded, or their labels are not of its classes now.")
            self._say(text.format(error.message))
            return False
        self._show_page(1)
        self._head.show_figures(figures, review.evaluation.protocol, review.changes, review.evaluation)
        self._matrix_view.show_review(review)
        self._show_view()
        return True

    @pyqtSlot()
    def _show_view(self) -> None:
        """Draw the view in sight; the others are drawn when they are looked at."""
        if self._review is None or self._pages.currentIndex() != 1:
            return
        view = self._figures.currentWidget()
        if view is self._table:
            self._table.show_figures(self._review.figures.per_class)
        else:
            view.show_review(self._review)

    def _show_mistakes(self) -> None:
        assert self._review is not None
        mistakes = self._review.mistakes()
        if len(mistakes):
            self._images.show_images(self.tr("All mistakes"), mistakes)
        else:
            everything = np.flatnonzero(self._review.used)
            self._images.show_images(self.tr("No mistakes among the test images"), everything)

    @pyqtSlot(str)
    def _on_table_class_chosen(self, label: str) -> None:
        self._curves.emphasise(label or None)
        self._on_class_chosen(label)

    @pyqtSlot(str)
    def _on_class_chosen(self, label: str) -> None:
        if self._review is not None and label in self._review.labels:
            images = self._review.of_class(self._review.labels.index(label))
            text = self.tr("{0:,} images that are “{1}”, or were called so")
            self._images.show_images(text.format(len(images), label), images)

    @pyqtSlot(str, object)
    def _on_images_chosen(self, title: str, positions: Positions) -> None:
        self._images.show_images(title, positions)

    # -- labels

    @pyqtSlot(object)
    def _on_images_changed(self, image_ids: list[int] | None) -> None:
        """Follow a few changed labels at once, and read all of them anew otherwise, when it is seen."""
        project = self._state.project
        if project is None or self._review is None:
            return
        if image_ids is not None and self.isVisible():
            if self._review.update(project.images_of(image_ids)) and self._show_figures():
                self._images.renew()
            return
        self._behind = True
        if self.isVisible() and self._shown is not None:
            self._load(project, self._shown)

    @pyqtSlot(object, int)
    def _on_label_requested(self, positions: Positions, number: int) -> None:
        if self._review is None:
            return
        class_id = self._review.class_ids.get(number)
        if class_id is None:
            text = self.tr("There is no class “{0}” any more.").format(self._review.labels[number])
            self._state.failed.emit(AppError(text, self.tr("Add it again on the Label tab.")))
            return
        ids = self._ids(positions)
        self._edit(lambda project: partial(project.edits.set_label, ids, class_id), ids)

    @pyqtSlot(object)
    def _on_exclude_requested(self, positions: Positions) -> None:
        """Exclude images, or take them back where all of them are excluded."""
        ids = self._ids(positions)
        if self._state.project is not None:
            excluded = not all(row.excluded for row in self._state.project.images_of(ids))
            self._edit(lambda project: partial(project.edits.set_excluded, ids, excluded), ids)

    def _edit(self, change: Callable[[Project], Change], ids: list[int]) -> None:
        def wish() -> None:
            if self._state.project is None or not ids:
                return
            if len(ids) <= AT_ONCE:
                self._state.editing.edit(change(self._state.project), ids)
            else:
                self._state.editing.edit_many(self.tr("Correcting labels"), change(self._state.project))

        self._state.editing.when_idle(wish)

    def _ids(self, positions: Positions) -> list[int]:
        assert self._review is not None
        ids: list[int] = self._review.image_ids[positions].tolist()
        return [one for one in ids if one != NO_IMAGE]

    # -- out of here

    @pyqtSlot(object)
    def _on_label_tab_requested(self, positions: Positions) -> None:
        self.label_tab_requested.emit(self._ids(positions))

    @pyqtSlot(int)
    def _on_large_requested(self, row: int) -> None:
        assert self._review is not None
        dialog = ScoredImageDialog(self._images.gallery.images(), self._review.labels, row, self._heat, self)
        dialog.resize(self.size() * DIALOG_SHARE)
        dialog.open()

    def _bundle(self) -> Path | None:
        if self._state.project is None or self._shown is None:
            return None
        return self._state.project.run_folder(self._shown) / BUNDLE_FOLDER

    @pyqtSlot()
    def _on_thresholds_clicked(self) -> None:
        bundle = self._bundle()
        if bundle is None:
            return
        try:
            dialog = ThresholdsDialog(bundle, self._state.jobs, self)
        except AppError as error:
            self._state.failed.emit(error)
            return
        dialog.open()

    @pyqtSlot(object)
    def _on_table_requested(self, positions: Positions) -> None:
        file, _ = QFileDialog.getSaveFileName(self, self.tr("Save table"), "images.csv", self.tr("Table (*.csv)"))
        if file and self._review is not None:
            self._try(partial(write_image_table, Path(file), self._review.images(positions), self._review.labels))

    @pyqtSlot()
    def _on_save_clicked(self) -> None:
        kinds = self.tr("Picture (*.png);;Drawing (*.svg)")
        file, _ = QFileDialog.getSaveFileName(self, self.tr("Save figure"), "figure.png", kinds)
        if file:
            self._try(partial(save_picture, self._figures.currentWidget(), Path(file)))

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except AppError as error:
            self._state.failed.emit(error)
