"""The Train tab: one button, what happens while it works, and what came of it."""

from collections.abc import Mapping

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QAction, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.engines.metrics import EPOCH
from app.engines.protocol import Progress
from app.engines.told import STEP
from app.errors import AppError
from app.project.project import Project
from app.project.records import RunRow
from app.training import RunResult, TrainingRequest, check_ready, finish_epoch, resumable_run
from ui import theme
from ui.button_action import ButtonAction
from ui.followed_job import FollowedJob
from ui.grouping import grouping_words
from ui.jobs import Job
from ui.leak_guard import LeakGuard
from ui.run_actions import RunActions
from ui.run_curves import SelectedCurves
from ui.state import AppState
from ui.training_choices import TrainingChoices
from ui.widgets.result_card import ResultCard
from ui.widgets.run_list import RunList
from ui.widgets.training_plots import TrainingPlots
from ui.widgets.training_progress import TrainingProgress

SIDE_WIDTH = 340
LEAST_LIST = 140  # pixels: the heading and three runs


class TrainTab(QWidget):
    """Starts, shows and stops training."""

    review_requested = pyqtSignal(int)
    groups_requested = pyqtSignal()

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._listed = False  # the running run
        self._resumable: int | None = None
        self._request = TrainingRequest()
        self._counts: Mapping[str, int] = {}  # usable images of each class
        self._guard = LeakGuard(self, state)
        self._make_parts()
        self._make_actions()
        self._lay_out()
        self._connect()
        self._refresh()

    def activate(self) -> None:
        """Look at the project anew."""
        self._refresh()
        self.choices.preview.forget()

    def close_down(self) -> None:
        """End the worker that draws previews; everything else is jobs, which the window stops."""
        self.choices.preview.close_down()

    def menu_actions(self) -> list[QAction]:
        """Return what the menu lists: what the buttons do, and what can be done with selected runs."""
        return self._actions

    def _make_actions(self) -> None:
        buttons = (
            (self._train, "Ctrl+T"),
            (self._finish, ""),
            (self._progress.stop, "Ctrl+."),
            (self._resume, ""),
            (self._run_actions.sweep, ""),
            (self._run_actions.more, ""),
        )
        line = QAction(self)
        line.setSeparator(True)
        own = [ButtonAction(button, shortcut, self) for button, shortcut in buttons]
        self._actions = [*own, line, *self._runs.actions()]

    def _make_parts(self) -> None:
        self._ready = QLabel(wordWrap=True)
        self._hint = QLabel(objectName="muted", wordWrap=True)
        self._balance = QLabel(objectName="muted", wordWrap=True)
        self._together = QLabel(objectName="muted", wordWrap=True)
        self._groups = QPushButton(self.tr("Groups…"))
        self._groups.setToolTip(self.tr("Choose which images are never divided between training and testing"))
        self._train = QPushButton(self.tr("Train"), objectName="primary")
        font = self._train.font()
        font.setPointSizeF(1.4 * font.pointSizeF())
        self._train.setFont(font)
        self._train.setMinimumHeight(52)
        self._resume = QPushButton()
        self._resume.setToolTip(self.tr("Go on from the last checkpoint, with the labels of that run."))
        self._finish = QPushButton(self.tr("Finish this epoch"))
        self._finish.setToolTip(self.tr("End with the epoch that is going, and make the model from the best so far."))
        self._progress = TrainingProgress()
        self._followed = FollowedJob(self._progress, lambda stage: stage != EPOCH)  # which tells of what was
        self.choices = TrainingChoices(self._state, lambda: self._followed.running)
        self._plots = TrainingPlots()
        self._card = ResultCard()
        self._runs = RunList()
        self._run_actions = RunActions(self._state, self._runs)
        self._curves = SelectedCurves(self._state, self._runs, self)

    def _lay_out(self) -> None:
        column_widget = QWidget()
        column = QVBoxLayout(column_widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        together = QHBoxLayout()
        together.addWidget(self._together, 1)
        together.addWidget(self._groups, 0, Qt.AlignmentFlag.AlignTop)
        for widget in (self._ready, self._hint, self._balance):
            column.addWidget(widget)
        column.addLayout(together)
        for widget in (self._train, self._resume, self.choices, self._card):
            column.addWidget(widget)
        column.addStretch()
        side = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.setFixedWidth(SIDE_WIDTH)
        side.setWidget(column_widget)
        right = QVBoxLayout()
        right.setSpacing(2 * theme.SPACE)
        right.addWidget(self._progress)
        self._progress.add_button(self._finish)
        self._runs.setMinimumHeight(LEAST_LIST)
        right.addWidget(self._plots, 2)
        right.addWidget(self._run_actions)
        right.addWidget(self._runs, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(3 * theme.SPACE)
        layout.addWidget(side)
        layout.addLayout(right, 1)
        for widget in (self._resume, self._finish):
            widget.hide()
        self.choices.come_after([self._groups, self._train, self._resume])

    def _connect(self) -> None:
        state = self._state
        state.project_opened.connect(self._on_project_changed)
        state.project_closed.connect(self._on_project_changed)
        state.images_changed.connect(self._on_state_changed)
        state.runs_changed.connect(self._refresh)
        state.engines_changed.connect(self._refresh)
        self._train.clicked.connect(self._on_train_clicked)
        self._groups.clicked.connect(self.groups_requested)
        self._guard.passed.connect(self._begin)
        self._guard.held.connect(self._on_guard_held)
        self.choices.changed.connect(self._refresh)
        self.choices.settings.changed.connect(self._show_balance)
        self._resume.clicked.connect(self._on_resume_clicked)
        self._finish.clicked.connect(self._on_finish_clicked)
        self._followed.progressed.connect(self._on_job_progressed)
        self._followed.cancelled.connect(self._on_job_cancelled)
        self._followed.failed.connect(self._on_job_failed)
        self._followed.changed.connect(self._on_followed_changed)
        self._plots.classes_needed.connect(self._on_classes_needed)
        self._curves.found.connect(self._plots.show_beside)
        self._curves.classes_found.connect(self._plots.name_classes)
        self._card.review_requested.connect(self.review_requested)
        self._runs.run_activated.connect(self.review_requested)
        self._run_actions.review_requested.connect(self.review_requested)
        self._run_actions.resume_requested.connect(self.resume)
        self._run_actions.again_requested.connect(self._on_again_requested)

    # -- readiness

    @pyqtSlot()
    def _on_project_changed(self) -> None:
        self._card.hide()
        self._plots.clear()
        self.choices.preview.forget()
        self._curves.leave_out(None)
        self._progress.show_idle()
        self._refresh()

    @pyqtSlot()
    def _on_state_changed(self) -> None:
        if self.isVisible():
            self._refresh()

    @pyqtSlot()
    def _refresh(self) -> None:
        project = self._state.project
        self._runs.show_runs(project.runs() if project else [])
        message, hint, self._counts = self._readiness(project)
        ready = bool(self._counts)
        self._ready.setText(message)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._show_balance()
        self._together.setText(grouping_words(project.grouping) if project else "")
        self._groups.setVisible(project is not None)
        self._train.setEnabled(ready and not self._followed.running and self.choices.presets.chosen() is not None)
        self._resumable = resumable_run(project) if project and not self._followed.running else None
        self._resume.setVisible(self._resumable is not None)
        self._resume.setText(self.tr("Go on with run {0}").format(self._resumable))

    @pyqtSlot()
    def _show_balance(self) -> None:
        """Say what is done about classes of very different size, as long as it is suggested and not chosen."""
        reason = self.choices.correction(self._counts) if self._counts else ""
        self._balance.setText(reason)
        self._balance.setVisible(bool(reason))

    def _readiness(self, project: Project | None) -> tuple[str, str, Mapping[str, int]]:
        """Say what would be trained on, with the images of each class, or why that is not possible and what to do."""
        if project is None:
            return self.tr("No project is open."), self.tr("Drop a folder of photos on the window first."), {}
        try:
            counts = check_ready(project)
        except AppError as error:
            return error.message, error.hint, {}
        used = sum(counts.values())
        message = self.tr("{0:,} labelled images in {1} classes").format(used, len(counts))
        left_out = project.image_count() - used
        hint = self.tr("Not used: {0:,} unlabelled, excluded or unreadable.").format(left_out)
        return message, hint if left_out else "", counts

    # -- training

    @pyqtSlot()
    def _on_train_clicked(self) -> None:
        request = self.choices.request()
        if request is None or self._followed.running:
            return
        self._request = request
        looking = self._guard.check(self._request.seed)
        if looking is None:
            self._begin()
        else:
            self._watch(looking)

    @pyqtSlot()
    def _on_guard_held(self) -> None:
        self._progress.show_end(self.tr("Not trained yet: training would see test images."))

    @pyqtSlot()
    def _begin(self) -> None:
        """Train as was asked for, now that nothing leaks or the user knows."""
        if not self._followed.running and self._state.project is not None:
            self._follow(self._state.start_training(self._request), self._request.engine)

    @pyqtSlot()
    def _on_resume_clicked(self) -> None:
        if self._resumable is not None:
            self.resume(self._resumable)

    @pyqtSlot(int)
    def resume(self, number: int) -> None:
        """Go on with a run that ended before its time."""
        project = self._state.project
        if project is not None and not self._followed.running:
            self._follow(self._state.resume_training(number), project.run_log.one(number).engine)

    @pyqtSlot(object)
    def _on_again_requested(self, run: RunRow) -> None:
        if not self._followed.running:
            self._follow(self._state.train_again(run.number), run.engine)

    @pyqtSlot()
    def _on_finish_clicked(self) -> None:
        if self._state.project is not None and self._followed.running:
            finish_epoch(self._state.project, self._state.project.runs()[0].number)
            self._finish.setEnabled(False)
            self._finish.setText(self.tr("Finishing with this epoch…"))

    def _follow(self, job: Job, engine: str) -> None:
        """Show what becomes of a training that was started."""
        job.done.connect(self._on_job_done)
        self._watch(job)
        self._plots.expect(engine)

    def _watch(self, job: Job) -> None:
        """Show how far a job is, and let it be stopped."""
        self._card.hide()
        self._plots.clear()
        self._listed = False
        attended = self._train.hasFocus() or self._resume.hasFocus()  # which nothing can be done with meanwhile
        self._followed.follow(job)
        if attended:
            self._progress.stop.setFocus()

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if not self._listed:
            self._listed = True
            self._refresh()
            self._curves.leave_out(self._newest())
        if progress.stage == STEP and self._finish.isHidden():
            self._finish.setText(self.tr("Finish this epoch"))
            self._finish.setEnabled(True)
            self._finish.show()
        self._plots.show_progress(progress)

    @pyqtSlot()
    def _on_classes_needed(self) -> None:
        newest = self._newest()
        if newest is not None:
            self._curves.ask_classes(newest)

    def _newest(self) -> int | None:
        runs = self._state.project.runs() if self._state.project is not None else []
        return runs[0].number if runs else None

    @pyqtSlot(object)
    def _on_job_done(self, result: RunResult) -> None:
        self._card.show_result(result)
        text = self.tr("Run {0} took {1:.1f} s.").format(result.run, result.seconds["total"])
        self._progress.show_end(text, done=True)

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        project = self._state.project
        number = resumable_run(project) if project is not None else None
        if number is None:
            text = self.tr("Stopped. What was looked at stays in the cache; the next run need not look again.")
        else:
            text = self.tr("Stopped. “Go on with run {0}” takes it up again; “Finish this epoch” then ends it early.")
        self._progress.show_end(text.format(number))

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        self._progress.show_end(error.message)
        self._state.failed.emit(error)

    @pyqtSlot()
    def _on_followed_changed(self) -> None:
        if not self._followed.running:
            self._finish.hide()
            self._plots.show_end()
        self.choices.preview.refresh()
        self._refresh()
