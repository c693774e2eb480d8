"""The head of the Review tab: what was measured, the figures in one line, how, and whether labels changed since."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import (
    QAction,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.cross_validation import SMALL_TEST
from app.evaluation.review import Review
from app.evaluation.subjects import Subject
from app.project.records import RunRow
from ui import theme
from ui.review.figures_line import FiguresLine
from ui.widgets.run_list import accuracy_text

RUN_LETTERS = 22  # so that a window of 1280 pixels has room for the rest


class Head(QWidget):
    """Shows figures and words; `runs` chooses what is reviewed."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._busy = False
        self._offered = ""
        self.runs = QComboBox()
        self.runs.setAccessibleName(self.tr("What is reviewed"))
        self.runs.setMinimumContentsLength(RUN_LETTERS)
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.thresholds = QPushButton(self.tr("Thresholds…"))
        self.thresholds.setToolTip(self.tr("When an answer of this model is accepted, and what that costs"))
        self.more = QPushButton(self.tr("More"), objectName="menu")
        self.more.setToolTip(self.tr("Measure in another way or on other images, and save a report"))
        menu = QMenu(self.more)
        self.crossing = QAction(self.tr("&Cross-validate all labelled images"), menu)
        self.trying = QAction(self.tr("&Test this model on a folder…"), menu)
        self.report = QAction(self.tr("Save a &report (HTML)…"), menu)
        menu.addActions([self.crossing, self.trying, self.report])
        self.more.setMenu(menu)
        self.accuracy = QLabel(objectName="figure")
        self.line = FiguresLine()
        self.protocol = QLabel(objectName="muted", wordWrap=True)
        self.note = QLabel(wordWrap=True)
        self._note = _banner(self.note)
        self.offer = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.offer.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._lay_out()
        theme.signals.changed.connect(self._colour_offer)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        words.addWidget(self.line)
        words.addWidget(self.protocol)
        words.addWidget(self.offer)
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (self.thresholds, self.more):
            buttons.addWidget(button)
        choices = QVBoxLayout()
        choices.setSpacing(theme.SPACE)
        choices.addWidget(self.runs)
        choices.addLayout(buttons)
        choices.addStretch()
        top = QHBoxLayout()
        top.setSpacing(2 * theme.SPACE)
        top.addWidget(self.accuracy)
        top.addLayout(words, 1)
        top.addLayout(choices)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._note)
        for widget in (self._note, self.offer):
            widget.hide()

    def add_menu(self, menu: QMenu) -> None:
        """Offer a menu among what can be done with what is reviewed."""
        self.more.menu().insertMenu(self.report, menu)

    # -- what is reviewed

    def show_subjects(self, subjects: Sequence[Subject], runs: Sequence[RunRow]) -> None:
        """List what can be reviewed."""
        self.runs.clear()
        rows = {run.number: run for run in runs}
        for subject in subjects:
            self.runs.addItem(self._title(subject, rows), subject)
            self.runs.setItemData(self.runs.count() - 1, self.runs.itemText(self.runs.count() - 1), Qt.ToolTipRole)

    def _title(self, subject: Subject, runs: dict[int, RunRow]) -> str:
        if subject.run is None:
            return self.tr("Cross-validation of all images")
        if subject.data is None:
            return self.tr("Run {0}: {1}").format(subject.run, accuracy_text(runs[subject.run]))
        return self.tr("Run {0} on “{1}”").format(subject.run, subject.data.name)

    def choose(self, wanted: Subject) -> Subject:
        """Choose one of those listed, or the first, and return it."""
        listed = [self.runs.itemData(row) for row in range(self.runs.count())]
        self.runs.setCurrentIndex(listed.index(wanted) if wanted in listed else 0)
        return listed[self.runs.currentIndex()]

    # -- figures

    def show_review(self, review: Review, labelled: int) -> None:
        """Show every figure with its interval; `labelled` images could be cross-validated."""
        figures, subject = review.figures, review.subject
        self.accuracy.setText(f"{figures.accuracy:.1%}")
        self.accuracy.setToolTip(
            self.tr("Accuracy: of all these images, how many were given their own class. 95% interval by Wilson.")
        )
        own = subject is None or (subject.run is not None and subject.data is None)
        self.line.show_figures(figures, self.tr("test images") if own else self.tr("images"))
        self.protocol.setText(review.evaluation.protocol)
        self.set_model(subject is None or subject.run is not None)
        self._show_offer(figures.images, own and labelled > figures.images)
        self._show_note(review)

    def set_shown(self, shown: bool) -> None:
        """Show or hide everything but the choice of what is reviewed."""
        for widget in (self.thresholds, self.accuracy, self.line, self.protocol):
            widget.setVisible(shown)
        if not shown:
            self._note.hide()
            self.offer.hide()

    def say(self, text: str) -> None:
        """Show words in place of the figures."""
        self.protocol.setText(text)
        self.protocol.show()

    def set_model(self, there: bool) -> None:
        """Offer what needs one model, or not."""
        self.thresholds.setVisible(there)
        self.trying.setEnabled(there and not self._busy)

    def set_busy(self, busy: bool) -> None:
        """Let nothing else be measured while something is."""
        self._busy = busy
        self.crossing.setEnabled(not busy)
        self.trying.setEnabled(not busy and self.thresholds.isVisible())
        self.offer.setEnabled(not busy)

    def _show_offer(self, images: int, possible: bool) -> None:
        """Say that there are few images, and how to learn more from those that are labelled."""
        few = self.tr("Only one image: it says next to nothing.")
        if images > 1:
            few = self.tr("Only {0:,} images: the intervals are wide.").format(images)
        link = self.tr("Cross-validate all labelled images")
        self._offered = f'{few} <a href="#" style="color: {{}}">{link}</a>' if possible else few
        self._colour_offer()
        self.offer.setToolTip(
            self.tr("Each image is predicted by models that saw nothing of its group; that takes seconds.")
            if possible
            else ""
        )
        self.offer.setVisible(images < SMALL_TEST)

    @pyqtSlot()
    def _colour_offer(self) -> None:
        """Give the link the colour of the theme that is shown."""
        self.offer.setText(self._offered.format(theme.token("accent")))

    def _show_note(self, review: Review) -> None:
        changes = review.changes
        self._note.setVisible(bool(changes))
        if not changes:
            return
        parts = []
        if changes.relabelled:
            one = changes.relabelled == 1
            words = self.tr("1 label corrected") if one else self.tr("{0:,} labels corrected")
            parts.append(words.format(changes.relabelled))
        if changes.left_out:
            one = changes.left_out == 1
            words = self.tr("1 image left out") if one else self.tr("{0:,} images left out")
            parts.append(words.format(changes.left_out))
        if review.subject is not None and review.subject.out_of_fold:
            since, until = self.tr("since the cross-validation"), self.tr("you cross-validate again")
        else:
            since, until = self.tr("since this run was trained"), self.tr("you train again")
        text = self.tr(
            "{0} {1}. The figures follow the labels of now (measured then: {2:.1%}); the model does not, until {3}. "
            "Looking only at mistakes flatters it: check right answers, too."
        )
        self.note.setText(text.format(", ".join(parts), since, review.evaluation.accuracy, until))


def _banner(widget: QWidget) -> QFrame:
    banner = QFrame(objectName="banner")
    row = QHBoxLayout(banner)
    row.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
    row.addWidget(widget)
    return banner
