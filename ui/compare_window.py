"""Two or more runs side by side: whether they differ by more than chance, in what, and on which images."""

from collections.abc import Sequence
from functools import partial

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.evaluation.compared_runs import ComparedRuns, open_compared
from app.evaluation.comparison import Comparison
from ui import theme
from ui.compare_curves import CompareCurves
from ui.compare_images import CompareImages
from ui.compare_tables import ClassChanges, SettingsTable
from ui.jobs import Task, run_in_pool
from ui.state import AppState
from ui.widgets.run_list import accuracy_text

SIZE = (1180, 740)
RUN_LETTERS = 30
POINTS = 100
LEAST_P = 0.001


class CompareWindow(QDialog):
    """Compares runs by the labels of now; it closes with the project."""

    def __init__(self, state: AppState, numbers: Sequence[int], parent: QWidget | None = None):
        super().__init__(parent)
        self._state, self._numbers = state, tuple(numbers)
        self._compared: ComparedRuns | None = None
        self._task: Task | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setWindowTitle(self.tr("Compare runs {0}").format(", ".join(map(str, self._numbers))))
        self.resize(*SIZE)
        self._make_parts()
        self._lay_out()
        for choice in (self.first, self.second):
            choice.activated.connect(self._compare)
        self.classes.class_chosen.connect(self.images.show_class)
        state.project_closed.connect(self.close)
        state.images_changed.connect(self._load)
        self._say(self.tr("Comparing…"))
        self._load()

    def _make_parts(self) -> None:
        self.first, self.second = QComboBox(), QComboBox()
        for choice in (self.first, self.second):
            choice.setMinimumContentsLength(RUN_LETTERS)
        self.first.setAccessibleName(self.tr("First run"))
        self.second.setAccessibleName(self.tr("Second run"))
        self.verdict = QLabel(objectName="heading", wordWrap=True)
        self.details = QLabel(wordWrap=True)
        self.how = QLabel(objectName="muted", wordWrap=True)
        self.how.setText(
            self.tr(
                "The test is McNemar's, exact, in which near-duplicates count as one image; the interval is by "
                "bootstrap. Of many pairs compared, one in twenty equal ones would seem to differ."
            )
        )
        self.classes, self.settings, self.curves = ClassChanges(), SettingsTable(), CompareCurves()
        self.images = CompareImages()
        self.words = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._pages = QStackedWidget()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(theme.SPACE)
        for words, choice in ((self.tr("&From"), self.first), (self.tr("&to"), self.second)):
            label = QLabel(words)
            label.setBuddy(choice)
            choices.addWidget(label)
            choices.addWidget(choice)
        choices.addStretch()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.classes, self.tr("Classes"))
        self.tabs.addTab(self.settings, self.tr("Settings"))
        self.tabs.addTab(self.curves, self.tr("Curves"))
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self.tabs)
        self._splitter.addWidget(self.images)
        self._splitter.setSizes([330, 260])
        self._splitter.setHandleWidth(2 * theme.SPACE)
        self._splitter.setChildrenCollapsible(False)
        self._pages.addWidget(self.words)
        self._pages.addWidget(self._splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(choices)
        for widget in (self.verdict, self.details, self.how):
            layout.addWidget(widget)
        layout.addWidget(self._pages, 1)

    @pyqtSlot()
    def _load(self) -> None:
        """Read the runs, and the labels of now."""
        if self._state.project is not None:
            if self._task is not None:
                self._task.cancel()
            self._task = run_in_pool(open_compared, self._state.project, self._numbers, on_done=self._on_loaded)

    def _on_loaded(self, result: ComparedRuns | AppError) -> None:
        self._task = None
        if isinstance(result, AppError):
            self._fail(result)
            return
        first = self._compared is None
        self._compared = result
        assert self._state.project is not None
        self.images.set_source(result.digests, self._state.project.cache)
        if first:
            for choice in (self.first, self.second):
                for number, run in result.runs.items():
                    text = self.tr("Run {0}: {1}").format(number, accuracy_text(run.row))
                    choice.addItem(text, number)
            self.second.setCurrentIndex(1)
            self.settings.show_runs(result)
            self.curves.show_runs(result)
        self._compare()

    @pyqtSlot()
    def _compare(self) -> None:
        """Compare the two chosen runs; choosing the same twice takes another one for the second."""
        if self._compared is None:
            return
        if self.first.currentIndex() == self.second.currentIndex():
            other = self.first if self.sender() is self.second else self.second
            other.setCurrentIndex((other.currentIndex() + 1) % other.count())
        a, b = self.first.currentData(), self.second.currentData()
        if self._task is not None:
            self._task.cancel()
        self._task = run_in_pool(self._compared.pair, a, b, on_done=partial(self._on_compared, a, b))

    def _on_compared(self, a: int, b: int, result: Comparison | AppError) -> None:
        self._task = None
        assert self._compared is not None
        if isinstance(result, AppError):
            self._fail(result)
            return
        self._pages.setCurrentIndex(1)
        self.how.show()
        self.verdict.setText(self._verdict(result, a, b))
        self.details.setText(self._details(result, a, b))
        self.classes.show_comparison(result, a, b)
        runs = self._compared.runs
        self.images.show_disagreements(result.disagreements, runs[a], runs[b])

    def _fail(self, error: AppError) -> None:
        self._say(f"{error.message}\n{error.hint}")

    def _say(self, text: str) -> None:
        """Show words instead of figures."""
        self.words.setText(text)
        self._pages.setCurrentIndex(0)
        for label in (self.verdict, self.details):
            label.clear()
        self.how.hide()

    def _verdict(self, found: Comparison, a: int, b: int) -> str:
        more = found.right[1] - found.right[0]
        if more == 0:
            return self.tr("Runs {0} and {1} are right on equally many images.").format(a, b)
        what = self.tr("Run {0} is right on {1:,} more of {2} than run {3}").format(
            *((b, more) if more > 0 else (a, -more)), self._images(found.images), a if more > 0 else b
        )
        chance = self.tr("p < {0}").format(LEAST_P) if found.chance < LEAST_P else f"p = {found.chance:.3f}"
        if found.is_more_than_chance:
            return self.tr("{0}. That is more than chance ({1}).").format(what, chance)
        return self.tr("{0}. That could be chance ({1}).").format(what, chance)

    def _details(self, found: Comparison, a: int, b: int) -> str:
        low, high = found.gain_interval
        text = self.tr(
            "Accuracy {0:.1%} and {1:.1%}; run {2} minus run {3}: {4:+.1f} points (95% interval {5:+.1f} to {6:+.1f}). "
            "Only run {3} is right on {7}, only run {2} on {8:,}."
        ).format(
            *(right / found.images for right in found.right),
            b,
            a,
            *(POINTS * value for value in (found.gain, low, high)),
            self._images(found.only_right[0]),
            found.only_right[1],
        )
        if (found.images, found.images) != found.tested:
            text += " " + self.tr(
                "The runs were tested on {0:,} and {1}; only the {2:,} that both were tested on count here."
            ).format(found.tested[0], self._images(found.tested[1]), found.images)
        return text

    def _images(self, number: int) -> str:
        return self.tr("1 image") if number == 1 else self.tr("{0:,} images").format(number)
