"""The Review tab: how good a run is, and the images behind every figure."""

from pathlib import Path

from PyQt5.QtCore import QModelIndex, Qt, pyqtSlot
from PyQt5.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.engines.snapshot import read_snapshot
from app.errors import AppError, EngineError
from app.evaluation.report import ClassFigures, Curve, Evaluation, ScoredImage, load_evaluation
from app.project.project import Project
from app.project.records import CLASS_COLOURS, DONE
from app.training import check_ready
from ui import theme
from ui.jobs import Task, run_in_pool
from ui.state import AppState
from ui.widgets.class_table import ClassTable
from ui.widgets.confusion_matrix import COUNTS, ROW_SHARES, ConfusionMatrix
from ui.widgets.curve_legend import CurveLegend
from ui.widgets.curve_plot import CurvePlot
from ui.widgets.gallery import Gallery
from ui.widgets.run_list import accuracy_text
from ui.widgets.scored_image_dialog import ScoredImageDialog

PRECISION_RECALL, ROC = "pr", "roc"
RUN_LETTERS = 28
DIALOG_SHARE = 0.8  # of the tab's size
Loaded = tuple[Evaluation, dict[str, str]]  # with the content hash of each path


class ReviewTab(QWidget):
    """Shows the stored evaluation of a run."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._evaluation: Evaluation | None = None
        self._task: Task | None = None
        self._wanted: int | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self._list_runs()

    def activate(self) -> None:
        """Look for new runs."""
        self._list_runs()

    def close_down(self) -> None:
        """Nothing runs on its own here."""

    def show_run(self, number: int) -> None:
        """Show the figures of a run."""
        self._wanted = number
        self._list_runs()

    def _make_parts(self) -> None:
        self._empty = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._runs = QComboBox()
        self._runs.setAccessibleName(self.tr("Run"))
        self._runs.setMinimumContentsLength(RUN_LETTERS)
        self._accuracy = QLabel(objectName="figure")
        self._intervals = QLabel()
        self._protocol = QLabel(objectName="muted", wordWrap=True)
        self._kind = QComboBox()
        self._kind.addItem(self.tr("Precision and recall"), PRECISION_RECALL)
        self._kind.addItem(self.tr("ROC"), ROC)
        self._kind.setAccessibleName(self.tr("Kind of curve"))
        self._plot = CurvePlot("", "", "")
        self._plot.hide_title()
        self._plot.describe_points(self._describe_point)
        self._legend = CurveLegend()
        self._mode = QComboBox()
        self._mode.addItem(self.tr("Counts"), COUNTS)
        self._mode.addItem(self.tr("% of row"), ROW_SHARES)
        self._mode.setAccessibleName(self.tr("Numbers in the matrix"))
        self._matrix = ConfusionMatrix()
        self._table = ClassTable()
        self._gallery_title = QLabel(objectName="heading")
        self._gallery = Gallery()

    def _lay_out(self) -> None:
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(3 * theme.SPACE)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        words.addWidget(self._intervals)
        words.addWidget(self._protocol)
        head.addWidget(self._accuracy)
        head.addLayout(words, 1)
        head.addWidget(self._runs, 0, Qt.AlignmentFlag.AlignTop)
        figures = QTabWidget()
        curves = QWidget()
        row = QHBoxLayout(curves)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._plot, 1)
        row.addWidget(self._legend)
        figures.addTab(_column(self._kind, curves), self.tr("Curves"))
        figures.addTab(self._table, self.tr("Classes"))
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(figures)
        upper.addWidget(_column(self._mode, self._matrix))
        upper.setSizes([640, 560])
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._gallery_title)
        column.addWidget(self._gallery, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(lower)
        splitter.setSizes([460, 220])
        for one in (upper, splitter):
            one.setHandleWidth(2 * theme.SPACE)
            one.setChildrenCollapsible(False)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self._head)
        layout.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self._state.project_opened.connect(self._on_project_changed)
        self._state.project_closed.connect(self._on_project_changed)
        self._state.runs_changed.connect(self._list_runs)
        self._runs.activated.connect(self._on_runs_activated)
        self._kind.currentIndexChanged.connect(self._draw_curves)
        self._mode.currentIndexChanged.connect(self._on_mode_changed)
        self._matrix.cell_chosen.connect(self._on_matrix_cell_chosen)
        self._table.class_chosen.connect(self._on_class_chosen)
        self._legend.curve_chosen.connect(self._on_class_chosen)
        theme.signals.changed.connect(self._draw_curves)
        self._gallery.activated.connect(self._on_gallery_activated)

    # -- which run

    @pyqtSlot()
    def _on_project_changed(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._wanted = None
        self._evaluation = None
        self._list_runs()

    @pyqtSlot()
    def _list_runs(self) -> None:
        project = self._state.project
        runs = [run for run in project.runs() if run.state == DONE] if project else []
        self._runs.clear()
        for run in runs:
            self._runs.addItem(self.tr("Run {0}: {1}").format(run.number, accuracy_text(run)), run.number)
        if project is None:
            self._say(self.tr("No project is open. Drop a folder of photos on the window first."))
        elif not runs:
            self._say(self._why_no_run(project))
        else:
            best = project.best_run()
            wanted = self._wanted or (best.number if best else runs[0].number)
            self._runs.setCurrentIndex(max(0, self._runs.findData(wanted)))
            self._load(project, self._runs.currentData())

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
        self._head.setVisible(self._runs.count() > 0)
        for figure in (self._accuracy, self._intervals, self._protocol):
            figure.setVisible(index == 1)

    @pyqtSlot(int)
    def _on_runs_activated(self, index: int) -> None:
        if self._state.project is not None:
            self._wanted = self._runs.itemData(index)
            self._load(self._state.project, self._runs.itemData(index))

    def _load(self, project: Project, number: int) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = run_in_pool(_read_run, project.run_folder(number), on_done=self._on_loaded)

    def _on_loaded(self, result: Loaded | AppError) -> None:
        self._task = None
        if isinstance(result, AppError):
            self._say(f"{result.message}\n{result.hint}")
            return
        self._show_page(1)
        evaluation, digests = result
        if self._state.project is not None:
            self._gallery.set_source(digests, self._state.project.cache)
        if evaluation != self._evaluation:
            self._evaluation = evaluation
            self._show(evaluation)

    # -- figures

    def _show(self, evaluation: Evaluation) -> None:
        self._accuracy.setText(f"{evaluation.accuracy:.1%}")
        text = self.tr(
            "of {0:,} test images right; 95% interval {1:.1%} to {2:.1%}. Macro-F1 {3:.1%} ({4:.1%} to {5:.1%})."
        )
        self._intervals.setText(
            text.format(
                evaluation.images,
                *evaluation.interval,
                evaluation.macro_f1,
                *evaluation.macro_f1_interval,
            )
        )
        self._protocol.setText(evaluation.protocol)
        self._table.show_figures(evaluation.per_class)
        self._matrix.show_counts(evaluation.labels, evaluation.confusion)
        self._draw_curves()
        mistakes = [image for image in evaluation.predictions if image.truth != image.predicted]
        if mistakes:
            self._show_gallery(self.tr("All mistakes, the surest first"), mistakes)
        else:
            self._show_gallery(self.tr("No mistakes among the test images"), list(evaluation.predictions))

    @pyqtSlot()
    def _draw_curves(self) -> None:
        if self._evaluation is None:
            return
        if self._kind.currentData() == PRECISION_RECALL:
            self._plot.set_titles(self.tr("Precision and recall"), self.tr("recall"), self.tr("precision"))
        else:
            self._plot.set_titles(
                self.tr("Receiver operating characteristic"), self.tr("false positive rate"), self.tr("recall")
            )
        self._plot.clear()
        self._plot.set_range((0, 1), (0, 1))
        for index, figures in enumerate(self._evaluation.per_class):
            curve = self._curve(figures)
            if curve is not None:
                colour = CLASS_COLOURS[index % len(CLASS_COLOURS)]
                self._plot.set_curve(figures.label, curve.x, curve.y, colour, index // 3)
        self._legend.show_lines(self._plot.lines())

    def _curve(self, figures: ClassFigures) -> Curve | None:
        return figures.pr if self._kind.currentData() == PRECISION_RECALL else figures.roc

    def _describe_point(self, label: str, index: int) -> str:
        assert self._evaluation is not None
        figures = next(one for one in self._evaluation.per_class if one.label == label)
        curve = self._curve(figures)
        assert curve is not None
        names = (
            (self.tr("recall"), self.tr("precision"))
            if self._kind.currentData() == PRECISION_RECALL
            else (self.tr("false positive rate"), self.tr("recall"))
        )
        text = self.tr("{0}: {1} {2:.1%}, {3} {4:.1%} at threshold {5:.2f}")
        return text.format(label, names[0], curve.x[index], names[1], curve.y[index], curve.thresholds[index])

    @pyqtSlot()
    def _on_mode_changed(self) -> None:
        self._matrix.set_mode(self._mode.currentData())

    @pyqtSlot(str)
    def _on_class_chosen(self, label: str) -> None:
        self._plot.emphasise(label or None)

    # -- images

    @pyqtSlot(int, int)
    def _on_matrix_cell_chosen(self, true: int, predicted: int) -> None:
        if self._evaluation is None:
            return
        images = [
            image for image in self._evaluation.predictions if (image.truth, image.predicted) == (true, predicted)
        ]
        labels = self._evaluation.labels
        if not images:
            title = self.tr("No image of “{0}” was called “{1}”").format(labels[true], labels[predicted])
        elif true == predicted:
            title = self.tr("{0} images of “{1}”, recognised").format(len(images), labels[true])
        else:
            title = self.tr("{0} images of “{1}” that were called “{2}”").format(
                len(images), labels[true], labels[predicted]
            )
        self._show_gallery(title, images)

    def _show_gallery(self, title: str, images: list[ScoredImage]) -> None:
        assert self._evaluation is not None
        self._gallery_title.setText(title)
        self._gallery.show_images(images, self._evaluation.labels)

    @pyqtSlot(QModelIndex)
    def _on_gallery_activated(self, index: QModelIndex) -> None:
        assert self._evaluation is not None
        dialog = ScoredImageDialog(self._gallery.images(), self._evaluation.labels, index.row(), self)
        dialog.resize(self.size() * DIALOG_SHARE)
        dialog.open()


def _read_run(folder: Path) -> Loaded:
    """Read what a run came to; without its snapshot only the kept thumbnails are missed."""
    evaluation = load_evaluation(folder)
    try:
        return evaluation, {image.path: image.digest for image in read_snapshot(folder).images}
    except EngineError:
        return evaluation, {}


def _column(choice: QWidget, content: QWidget) -> QWidget:
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, theme.SPACE, 0, 0)
    row = QHBoxLayout()
    row.addWidget(choice)
    row.addStretch()
    layout.addLayout(row)
    layout.addWidget(content, 1)
    return widget
