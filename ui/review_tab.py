"""The Review tab: how good a run is, and the images behind every figure."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QFileDialog,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.evaluation.review import Positions, Review, open_subject
from app.evaluation.subjects import Subject, run_subject, subjects
from app.export.bundle import BUNDLE_FOLDER, read_bundle_info
from app.export.html_report import labelled_report, unlabelled_report
from app.export.looked import LookedAt, read_looked_at
from app.project.project import Project
from app.training import check_ready
from ui import theme
from ui.compare_menu import CompareMenu
from ui.jobs import Task, run_in_pool
from ui.review.figures_page import FiguresPage
from ui.review.head import Head
from ui.review.heat import HeatMaps
from ui.review.measuring import Measuring
from ui.review.relabelling import Relabelling
from ui.review.saving import Saving
from ui.review.unlabelled import UnlabelledPage
from ui.state import AppState
from ui.thresholds_dialog import ThresholdsDialog
from ui.widgets.image_dialog import ImageDialog
from ui.widgets.scored_image_dialog import ScoredImageDialog

WORDS, FIGURES, UNLABELLED = range(3)  # pages
DIALOG_SHARE = 0.8  # of the tab's size
# With the content hash of each path, and how many images of the project could be cross-validated.
Loaded = tuple[Review, Mapping[str, str], int]


class ReviewTab(QWidget):
    """Shows the evaluation of a run, with the labels that its images have now."""

    label_tab_requested = pyqtSignal(object)  # ids of images

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._review: Review | None = None
        self._task: Task | None = None
        self._wanted: Subject | None = None
        self._shown: Subject | None = None
        self._labelled = 0  # images of the project that could be cross-validated
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
        self._page.images.why.close_down()
        self._heat.close_down()

    def show_run(self, number: int) -> None:
        """Show the figures of a run."""
        if self._state.project is not None:
            self.show_subject(run_subject(self._state.project, number))

    @pyqtSlot(object)
    def show_subject(self, subject: Subject) -> None:
        """Show what was measured, read anew."""
        self._wanted, self._shown = subject, None
        self._list_runs()

    def _make_parts(self) -> None:
        self._empty = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._head = Head()
        self._page = FiguresPage()
        self._heat = HeatMaps(self._state, self)
        self._compare = CompareMenu(self._state, self)
        self._head.add_menu(self._compare)
        self._relabelling = Relabelling(self._state, self)
        self._measuring = Measuring(self._state, self)
        self._saving = Saving(self, self._state)
        self._unlabelled = UnlabelledPage()

    def _lay_out(self) -> None:
        self._pages = QStackedWidget()
        for page in (self._empty, self._page, self._unlabelled):
            self._pages.addWidget(page)
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
        self._head.report.triggered.connect(self._on_report_triggered)
        self._head.trying.triggered.connect(self._on_trying_triggered)
        self._head.crossing.triggered.connect(self._measuring.cross_validate)
        self._head.offer.linkActivated.connect(self._measuring.cross_validate)
        self._measuring.busy_changed.connect(self._head.set_busy)
        self._measuring.measured.connect(self.show_subject)
        self._page.picture_requested.connect(self._saving.picture)
        images = self._page.images
        images.label_requested.connect(self._relabelling.label)
        images.exclude_requested.connect(self._relabelling.exclude)
        images.label_tab_requested.connect(self._on_label_tab_requested)
        images.table_requested.connect(self._on_table_requested)
        images.large_requested.connect(self._on_large_requested)
        self._unlabelled.table_requested.connect(self._saving.results)
        self._unlabelled.image_requested.connect(self._on_image_requested)

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
        runs = project.runs() if project else []
        listed = subjects(project) if project else []
        self._head.show_subjects(listed, runs)
        if project is None:
            self._say(self.tr("No project is open. Drop a folder of photos on the window first."))
        elif not listed:
            self._say(self._why_no_run(project))
        else:
            best = project.best_run()
            wanted = self._wanted or (run_subject(project, best.number) if best else listed[0])
            self._load(project, self._head.choose(wanted))

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
        self._show_page(WORDS)

    def _show_page(self, index: int) -> None:
        """Show words or figures; another run can be chosen from both."""
        self._pages.setCurrentIndex(index)
        self._head.setVisible(self._head.runs.count() > 0)
        self._head.set_shown(index == FIGURES)
        self._head.report.setEnabled(index != WORDS)
        run = self._shown.run if self._shown is not None else None
        self._head.set_model(run is not None)
        self._compare.show_run(run)

    @pyqtSlot(int)
    def _on_runs_activated(self, index: int) -> None:
        if self._state.project is not None:
            self._wanted = self._head.runs.itemData(index)
            self._load(self._state.project, self._head.runs.itemData(index))

    def _load(self, project: Project, subject: Subject) -> None:
        """Read what was measured, or only show what is there already and up to date."""
        if subject == self._shown and not self._behind:
            return
        if self._task is not None:
            self._task.cancel()
        self._behind = False
        if subject.labelled:
            self._task = run_in_pool(_open, project, subject, on_done=partial(self._on_loaded, subject))
        else:
            self._task = run_in_pool(read_looked_at, subject.folder, on_done=partial(self._on_looked_at, subject))

    def _forget_review(self) -> None:
        self._review, self._shown = None, None
        self._relabelling.set_review(None)

    def _on_looked_at(self, subject: Subject, found: LookedAt | AppError) -> None:
        """Show what a model made of unlabelled images."""
        self._task = None
        self._forget_review()
        if isinstance(found, AppError):
            self._say(f"{found.message}\n{found.hint}")
            return
        assert subject.data is not None
        self._shown = subject
        self._unlabelled.show_found(found)
        self._show_page(UNLABELLED)
        self._head.say(self._unlabelled.words(found, subject.data.name))

    def _on_loaded(self, subject: Subject, result: Loaded | AppError) -> None:
        self._task = None
        if isinstance(result, AppError):
            self._forget_review()
            self._say(f"{result.message}\n{result.hint}")
            return
        assert self._state.project is not None
        again = subject == self._shown and self._review is not None
        self._review, digests, self._labelled = result
        self._shown = subject
        self._relabelling.set_review(self._review)
        bundle = self._bundle()
        if bundle is not None:
            self._heat.set_bundle(bundle)
        self._page.set_review(self._review, digests, self._state.project.cache)
        if self._show_figures():
            if again:
                self._page.show_again()
            else:
                self._page.show_mistakes()

    # -- figures

    def _show_figures(self) -> bool:
        """Show every figure for the labels of now; tell whether there are any."""
        review = self._review
        assert review is not None
        self._show_page(FIGURES)
        try:
            self._head.show_review(review, self._labelled)
        except AppError as error:
            text = self.tr("{0}\nAll test images of this run are excluded, or their labels are not of its classes now.")
            self._say(text.format(error.message))
            return False
        self._page.show_figures()
        return True

    # -- labels

    @pyqtSlot(object)
    def _on_images_changed(self, image_ids: list[int] | None) -> None:
        """Follow a few changed labels at once, and read all of them anew otherwise, when it is seen."""
        project = self._state.project
        if project is None or self._review is None:
            return
        if image_ids is not None and self.isVisible():
            if self._review.update(project.images_of(image_ids)) and self._show_figures():
                self._page.images.renew()
            return
        self._behind = True
        if self.isVisible() and self._shown is not None:
            self._load(project, self._shown)

    # -- out of here

    @pyqtSlot(object)
    def _on_label_tab_requested(self, positions: Positions) -> None:
        self.label_tab_requested.emit(self._relabelling.ids(positions))

    @pyqtSlot(int)
    def _on_large_requested(self, row: int) -> None:
        assert self._review is not None
        heat = self._heat if self._bundle() is not None else None  # no one model answered for all out of fold
        dialog = ScoredImageDialog(self._page.images.gallery.images(), self._review.labels, row, heat, self)
        dialog.resize(self.size() * DIALOG_SHARE)
        dialog.open()

    def _bundle(self) -> Path | None:
        """Return the model that was measured; None out of fold."""
        if self._state.project is None or self._shown is None or self._shown.run is None:
            return None
        return self._state.project.run_folder(self._shown.run) / BUNDLE_FOLDER

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
    def _on_image_requested(self, path: Path) -> None:
        dialog = ImageDialog(path, self)
        dialog.resize(self.size() * DIALOG_SHARE)
        dialog.open()

    @pyqtSlot()
    def _on_trying_triggered(self) -> None:
        if self._shown is not None and self._shown.run is not None:
            words = self.tr("Choose a folder of images; sub-folders named like the classes are their labels")
            folder = QFileDialog.getExistingDirectory(self, words)
            if folder:
                self._measuring.try_folder(self._shown.run, Path(folder))

    @pyqtSlot(object)
    def _on_table_requested(self, positions: Positions) -> None:
        if self._review is not None:
            self._saving.images(self._review.images(positions), self._review.labels)

    @pyqtSlot()
    def _on_report_triggered(self) -> None:
        if self._shown is None or self._state.project is None:
            return
        bundle, name = self._bundle(), self._state.project.name
        if self._review is not None:
            images = self._shown.data or Path()
            self._saving.report(partial(labelled_report, name, self._review.evaluation_of_now, images, bundle))
        elif bundle is not None:
            self._saving.report(partial(_unlabelled, self._shown, bundle))


def _open(project: Project, subject: Subject) -> Loaded:
    review, digests = open_subject(project, subject)
    return review, digests, sum(project.usable_counts().values())


def _unlabelled(subject: Subject, bundle: Path) -> str:
    assert subject.data is not None
    found, info = read_looked_at(subject.folder), read_bundle_info(bundle)
    return unlabelled_report(bundle, info, found.results, found.drift, subject.data.name)
