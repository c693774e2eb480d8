"""Train with many settings, one run after another, and set them side by side."""

import threading
from functools import partial

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.project.project import Project
from app.sweeps.log import Sweep, sweeps
from app.sweeps.plan import Plan
from app.sweeps.results import results_of, verdict
from app.sweeps.running import STAGE, begin_sweep, is_finished, run_sweep
from ui import theme
from ui.compare_window import CompareWindow
from ui.followed_job import FollowedJob
from ui.state import AppState
from ui.sweep_setup import SweepSetup
from ui.sweep_table import SweepTable
from ui.widgets.training_progress import TrainingProgress

SIZE = (1120, 700)
SETUP_WIDTH = 360
LEAST_COMPARED = 2


class SweepWindow(QDialog):
    """Plans a sweep on the left, shows what one has come to on the right; it closes with the project.

    A sweep goes on when the window is closed; the status bar stops it.
    """

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setWindowTitle(self.tr("Sweep"))
        self.resize(*SIZE)
        self._make_parts()
        self._lay_out()
        self.setup.changed.connect(self._refresh)
        self.start.clicked.connect(self._on_start_clicked)
        self.go_on.clicked.connect(self._on_go_on_clicked)
        self.compare.clicked.connect(self._on_compare_clicked)
        self.sweep.activated.connect(self._show)
        self._followed.progressed.connect(self._on_job_progressed)
        self._followed.done.connect(self._on_job_done)
        self._followed.cancelled.connect(self._on_job_cancelled)
        self._followed.failed.connect(self._on_job_failed)
        self._followed.changed.connect(self._refresh)
        state.project_closed.connect(self.close)
        state.runs_changed.connect(self._show)
        self._list()

    def _make_parts(self) -> None:
        self.setup = SweepSetup()
        self.start = QPushButton(self.tr("Start the sweep"), objectName="primary")
        self.sweep = QComboBox()
        self.sweep.setAccessibleName(self.tr("Sweep that is shown"))
        self.go_on = QPushButton(self.tr("Go on"))
        self.go_on.setToolTip(self.tr("Take the runs that are still missing; what was done is not done again"))
        self.compare = QPushButton(self.tr("Compare the best two…"))
        self.verdict = QLabel(objectName="heading", wordWrap=True)
        self.table = SweepTable()
        self.note = QLabel(objectName="muted", wordWrap=True)
        self.note.setText(
            self.tr(
                "Ranked by the accuracy on validation images; test images play no part. The best of many looks "
                "better than it is: its test figure, in the list of runs, is the honest one. All runs work on the "
                "same images, divided in the same way; the interval says what other seeds would change."
            )
        )
        self.progress = TrainingProgress()
        self.progress.show_end(self.tr("No sweep is going on."))
        self._followed = FollowedJob(self.progress, lambda stage: stage == STAGE)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, theme.SPACE, 0)
        column.addWidget(self.setup, 1)
        column.addWidget(self.start)
        left.setMinimumWidth(SETUP_WIDTH)
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self.sweep, 1)
        top.addWidget(self.go_on)
        top.addWidget(self.compare)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(theme.SPACE, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(top)
        column.addWidget(self.verdict)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([SETUP_WIDTH, SIZE[0] - SETUP_WIDTH])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.addWidget(splitter)

    # -- what is shown

    def _list(self, wanted: int | None = None) -> None:
        """List the sweeps, the newest first, and show one."""
        project = self._state.project
        self.sweep.clear()
        for one in sweeps(project) if project else []:
            text = self.tr("Sweep {0}: {1}, {2:,} runs").format(one.number, one.plan.preset, len(one.plan.trials()))
            self.sweep.addItem(text, one)
            if one.number == wanted:
                self.sweep.setCurrentIndex(self.sweep.count() - 1)
        self._show()

    @pyqtSlot()
    def _show(self) -> None:
        project, chosen = self._state.project, self._chosen()
        if project is None or chosen is None:
            self.verdict.setText(self.tr("Tick the settings that are to vary, then start the sweep."))
            self.table.show_results(None, [])
        else:
            results = results_of(project, chosen)
            self.verdict.setText(verdict(chosen.plan, results))
            self.table.show_results(chosen.plan, results)
        self._refresh()

    @pyqtSlot()
    def _refresh(self) -> None:
        """Offer what can be done now."""
        project, chosen = self._state.project, self._chosen()
        idle = project is not None and not self._followed.running
        self.sweep.setEnabled(self.sweep.count() > 0)
        self.start.setEnabled(idle and self._plan() is not None)
        self.go_on.setEnabled(idle and project is not None and chosen is not None and not is_finished(project, chosen))
        self.compare.setEnabled(len(self.table.best_runs()) >= LEAST_COMPARED)

    def _chosen(self) -> Sweep | None:
        chosen: Sweep | None = self.sweep.currentData()
        return chosen

    def _plan(self) -> Plan | None:
        try:
            return self.setup.plan()
        except AppError:
            return None  # the words below the settings say why

    # -- taking it

    @pyqtSlot()
    def _on_start_clicked(self) -> None:
        plan = self._plan()
        if plan is not None and self._state.project is not None and not self._followed.running:
            self._follow(partial(_begin, self._state.project, plan))

    @pyqtSlot()
    def _on_go_on_clicked(self) -> None:
        chosen = self._chosen()
        if chosen is not None and self._state.project is not None and not self._followed.running:
            self._follow(partial(_go_on, self._state.project, chosen.number))

    def _follow(self, work: partial[int]) -> None:
        job = self._state.jobs.start(self.tr("Sweep"), work)
        self._followed.follow(job)
        job.finished.connect(self._state.runs_changed)

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if progress.stage != STAGE:
            return
        if self._chosen() is None or "sweep" in progress.values:
            self._list(progress.values.get("sweep"))
        self._state.runs_changed.emit()

    @pyqtSlot(object)
    def _on_job_done(self, number: int) -> None:
        self.progress.show_end(self.tr("All runs are done."), done=True)

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        self.progress.show_end(self.tr("Stopped. “Go on” takes the runs that are missing."))

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        self.progress.show_end(error.message)
        self._state.failed.emit(error)

    @pyqtSlot()
    def _on_compare_clicked(self) -> None:
        CompareWindow(self._state, self.table.best_runs(), self).show()


def _begin(project: Project, plan: Plan, on_event: OnEvent, cancel: threading.Event) -> int:
    sweep = begin_sweep(project, plan)
    on_event(Progress(STAGE, 0, len(plan.trials()), {"sweep": sweep.number}))
    return _go_on(project, sweep.number, on_event, cancel)


def _go_on(project: Project, number: int, on_event: OnEvent, cancel: threading.Event) -> int:
    run_sweep(project, number, on_event, cancel)
    return number
