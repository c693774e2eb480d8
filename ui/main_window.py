"""The window: it makes the parts and connects them, and does nothing else."""

import time
from functools import partial
from importlib import import_module
from pathlib import Path

from PyQt5.QtCore import QMimeData, QTimer, QUrl, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QPaintEvent
from PyQt5.QtWidgets import QFileDialog, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from app import __version__
from app.errors import AppError
from app.files import resource_folder
from app.project.project import Project
from ui import messages, theme
from ui.cntk_setup import CntkSetup
from ui.exchanging import Exchanging
from ui.grouping import GroupingActions
from ui.interruption import Interruption
from ui.jobs import drain_pool
from ui.menus import Menus
from ui.preparation import Preparation
from ui.safekeeping import Safekeeping
from ui.state import AppState
from ui.tidying import Tidying
from ui.widgets.job_bar import JobBar

# Made when first shown, so that a start pays only for what it shows.
TABS = (
    ("Label", "ui.label_tab", "LabelTab"),
    ("Train", "ui.train_tab", "TrainTab"),
    ("Review", "ui.review_tab", "ReviewTab"),
    ("Predict", "ui.predict_tab", "PredictTab"),
    ("Deploy", "ui.deploy_tab", "DeployTab"),
)
LABEL, TRAIN, REVIEW, PREDICT, DEPLOY = range(len(TABS))
FIRST_SIZE = (1280, 800)
RECENT = "recent"
MOST_RECENT = 8


