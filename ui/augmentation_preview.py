"""The preview of augmentation: drawn by a worker when settings are looked at, and again when one of them changes."""

import random
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, QTimer, pyqtSlot

from app.engines.preview import draw_preview, preview_process
from app.engines.process import EngineProcess
from app.engines.protocol import OnEvent
from app.errors import AppError, InputError
from app.project.project import Project
from app.settings import TorchSettings
from app.training import usable_images
from ui.jobs import Job, run_in_pool
from ui.state import AppState
from ui.widgets.preview_strip import PreviewStrip

SETTLE_MS = 300  # after the last change, before it is drawn
TRIED = 24  # images, of which the first eight that can be read are drawn
DRAWN_BY = (
    "trained", "side", "training_share", "flip", "flip_vertical", "rotation", "smallest_crop", "colour", "erasing",
    "mixup", "cutmix",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What is to be drawn: settings, and chance."""

    settings: TorchSettings
    seed: int

    def same_as(self, other: "Wish | None") -> bool:
        """Tell whether the other would look the same."""
        if other is None or other.seed != self.seed:
            return False
        return all(getattr(self.settings, name) == getattr(other.settings, name) for name in DRAWN_BY)


class AugmentationPreview(QObject):
    """Keeps a strip up to date while it is looked at; the worker is kept as long, since it takes seconds to start."""

    def __init__(self, state: AppState, strip: PreviewStrip, wished: Callable[[], TorchSettings | str]):
        """Ask `wished` for the settings, or for words why there is nothing to draw."""
        super().__init__(strip)
        self._state, self._strip, self._wished = state, strip, wished
        self._seed = 0
        self._drawn: Wish | None = None
        self._drawing: Wish | None = None
        self._job: Job | None = None
        self._worker: EngineProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self._draw)
        strip.draw_requested.connect(self._on_draw_requested)
        strip.stop_requested.connect(self._on_stop_requested)

    @pyqtSlot()
    def refresh(self) -> None:
        """Draw anew if the strip is in sight and would look different; soon, as more may change."""
        self._timer.start()

    def forget(self) -> None:
        """Draw anew when next looked at: of other images."""
        self._drawn = None
        self._timer.start()

    @pyqtSlot()
    def rest(self) -> None:
        """Let the worker go, which takes memory from training."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        elif self._worker is not None:
            run_in_pool(self._worker.close, on_done=_ignore)
            self._worker = None

    def close_down(self) -> None:
        """End the worker, and remove what it drew."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
            self._job.wait()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # -- drawing

    @pyqtSlot()
    def _draw(self) -> None:
        if not self._strip.isVisible():
            self.rest()
            return
        project, settings = self._state.project, self._wish()
        if isinstance(settings, str) or project is None:
            self.rest()
            self._drawn = None
            self._strip.show_words(settings if isinstance(settings, str) else self.tr("No project is open."))
            return
        wish = Wish(settings, self._seed)
        if self._job is not None:
            if not wish.same_as(self._drawing):
                self._stop()  # the end of the job draws what is wished then
        elif not wish.same_as(self._drawn):
            self._start(project, wish)

    def _wish(self) -> TorchSettings | str:
        try:
            return self._wished()
        except AppError as error:
            return f"{error.message} {error.hint}"

    def _start(self, project: Project, wish: Wish) -> None:
        if self._worker is None or not self._worker.running:
            self._worker = preview_process()
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sightline-preview-")
        self._drawing = wish
        work = partial(_draw, project, self._worker, wish, Path(self._folder.name))
        self._job = self._state.jobs.start(self.tr("Drawing a preview"), work, detached=True)
        self._job.done.connect(self._on_job_done)
        self._job.cancelled.connect(self._on_job_cancelled)
        self._job.failed.connect(self._on_job_failed)
        self._job.finished.connect(self._on_job_finished)
        self._strip.show_drawing()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @pyqtSlot()
    def _on_draw_requested(self) -> None:
        self._seed += 1
        self._drawn = None
        self._draw()

    @pyqtSlot()
    def _on_stop_requested(self) -> None:
        self._drawn = self._drawing  # it is not tried again until something changes
        self._stop()

    @pyqtSlot(object)
    def _on_job_done(self, paths: list[Path]) -> None:
        self._drawn = self._drawing
        self._strip.show_pictures(paths)

    @pyqtSlot()
    def _on_job_cancelled(self) -> None:
        self._strip.show_words(self.tr("Stopped."), again=True)

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        self._drawn = self._drawing
        self._strip.show_words(f"{error.message} {error.hint}", again=True)

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self._timer.start()


def _draw(
    project: Project, worker: EngineProcess, wish: Wish, to: Path, on_event: OnEvent, cancel: threading.Event
) -> list[Path]:
    rows = usable_images(project)
    if not rows:
        raise InputError("There is no labelled image to show.", "Label some first.")
    chosen = random.Random(wish.seed).sample(rows, min(TRIED, len(rows)))
    if not worker.running:
        worker.launch()
    return draw_preview(worker, [row.path for row in chosen], wish.settings, wish.seed, to, on_event, cancel)


def _ignore(result: object) -> None:
    """Nobody waits for the end of a worker."""
