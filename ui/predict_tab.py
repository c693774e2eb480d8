"""The Predict tab: drop, paste or choose images, or show them to a camera, and see what the model says."""

from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer, pyqtSlot
from PyQt5.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence
from PyQt5.QtWidgets import (
    QAction,
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.dataset.camera import cameras
from app.dataset.scan import IMAGE_SUFFIXES
from app.engines.protocol import Progress
from app.export.bundle import read_bundle_info
from app.export.heat_methods import ACTIVATION
from app.export.service import ModelService
from app.export.watching import STAGE as CAMERA
from app.project.correcting import Correction
from ui import messages, theme
from ui.given import Given, given_of, may_give
from ui.jobs import Job
from ui.prediction_output import PredictionOutput
from ui.prediction_work import PredictWork, watch_camera, work_of
from ui.review.heat import HeatMaps
from ui.state import AppState
from ui.widgets.camera_picker import CameraPicker
from ui.widgets.drop_page import DropPage
from ui.widgets.model_picker import ModelPicker
from ui.widgets.prediction_bar import PredictionBar
from ui.widgets.prediction_list import PredictionList
from ui.widgets.prediction_model import PredictionModel
from ui.widgets.prediction_pane import PredictionPane

DROP, RESULTS = range(2)


class PredictTab(QWidget):
    """Classifies files with a bundle, outside the window's process."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._service = ModelService()
        self._heat_maps = HeatMaps(state, self)
        self._output = PredictionOutput(state, self)
        self._job: Job | None = None
        self._asked: PredictWork | None = None
        self._first_shown = False
        self._unfinished = False
        self.setAcceptDrops(True)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._refresh()

    def activate(self) -> None:
        """Look for new models and cameras."""
        self._cameras.show_cameras(cameras())
        self._refresh()

    def close_down(self) -> None:
        """End the workers that hold the model."""
        if self._job is not None:
            self._job.cancel()
        self._service.close()
        self._heat_maps.close_down()

    def _make_parts(self) -> None:
        self._picker = ModelPicker()
        self._files = QPushButton(self.tr("Choose files…"))
        self._folder = QPushButton(self.tr("Choose a folder…"))
        self._look = QPushButton(self.tr("Camera"))
        self._look.setToolTip(self.tr("Predict what a camera sees, until you stop it"))
        self._cameras = CameraPicker()
        self._paste = QAction(self.tr("Paste an image"), self)
        self._paste.setShortcut(QKeySequence.StandardKey.Paste)
        self._paste.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(self._paste)
        self._drop = DropPage()
        self._pane = PredictionPane()
        self._model = PredictionModel(self)
        self._list = PredictionList(self._model)
        self._bar = PredictionBar()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._picker)
        top.addStretch()
        for widget in (self._files, self._folder, self._look, self._cameras):
            top.addWidget(widget)
        self._results = QSplitter(Qt.Orientation.Vertical)
        self._results.addWidget(self._pane)
        self._results.addWidget(self._list)
        self._results.setSizes([340, 260])
        self._results.setHandleWidth(2 * theme.SPACE)
        self._results.setChildrenCollapsible(False)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._drop)
        self._pages.addWidget(self._results)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._bar)

    def _connect(self) -> None:
        state = self._state
        for signal in (state.project_opened, state.project_closed, state.runs_changed):
            signal.connect(self._refresh)
        state.images_changed.connect(self._show_classes)
        state.corrected.connect(self._on_corrected)
        self._picker.changed.connect(self._on_picker_changed)
        self._files.clicked.connect(self._on_files_clicked)
        self._folder.clicked.connect(self._on_folder_clicked)
        self._look.clicked.connect(self._on_look_clicked)
        self._paste.triggered.connect(self._on_paste_triggered)
        self._drop.again_requested.connect(self._on_again_requested)
        self._bar.go_on_requested.connect(self._on_again_requested)
        self._bar.stop_requested.connect(self._on_stop_requested)
        self._bar.save_requested.connect(self._on_save_requested)
        self._bar.sort_requested.connect(self._on_sort_requested)
        self._list.result_chosen.connect(self._pane.show_result)
        self._pane.explanation_requested.connect(self._on_explanation_requested)
        self._pane.correction_requested.connect(self._on_correction_requested)
        self._heat_maps.found.connect(self._pane.show_heat_map)

    # -- states

    @pyqtSlot()
    def _refresh(self) -> None:
        self._picker.show_project(self._state.project)
        self._show_classes()
        self._show_state()

    @pyqtSlot()
    def _show_classes(self) -> None:
        project = self._state.project
        self._pane.correction.show_classes(None if project is None else [one.name for one in project.classes()])

    @pyqtSlot()
    def _on_picker_changed(self) -> None:
        self._forget()
        self._show_state()

    def _forget(self) -> None:
        bundle = self._picker.bundle()
        self._model.clear(read_bundle_info(bundle).labels if bundle is not None else ())
        self._list.show_all()
        self._pane.clear()
        self._first_shown = self._unfinished = False
        self._pages.setCurrentIndex(DROP)

    def _show_state(self) -> None:
        ready, running = self._picker.bundle() is not None, self._job is not None
        if running:
            title, hint = (self.tr("Looking…"), self.tr("The first time, the model is loaded; that takes a moment."))
        elif ready:
            title = self.tr("Drop images here")
            hint = self.tr(
                "Files, folders, a zip, or a picture out of the browser; or paste one with Ctrl+V, choose files above, "
                "or show something to the camera."
            )
        else:
            title = self.tr("There is no model yet")
            hint = self.tr("Train one first, or open a bundle that was exported before.")
        self._drop.show_words(title, hint)
        self._drop.again.setVisible(ready and not running and self._asked is not None)
        self._picker.setEnabled(not running)
        for control in (self._files, self._folder, self._look, self._cameras, self._paste):
            control.setEnabled(ready and not running)
        self._bar.show_state(self._model.results(), running, self._unfinished)

    # -- what to predict

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, folders and pictures if there is a model, and it is free."""
        if self._picker.bundle() is not None and self._job is None and may_give(event.mimeData()):
            event.acceptProposedAction()
            self._drop.mark(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._drop.mark(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Predict what was dropped."""
        given = given_of(event.mimeData())
        event.acceptProposedAction()
        self._drop.mark(False)
        if given is not None:
            # Not inside the drop: the other program waits for its end, and there may be a question to answer.
            QTimer.singleShot(0, partial(self.predict, given))

    @pyqtSlot()
    def _on_files_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in (*sorted(IMAGE_SUFFIXES), ".zip"))
        names, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Choose images"), "", self.tr("Images and zips ({0})").format(patterns)
        )
        if names:
            self.predict(Given(tuple(Path(name) for name in names)))

    @pyqtSlot()
    def _on_folder_clicked(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of images"))
        if name:
            self.predict(Given((Path(name),)))

    @pyqtSlot()
    def _on_look_clicked(self) -> None:
        self._start(
            partial(watch_camera, self._service, self._cameras.source()), self.tr("Watching the camera"), camera=True
        )

    @pyqtSlot()
    def _on_paste_triggered(self) -> None:
        given = given_of(QApplication.clipboard().mimeData())
        if given is None:
            messages.info(self, self.tr("Paste"), self.tr("There is no image in the clipboard."))
        else:
            self.predict(given)

    def predict(self, given: Given) -> None:
        """Classify files, the images of folders and zips, or a picture; one on the web only if the user agrees."""
        if given.address and not self._may_fetch(given.address):
            return
        self._asked = work_of(self._service, given)
        self._start(self._asked, self.tr("Predicting"))

    def _may_fetch(self, address: str) -> bool:
        if address.startswith("data:"):
            return True
        question = self.tr("Only the picture's address came along:\n{0}\n\nFetch it over the network?").format(address)
        return messages.ask(self, self.tr("Fetch the picture"), question, self.tr("Fetch it"))

    @pyqtSlot()
    def _on_again_requested(self) -> None:
        if self._asked is not None:
            self._start(self._asked, self.tr("Predicting"))

    def _start(self, work: PredictWork, title: str, camera: bool = False) -> None:
        bundle = self._picker.bundle()
        if bundle is None or self._job is not None:
            return
        self._forget()
        self._bar.begin()
        self._job = job = self._state.jobs.start(title, partial(work, bundle), detached=camera)
        job.progressed.connect(self._on_job_progressed)
        job.failed.connect(self._state.failed)
        job.cancelled.connect(self._on_job_cancelled)
        if camera:
            job.done.connect(self._on_camera_done)
        job.finished.connect(self._on_job_finished)
        self._show_state()

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        if progress.stage == CAMERA:
            self._pages.setCurrentIndex(RESULTS)
            self._list.hide()
            self._pane.show_live(progress.values["result"], progress.values["picture"])
        elif progress.values.get("results"):
            self._bar.show_progress(progress.done, progress.total)
            self._add(progress.values["results"], progress.total)

    def _add(self, results: list[dict[str, Any]], total: int) -> None:
        self._pages.setCurrentIndex(RESULTS)
        before = len(self._model.results())
        self._model.add(results)
        self._list.setVisible(max(total, before + len(results)) > 1)
        if not self._first_shown:
            readable = [place for place, one in enumerate(results) if not one["problem"]]
            self._first_shown = bool(readable)
            place = (readable or [0])[0]
            self._pane.show_result(results[place])
            self._list.table.choose(before + place)
        self._bar.show_state(self._model.results(), True, False)

    @pyqtSlot(object)
    def _on_camera_done(self, last: dict[str, Any] | None) -> None:
        if last is not None:
            self._add([last], 1)

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        self._unfinished = len(self._model.results()) > 0

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self._show_state()

    @pyqtSlot()
    def _on_stop_requested(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._bar.say_stopping()

    # -- results

    @pyqtSlot(str, str)
    def _on_explanation_requested(self, path: str, label: str) -> None:
        bundle = self._picker.bundle()
        if bundle is not None:
            self._heat_maps.set_bundle(bundle)
            self._heat_maps.ask(path, label, ACTIVATION)

    @pyqtSlot(str, str)
    def _on_correction_requested(self, path: str, label: str) -> None:
        self._state.correct(Path(path), label)

    @pyqtSlot(object, object)
    def _on_corrected(self, path: Path, correction: Correction) -> None:
        if self._pane.shows(str(path)):
            self._pane.correction.say_done(correction.label, correction.copied)

    @pyqtSlot()
    def _on_save_requested(self) -> None:
        self._output.save(self._model.results())

    @pyqtSlot()
    def _on_sort_requested(self) -> None:
        self._output.sort(self._model.results())
