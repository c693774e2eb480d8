"""What can be done with the runs that are selected: review, compare, go on, train again, star, note, delete."""

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QHBoxLayout, QInputDialog, QLabel, QPushButton, QWidget

from app.errors import AppError
from app.project.records import DONE, RUNNING, RunRow
from app.project.runs import Runs
from app.training import can_go_on
from ui import messages, theme
from ui.compare_window import CompareWindow
from ui.learning_curve_window import LearningCurveWindow
from ui.state import AppState
from ui.sweep_window import SweepWindow
from ui.widgets.run_list import RunList

LEAST_COMPARED = 2


class RunActions(QWidget):
    """A heading with buttons above a list of runs; the same wishes are in the list's own menu."""

    review_requested = pyqtSignal(int)
    resume_requested = pyqtSignal(int)
    again_requested = pyqtSignal(object)  # a run

    def __init__(self, state: AppState, runs: RunList, parent: QWidget | None = None):
        super().__init__(parent)
        self._state, self._runs = state, runs
        self._make_actions()
        self.compare = self._button(self.compare_action, self.tr("Compare…"))
        self.again = self._button(self.again_action, self.tr("Train again"))
        self.again.setToolTip(self.tr("Train with the settings of the selected run, on the labels of now"))
        self.sweep = QPushButton(self.tr("Sweep…"))
        self.sweep.setToolTip(self.tr("Train with many settings, one after another, and set them side by side"))
        self.more = QPushButton(self.tr("Label more?"))
        self.more.setToolTip(self.tr("How accuracy grew with the number of images, and what more of them would bring"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(QLabel(self.tr("Runs"), objectName="heading"))
        layout.addStretch()
        for button in (self.again, self.compare, self.sweep, self.more):
            layout.addWidget(button)
        runs.selection_changed.connect(self.refresh)
        self.sweep.clicked.connect(self._on_sweep_clicked)
        self.more.clicked.connect(self._on_more_clicked)
        self.refresh()

    def _make_actions(self) -> None:
        self.review_action = self._action(self.tr("&Review"), "", self._on_review)
        self.compare_action = self._action(self.tr("&Compare…"), "Ctrl+Shift+C", self._on_compare)
        self.resume_action = self._action(self.tr("&Go on from its last checkpoint"), "", self._on_resume)
        self.again_action = self._action(self.tr("&Train again with these settings"), "", self._on_again)
        self.star_action = self._action(self.tr("&Star"), "*", self._on_star)
        self.note_action = self._action(self.tr("&Note…"), "F2", self._on_note)
        self.delete_action = self._action(self.tr("&Delete…"), "Del", self._on_delete)

    def _action(self, title: str, shortcut: str, slot: Callable[[], None]) -> QAction:
        action = QAction(title, self._runs)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(slot)
        self._runs.addAction(action)
        return action

    def _button(self, action: QAction, title: str) -> QPushButton:
        button = QPushButton(title)
        button.clicked.connect(action.trigger)
        return button

    @pyqtSlot()
    def refresh(self) -> None:
        """Offer what can be done with the selected runs, now."""
        chosen = self._runs.selected_runs()
        one = len(chosen) == 1
        self.review_action.setEnabled(one and chosen[0].state == DONE)
        self.compare_action.setEnabled(len(self._finished(chosen)) >= LEAST_COMPARED)
        self.resume_action.setEnabled(one and self._can_go_on(chosen[0]) and not self._training())
        self.again_action.setEnabled(one and chosen[0].state != RUNNING and not self._training())
        self.star_action.setEnabled(bool(chosen))
        self.star_action.setText(self.tr("Take the &star away") if self._all_starred(chosen) else self.tr("&Star"))
        self.note_action.setEnabled(one)
        self.delete_action.setEnabled(bool(chosen) and all(run.state != RUNNING for run in chosen))
        self.compare.setEnabled(self.compare_action.isEnabled())
        self.compare.setToolTip(self.tr("Select two or more finished runs with Ctrl, then set them side by side"))
        self.again.setEnabled(self.again_action.isEnabled())
        for button in (self.sweep, self.more):
            button.setEnabled(self._state.project is not None)

    def _can_go_on(self, run: RunRow) -> bool:
        project = self._state.project
        return project is not None and can_go_on(project, run)

    def _training(self) -> bool:
        project = self._state.project
        return project is not None and any(run.state == RUNNING for run in project.runs())

    def _finished(self, runs: list[RunRow]) -> list[RunRow]:
        return [run for run in runs if run.state == DONE]

    def _all_starred(self, runs: list[RunRow]) -> bool:
        return bool(runs) and all(run.starred for run in runs)

    @pyqtSlot()
    def _on_review(self) -> None:
        self.review_requested.emit(self._runs.selected_runs()[0].number)

    @pyqtSlot()
    def _on_compare(self) -> None:
        numbers = [run.number for run in self._finished(self._runs.selected_runs())]
        CompareWindow(self._state, numbers, self.window()).show()

    @pyqtSlot()
    def _on_sweep_clicked(self) -> None:
        SweepWindow(self._state, self.window()).show()

    @pyqtSlot()
    def _on_more_clicked(self) -> None:
        LearningCurveWindow(self._state, self.window()).show()

    @pyqtSlot()
    def _on_resume(self) -> None:
        self.resume_requested.emit(self._runs.selected_runs()[0].number)

    @pyqtSlot()
    def _on_again(self) -> None:
        self.again_requested.emit(self._runs.selected_runs()[0])

    @pyqtSlot()
    def _on_star(self) -> None:
        chosen = self._runs.selected_runs()
        starred = not self._all_starred(chosen)
        self._change(chosen, lambda log, number: log.set_starred(number, starred))

    @pyqtSlot()
    def _on_note(self) -> None:
        run = self._runs.selected_runs()[0]
        title = self.tr("Note on run {0}").format(run.number)
        text, accepted = QInputDialog.getMultiLineText(
            self, title, self.tr("What is to be remembered of it?"), run.note
        )
        if accepted:
            self._change([run], lambda log, number: log.set_note(number, text))

    @pyqtSlot()
    def _on_delete(self) -> None:
        chosen = self._runs.selected_runs()
        names = ", ".join(f"{run.number}" for run in chosen)
        question = self.tr(
            "Delete run {0}? Its model, figures and note are gone for good. Your images and labels stay as they are."
        )
        if messages.ask(self, self.tr("Delete runs"), question.format(names), self.tr("Delete")):
            self._change(chosen, Runs.delete)

    def _change(self, runs: Sequence[RunRow], change: Callable[[Runs, int], None]) -> None:
        if self._state.project is None:
            return
        try:
            for run in runs:
                change(self._state.project.run_log, run.number)
        except AppError as error:
            self._state.failed.emit(error)
        self._state.runs_changed.emit()
