"""The Predict tab: drop, paste or choose images, and see what the model says."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QUrl, pyqtSlot
from PyQt5.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeySequence
from PyQt5.QtWidgets import (
    QAction,
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.dataset.scan import IMAGE_SUFFIXES
from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.evaluation.rule import UNKNOWN, UNSURE
from app.export.bundle import read_bundle_info
from app.export.service import ModelService
from app.export.table import write_table
from ui import messages, theme
from ui.jobs import Job
from ui.prediction_work import predict_pasted, predict_paths
from ui.state import AppState
from ui.widgets.image_view import ImageToShow, ImageView
from ui.widgets.model_picker import ModelPicker
from ui.widgets.prediction_bars import PredictionBars
from ui.widgets.prediction_table import PredictionModel, PredictionTable

BARS_WIDTH = 360

PredictWork = Callable[[Path, OnEvent, threading.Event], None]


class PredictTab(QWidget):
    """Classifies files with a bundle, outside the window's process."""

    def __init__(self, state: AppState, parent: QWidget | None = None):
        super().__init__(parent)
        self._state = state
        self._service = ModelService()
        self._job: Job | None = None
        self._asked: PredictWork | None = None
        self._first_shown = False
        self.setAcceptDrops(True)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._refresh()

    def activate(self) -> None:
        """Look for new models."""
        self._refresh()

    def close_down(self) -> None:
        """End the worker that holds the model."""
        if self._job is not None:
            self._job.cancel()
        self._service.close()

    def _make_parts(self) -> None:
        self._picker = ModelPicker()
        self._files = QPushButton(self.tr("Choose files…"))
        self._folder = QPushButton(self.tr("Choose a folder…"))
        self._paste = QAction(self.tr("Paste an image"), self)
        self._paste.setShortcut(QKeySequence.StandardKey.Paste)
        self._paste.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(self._paste)
        self._save = QPushButton(self.tr("Save as CSV…"))
        self._stop = QPushButton(self.tr("Stop"))
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._summary = QLabel(objectName="muted")
        self._title = QLabel(objectName="title", alignment=Qt.AlignmentFlag.AlignCenter)
        self._hint = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._again = QPushButton(self.tr("Predict the same images again"))
        self._view = ImageView()
        self._name = QLabel(objectName="heading", wordWrap=True)
        self._problem = QLabel(objectName="bad", wordWrap=True)
        self._verdict = QLabel(objectName="muted", wordWrap=True)
        self._bars = PredictionBars()
        self._model = PredictionModel(self)
        self._table = PredictionTable(self._model)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._picker)
        top.addStretch()
        for widget in (self._files, self._folder):
            top.addWidget(widget)
        self._drop = QFrame(objectName="drop")
        inner = QVBoxLayout(self._drop)
        inner.addStretch()
        inner.addWidget(self._title)
        inner.addWidget(self._hint)
        inner.addSpacing(theme.SPACE)
        inner.addWidget(self._again, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addStretch()
        words = QWidget()
        column = QVBoxLayout(words)
        for widget in (self._name, self._problem, self._verdict, self._bars):
            column.addWidget(widget)
        column.addStretch()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(words)
        scroll.setMinimumWidth(BARS_WIDTH)
        one = QSplitter(Qt.Orientation.Horizontal)
        one.addWidget(self._view)
        one.addWidget(scroll)
        one.setSizes([2 * BARS_WIDTH, BARS_WIDTH])
        self._results = QSplitter(Qt.Orientation.Vertical)
        self._results.addWidget(one)
        self._results.addWidget(self._table)
        self._results.setSizes([320, 280])
        for splitter in (one, self._results):
            splitter.setHandleWidth(2 * theme.SPACE)
            splitter.setChildrenCollapsible(False)
        bottom = QHBoxLayout()
        bottom.setSpacing(theme.SPACE)
        bottom.addWidget(self._summary, 1)
        for widget in (self._bar, self._stop, self._save):
            bottom.addWidget(widget)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._drop)
        self._pages.addWidget(self._results)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        for signal in (self._state.project_opened, self._state.project_closed, self._state.runs_changed):
            signal.connect(self._refresh)
        self._picker.changed.connect(self._on_picker_changed)
        self._files.clicked.connect(self._on_files_clicked)
        self._folder.clicked.connect(self._on_folder_clicked)
        self._paste.triggered.connect(self._on_paste_triggered)
        self._again.clicked.connect(self._on_again_clicked)
        self._stop.clicked.connect(self._on_stop_clicked)
        self._save.clicked.connect(self._on_save_clicked)
        self._table.result_chosen.connect(self._show_result)

    # -- states

    @pyqtSlot()
    def _refresh(self) -> None:
        self._picker.show_project(self._state.project)
        self._show_state()

    @pyqtSlot()
    def _on_picker_changed(self) -> None:
        self._model.clear()
        self._pages.setCurrentIndex(0)
        self._show_state()

    def _show_state(self) -> None:
        ready = self._picker.bundle() is not None
        if self._job is not None:
            self._title.setText(self.tr("Looking at the images…"))
            self._hint.setText(self.tr("The first time, the model is loaded; that takes a moment."))
        elif ready:
            self._title.setText(self.tr("Drop images here"))
            self._hint.setText(self.tr("Files or folders; or paste one with Ctrl+V, or choose them above."))
        else:
            self._title.setText(self.tr("There is no model yet"))
            self._hint.setText(self.tr("Train one first, or open a bundle that was exported before."))
        running = self._job is not None
        self._picker.setEnabled(not running)
        self._files.setEnabled(ready and not running)
        self._folder.setEnabled(ready and not running)
        self._paste.setEnabled(ready and not running)
        self._again.setVisible(ready and not running and self._asked is not None)
        self._bar.setVisible(running)
        self._stop.setVisible(running)
        self._save.setVisible(bool(self._model.rowCount()))
        self._save.setEnabled(not running)
        self._summary.setText(self._summary_text())

    def _summary_text(self) -> str:
        results = self._model.results()
        if not results:
            return ""
        unreadable = sum(result["problem"] is not None for result in results)
        readable = len(results) - unreadable
        if self._job is not None and self._bar.maximum():
            return self.tr("{0:,} of {1:,} images").format(self._bar.value(), self._bar.maximum())
        text = self.tr("1 image") if readable == 1 else self.tr("{0:,} images").format(readable)
        return text + self.tr(", {0:,} unreadable (listed with the reason)").format(unreadable) if unreadable else text

    # -- what to predict

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders if there is a model, and it is free."""
        if self._picker.bundle() is not None and self._job is None and event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._mark_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._mark_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Predict what was dropped."""
        event.acceptProposedAction()
        self._mark_drop(False)
        self.predict(_local_paths(event.mimeData().urls()))

    def _mark_drop(self, active: bool) -> None:
        self._drop.setProperty("active", active)
        self._drop.style().unpolish(self._drop)
        self._drop.style().polish(self._drop)

    @pyqtSlot()
    def _on_files_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Choose images"), "", self.tr("Images ({0})").format(patterns)
        )
        self.predict([Path(name) for name in names])

    @pyqtSlot()
    def _on_folder_clicked(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of images"))
        self.predict([Path(name)] if name else [])

    @pyqtSlot()
    def _on_paste_triggered(self) -> None:
        data = QApplication.clipboard().mimeData()
        if data.hasUrls():
            self.predict(_local_paths(data.urls()))
        elif data.hasImage():
            self._start(partial(predict_pasted, self._service, QImage(data.imageData())))
        else:
            messages.info(self, self.tr("Paste"), self.tr("There is no image in the clipboard."))

    def predict(self, paths: Sequence[Path]) -> None:
        """Classify files and the images of folders."""
        if paths:
            self._start(partial(predict_paths, self._service, tuple(paths)))

    @pyqtSlot()
    def _on_again_clicked(self) -> None:
        if self._asked is not None:
            self._start(self._asked)

    def _start(self, work: PredictWork) -> None:
        bundle = self._picker.bundle()
        if bundle is None or self._job is not None:
            return
        self._asked = work
        self._model.clear()
        self._view.clear()
        self._first_shown = False
        self._pages.setCurrentIndex(0)
        self._bar.setRange(0, 0)
        self._stop.setEnabled(True)
        self._stop.setText(self.tr("Stop"))
        job = self._state.jobs.start(self.tr("Predicting"), partial(work, bundle))
        self._job = job
        job.progressed.connect(self._on_job_progressed)
        job.failed.connect(self._state.failed)
        job.finished.connect(self._on_job_finished)
        self._show_state()

    @pyqtSlot(object)
    def _on_job_progressed(self, progress: Progress) -> None:
        results: list[dict[str, Any]] = progress.values.get("results", [])
        if not results:
            return
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        self._pages.setCurrentIndex(1)
        self._model.add(results)
        self._table.setVisible(max(progress.total, self._model.rowCount()) > 1)
        if not self._first_shown:
            readable = [one for one in results if not one["problem"]]
            self._first_shown = bool(readable)
            first = (readable or results)[0]
            self._show_result(first)
            self._table.choose(self._model.results().index(first))
        self._summary.setText(self._summary_text())

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self._show_state()

    @pyqtSlot()
    def _on_stop_clicked(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._stop.setEnabled(False)
            self._stop.setText(self.tr("Stopping…"))

    # -- results

    @pyqtSlot(object)
    def _show_result(self, result: dict[str, Any]) -> None:
        path = Path(result["path"])
        self._name.setText(path.name)
        self._name.setToolTip(str(path))
        self._problem.setText(result["problem"] or "")
        self._problem.setVisible(bool(result["problem"]))
        self._verdict.setText(self._verdict_text(result.get("verdict")))
        self._verdict.setVisible(bool(self._verdict.text()))
        self._bars.show_predictions(result["predictions"])
        if result["problem"]:
            self._view.clear()
        else:
            self._view.show_image(ImageToShow(path, path.name))

    def _verdict_text(self, verdict: str | None) -> str:
        if verdict == UNKNOWN:
            return self.tr("Unknown: unlike every class, so that the model's rule rejects the answer.")
        if verdict == UNSURE:
            return self.tr("Unsure: too improbable, so that the model's rule rejects the answer.")
        return ""

    @pyqtSlot()
    def _on_save_clicked(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save as CSV"), "predictions.csv", self.tr("Tables (*.csv)")
        )
        if name:
            self.save_table(Path(name))

    def save_table(self, path: Path) -> None:
        """Write the results as CSV."""
        bundle = self._picker.bundle()
        assert bundle is not None
        try:
            write_table(path, self._model.results(), read_bundle_info(bundle).labels)
        except AppError as error:
            messages.error(self, error)


def _local_paths(urls: Sequence[QUrl]) -> list[Path]:
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
