"""What in an image speaks for a class: asked of the model's worker, given back as a picture to lay over it."""

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PyQt5.QtCore import QObject, QRectF, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QImage

from app.engines.protocol import OnEvent
from app.export.service import ModelService
from ui.jobs import Job
from ui.state import AppState

SIDE = 256  # of the picture, in pixels; it is stretched over the image
LEAST_SEEN = 0.15  # of the strongest; what speaks less stays clear


@dataclass(frozen=True)
class HeatMap:
    """A picture for a class, found by a method, and where it belongs in the image, as shares of width and height."""

    path: str
    label: str
    method: str
    picture: QImage
    place: QRectF


class HeatMaps(QObject):
    """Asks one question after the other; of those that wait only the last is asked."""

    found = pyqtSignal(object)  # a HeatMap

    def __init__(self, state: AppState, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._service = ModelService()
        self._bundle: Path | None = None
        self._asked: tuple[str, str, str] | None = None
        self._waiting: tuple[str, str, str] | None = None
        self._job: Job | None = None

    def set_bundle(self, bundle: Path) -> None:
        """Explain this model from now on."""
        self._bundle = bundle

    def ask(self, path: str, label: str, method: str) -> None:
        """Find what speaks for a label in an image, by one of `METHODS`; `found` tells."""
        self._waiting = (path, label, method)
        self._go_on()

    def close_down(self) -> None:
        """End the worker."""
        self._waiting = None
        if self._job is not None:
            self._job.cancel()
        self._service.close()

    def _go_on(self) -> None:
        if self._job is None and self._waiting is not None and self._bundle is not None:
            self._asked, self._waiting = self._waiting, None
            work = partial(_explain, self._service, self._bundle, *self._asked)
            self._job = self._state.jobs.start(self.tr("Looking for what speaks for the class"), work, detached=True)
            self._job.done.connect(self._on_job_done)
            self._job.failed.connect(self._state.failed)
            self._job.finished.connect(self._on_job_finished)

    @pyqtSlot(object)
    def _on_job_done(self, result: dict[str, Any]) -> None:
        if self._asked is not None:
            place = QRectF(*result["box"])
            self.found.emit(HeatMap(*self._asked, coloured(np.array(result["values"], np.float32)), place))

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self._go_on()


def coloured(values: np.ndarray) -> QImage:
    """Return values [rows, columns], 0 to 1, as a picture: clear where little speaks, then yellow, then red."""
    large = np.clip(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), 0, 1)
    pixels = np.empty((SIDE, SIDE, 4), np.uint8)
    pixels[:, :, 0] = 255
    pixels[:, :, 1] = np.rint(220 * (1 - large))
    pixels[:, :, 2] = 0
    pixels[:, :, 3] = np.rint(255 * np.clip((large - LEAST_SEEN) / (1 - LEAST_SEEN), 0, 1))
    return QImage(pixels.tobytes(), SIDE, SIDE, 4 * SIDE, QImage.Format.Format_RGBA8888).copy()


def _explain(
    service: ModelService,
    bundle: Path,
    path: str,
    label: str,
    method: str,
    on_event: OnEvent,
    cancel: threading.Event,
) -> dict[str, Any]:
    return service.explain(bundle, Path(path), label, on_event, cancel, method)