class MainWindow(QMainWindow):
    """Sightline's window."""

    visited = pyqtSignal(float)  # every tab was shown; when the window itself was first painted

    def __init__(self) -> None:
        super().__init__()
        self.state = AppState(self)
        self._tabs: dict[int, QWidget] = {}
        self._painted = 0.0
        self._closing = False
        self.setWindowTitle("Sightline")
        self.setAcceptDrops(True)
        self.resize(*FIRST_SIZE)
        self._tab_widget = QTabWidget()
        self._tab_widget.setAccessibleName(self.tr("Steps"))
        font = self._tab_widget.font()
        font.setPointSizeF(1.2 * font.pointSizeF())
        self._tab_widget.tabBar().setFont(font)
        for title in (self.tr("Label"), self.tr("Train"), self.tr("Review"), self.tr("Predict"), self.tr("Deploy")):
            page = QWidget(objectName="page")
            QVBoxLayout(page).setContentsMargins(0, 0, 0, 0)
            self._tab_widget.addTab(page, title)
        self.setCentralWidget(self._tab_widget)
        self._job_bar = JobBar(self.state.jobs)
        self.statusBar().addPermanentWidget(self._job_bar, 1)
        self.menus = Menus(self, self.state)
        self._exchanging = Exchanging(self, self.state)
        self._preparation = Preparation(self.state, self)
        self._safekeeping = Safekeeping(self, self.state)
        self._interruption = Interruption(self, self.state)
        self._grouping = GroupingActions(self, self.state)
        self._cntk_setup = CntkSetup(self.state, self)
        self._tidying = Tidying(self)
        self._connect()
        self._make_tab(LABEL)
        self._restore()

    def _connect(self) -> None:
        state, menus = self.state, self.menus
        self._tab_widget.currentChanged.connect(self._on_tab_changed)
        state.project_opened.connect(self._on_project_opened)
        state.project_closed.connect(self._on_project_closed)
        state.failed.connect(self._on_failed)
        menus.new_requested.connect(self._on_new_requested)
        menus.open_requested.connect(self._on_open_requested)
        menus.path_requested.connect(self.open_path)
        menus.add_requested.connect(self._on_add_requested)
        menus.backup_requested.connect(self._safekeeping.back_up)
        menus.restore_requested.connect(self._safekeeping.restore)
        menus.find_moved_requested.connect(self._safekeeping.find_moved)
        menus.settings_requested.connect(self._on_settings_requested)
        self._safekeeping.restored.connect(self.open_path)
        self._safekeeping.complete.connect(self._interruption.look)
        self._interruption.resume_requested.connect(self._on_resume_requested)
        menus.import_requested.connect(self._exchanging.show_import)
        menus.export_requested.connect(self._exchanging.show_export)
        menus.groups_requested.connect(self._grouping.show_dialog)
        menus.close_requested.connect(self._on_close_requested)
        menus.demo_requested.connect(self.open_demo)
        menus.quit_requested.connect(self.close)
        menus.undo_requested.connect(state.undo)
        menus.redo_requested.connect(state.redo)
        menus.train_menu_opened.connect(self._on_train_menu_opened)
        menus.tab_requested.connect(self._tab_widget.setCurrentIndex)
        menus.theme_requested.connect(theme.choose)
        menus.guide_requested.connect(self._on_guide_requested)
        menus.about_requested.connect(self._on_about_requested)

    def _make_tab(self, index: int) -> QWidget:
        if index not in self._tabs:
            _, module, name = TABS[index]
            tab = getattr(import_module(module), name)(self.state)
            self._tabs[index] = tab
            self._tab_widget.widget(index).layout().addWidget(tab)
            self._connect_tab(index, tab)
        return self._tabs[index]

    def _connect_tab(self, index: int, tab: QWidget) -> None:
        if index == LABEL:
            tab.demo_requested.connect(self.open_demo)
            tab.folder_requested.connect(self._on_add_requested)
            tab.project_requested.connect(self._on_open_requested)
            tab.path_requested.connect(self.open_path)
            self.menus.show_label_actions(tab.actions())
        elif index == TRAIN:
            tab.review_requested.connect(self._on_review_requested)
            tab.groups_requested.connect(self._grouping.show_dialog)
            self._grouping.changed.connect(tab.activate)
            self.menus.show_train_actions(tab.menu_actions())
            for action in tab.menu_actions():
                action.triggered.connect(self._on_train_action_triggered)
        elif index == REVIEW:
            tab.label_tab_requested.connect(self._on_label_tab_requested)

    @pyqtSlot()
    def _on_train_menu_opened(self) -> None:
        """Let the entries tell what can be done now."""
        self._make_tab(TRAIN).activate()

    @pyqtSlot()
    def _on_train_action_triggered(self) -> None:
        self._tab_widget.setCurrentIndex(TRAIN)

    # -- opening and closing

    @pyqtSlot(object)
    def open_path(self, path: Path) -> None:
        """Open a project folder, or import a folder of images."""
        if path.is_file():
            path = path.parent
        if self._may_leave_project(path):
            job = self.state.open_folder(path)
            if job is not None:
                self._tab_widget.setCurrentIndex(LABEL)

    @pyqtSlot()
    def open_demo(self) -> None:
        """Open the demo project; its images are drawn the first time."""
        from ui.demo import draw_demo_images

        if not self._jobs_may_end():
            return
        job = self.state.jobs.start(self.tr("Drawing the demo images"), draw_demo_images)
        job.done.connect(self._on_demo_drawn)
        job.failed.connect(self._on_failed)

    @pyqtSlot(object)
    def _on_demo_drawn(self, places: tuple[Path, Path]) -> None:
        images, project = places
        if self.state.open_project(project, self.tr("Demo garments (synthetic)")):
            self.state.import_folder(images)
            self._tab_widget.setCurrentIndex(LABEL)

    @pyqtSlot()
    def _on_new_requested(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose an empty folder for the new project"))
        if folder and self._jobs_may_end():
            self.state.open_project(Path(folder), Path(folder).name)

    @pyqtSlot()
    def _on_open_requested(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose a project folder"))
        if folder and self._jobs_may_end():
            self.state.open_project(Path(folder))

    @pyqtSlot()
    def _on_add_requested(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of images"))
        if folder:
            self.open_path(Path(folder))

    @pyqtSlot()
    def _on_settings_requested(self) -> None:
        from ui.settings_dialog import SettingsDialog

        SettingsDialog(self.state, self._cntk_setup, self).open()

    @pyqtSlot()
    def _on_close_requested(self) -> None:
        if self._jobs_may_end():
            self.state.close_project()

    def _may_leave_project(self, path: Path) -> bool:
        """Importing leaves the open project open; opening another one must not pull it from under a job."""
        from app.project.project import is_project

        return not is_project(path) or self._jobs_may_end()

    def _jobs_may_end(self) -> bool:
        running = self.state.jobs.needed
        if not running:
            return True
        if not messages.ask(
            self,
            self.tr("Work is going on"),
            self.tr("“{0}” is still running. Stop it?").format(running[0].title),
            self.tr("Stop it"),
        ):
            return False
        self.state.jobs.cancel_all()
        messages.info(self, self.tr("Stopping"), self.tr("It stops in a moment. Then try again."))
        return False

    # -- facts

    @pyqtSlot(object)
    def _on_project_opened(self, project: Project) -> None:
        self.setWindowTitle(f"{project.name} – Sightline")
        recent = [str(project.folder), *(one for one in self._recent() if one != str(project.folder))]
        theme.settings().setValue(RECENT, recent[:MOST_RECENT])
        self.menus.show_recent(self._recent())

    @pyqtSlot()
    def _on_project_closed(self) -> None:
        self.setWindowTitle("Sightline")

    @pyqtSlot(object)
    def _on_failed(self, problem: AppError) -> None:
        messages.error(self, problem)

    @pyqtSlot(int)
    def _on_tab_changed(self, index: int) -> None:
        tab = self._make_tab(index)
        tab.activate()

    @pyqtSlot(int)
    def _on_review_requested(self, run: int) -> None:
        self._make_tab(REVIEW).show_run(run)
        self._tab_widget.setCurrentIndex(REVIEW)

    @pyqtSlot(int)
    def _on_resume_requested(self, run: int) -> None:
        self._make_tab(TRAIN).resume(run)
        self._tab_widget.setCurrentIndex(TRAIN)

    @pyqtSlot(object)
    def _on_label_tab_requested(self, image_ids: list[int]) -> None:
        self._make_tab(LABEL).show_images(image_ids)
        self._tab_widget.setCurrentIndex(LABEL)

    @pyqtSlot()
    def _on_guide_requested(self) -> None:
        guide = resource_folder().parent / "docs" / "guide.md"
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(guide)))

    @pyqtSlot()
    def _on_about_requested(self) -> None:
        messages.info(
            self,
            self.tr("About Sightline"),
            self.tr(
                "Sightline {0}\n\nImage classifiers from your own photos, on your own computer.\n"
                "Free software under the GNU General Public License 3 or later.\n\n"
                "The pretrained network EfficientNet-Lite0 is under the Apache License 2.0."
            ).format(__version__),
        )

    def _recent(self) -> list[str]:
        value = theme.settings().value(RECENT, [])
        folders = [value] if isinstance(value, str) else list(value or [])
        return [folder for folder in folders if Path(folder).is_dir()]

    def _restore(self) -> None:
        self.menus.show_recent(self._recent())
        geometry = theme.settings().value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    # -- Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders dropped anywhere."""
        if _folders(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        for folder in _folders(event.mimeData()):
            # Not inside the drop: the other program waits for its end.
            QTimer.singleShot(0, partial(self.open_path, folder))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Note when the window was first seen."""
        super().paintEvent(event)
        self._painted = self._painted or time.perf_counter()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop running jobs first, if the user agrees."""
        if self.state.jobs.running:
            event.ignore()
            if not self._closing and self._may_leave():
                self._closing = True
                self.state.jobs.job_finished.connect(self._leave_when_idle)
                self._leave_when_idle()
            return
        theme.settings().setValue("geometry", self.saveGeometry())
        self.shut_down()
        event.accept()

    def _may_leave(self) -> bool:
        needed = self.state.jobs.needed
        if not needed:
            return True
        question = self.tr("“{0}” is still running. Stop it and leave?").format(needed[0].title)
        return messages.ask(self, self.tr("Leave Sightline"), question, self.tr("Stop and leave"))

    @pyqtSlot()
    def _leave_when_idle(self) -> None:
        """Stop every job, also one that another began with its last word; without any, close."""
        if self.state.jobs.running:
            self.state.jobs.cancel_all()
        else:
            QTimer.singleShot(0, self.close)

    def shut_down(self) -> None:
        """End child processes, background work and the project; safe to call twice."""
        for tab in self._tabs.values():
            tab.close_down()
        drain_pool()
        self.state.jobs.end_all()
        self.state.close_project()
        self._tidying.end()

    @pyqtSlot()
    def visit_all_tabs(self) -> None:
        """Show each tab in turn, then say when the window was first seen."""
        if not self._painted:
            QTimer.singleShot(5, self.visit_all_tabs)
            return
        following = self._tab_widget.currentIndex() + 1
        if following < self._tab_widget.count():
            self._tab_widget.setCurrentIndex(following)
            QTimer.singleShot(0, self.visit_all_tabs)
        else:
            self.visited.emit(self._painted)


def _folders(data: QMimeData) -> list[Path]:
    """Return the folders among the dropped addresses; an address on the web has no local path at all."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.is_dir()]
