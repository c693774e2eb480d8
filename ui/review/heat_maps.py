"""Heat maps of a run's images, computed by its bundle in a process of their own."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QRectF, pyqtSignal
from PyQt5.QtGui import QColor, QImage

from app.engines.protocol import Event
from app.errors import AppError, Cancelled
from app.export.service import ModelService
from ui.jobs import Task, run_in_pool

COLD, HOT = QColor("#d55e00"), QColor("#fff3b0")


class HeatMaps(QObject):
    """Asks one worker, which keeps the bundle loaded; an answer that is no longer wanted is dropped."""

    found = pyqtSignal(str, str, object, object)  # path, label, picture of the map, its place as shares of the image
    failed = pyqtSignal(str, str, object)  # path, label, AppError

    def __init__(self, bundle: Path, parent: QObject | None = None):
        super().__init__(parent)
        self._bundle = bundle
        self._service = ModelService()
        self._cancel = threading.Event()
        self._task: Task | None = None

    def ask(self, path: str, label: str) -> None:
        """Have the map of an image for a class computed; only the last wish counts."""
        if self._task is not None:
            self._task.cancel()
        on_done = partial(self._on_done, path, label)
        self._task = run_in_pool(_explain, self._service, self._bundle, path, label, self._cancel, on_done=on_done)

    def close_down(self) -> None:
        """End the worker, at once or as soon as it has stopped what it does."""
        self._cancel.set()
        if self._task is None:
            self._service.close()
        else:
            self._task.cancel()
            run_in_pool(self._service.close, on_done=_ignore)

    def _on_done(self, path: str, label: str, found: dict[str, Any] | AppError | None) -> None:
        self._task = None
        if isinstance(found, AppError):
            self.failed.emit(path, label, found)
        elif found is not None:
            self.found.emit(path, label, heat_picture(found["values"]), QRectF(*found["box"]))


def heat_picture(values: list[list[float]]) -> QImage:
    """Paint values [rows][columns], 0 to 1, one pixel each: clear at 0, glowing at 1."""
    picture = QImage(len(values[0]), len(values), QImage.Format.Format_ARGB32)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            share = min(1.0, max(0.0, value))
            mixed = [round(cold + (hot - cold) * share) for cold, hot in zip(COLD.getRgb(), HOT.getRgb(), strict=True)]
            picture.setPixelColor(column, row, QColor(*mixed[:3], round(255 * share**0.5)))
    return picture


def _explain(
    service: ModelService, bundle: Path, path: str, label: str, cancel: threading.Event
) -> dict[str, Any] | None:
    try:
        return service.explain(bundle, Path(path), label, _ignore, cancel)
    except Cancelled:
        return None


def _ignore(event: Event | None) -> None:
    """Take no notice."""
