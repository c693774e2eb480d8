"""The work behind the Predict tab, for a thread of its own: store a picture, ask the model, sort, correct."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QBuffer, QIODevice
from PyQt5.QtGui import QImage

from app.dataset.held import hold
from app.dataset.thumbnails import shrunk
from app.engines.protocol import Event, OnEvent, Progress
from app.errors import Cancelled, InputError
from app.exchange.downloading import download_one
from app.export.answers import Answers, Result
from app.export.asking import ask
from app.export.service import ModelService
from app.export.sorting import sort_into
from app.export.table import write_table
from app.export.watching import watch
from ui.given import Given
from ui.item_models import to_image

PNG_QUALITY = 80  # of 100, where more is a larger file sooner written
SEEN_SIDE = 1024  # pixels of a camera's picture on the screen

PredictWork = Callable[[Path, OnEvent, threading.Event], object]


def work_of(service: ModelService, given: Given) -> PredictWork:
    """Return the work that predicts what was given; a picture of its own is stored once, however often it is asked."""
    if given.paths:
        return partial(_predict_paths, service, given.paths)
    return partial(_predict_stored, service, given, [])


def _predict_paths(
    service: ModelService, paths: tuple[Path, ...], bundle: Path, on_event: OnEvent, cancel: threading.Event
) -> int:
    return ask(service, bundle, paths, on_event, cancel)


def _predict_stored(
    service: ModelService,
    given: Given,
    stored: list[Path],
    bundle: Path,
    on_event: OnEvent,
    cancel: threading.Event,
) -> int:
    if not stored or not stored[0].exists():
        stored[:] = [_stored(given, cancel)]
    return ask(service, bundle, stored, on_event, cancel)


def _stored(given: Given, cancel: threading.Event) -> Path:
    if given.address:
        return hold(download_one(given.address, cancel), "web")
    return hold(given.data or _encoded(given.picture), "pasted")


def _encoded(picture: QImage | None) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if picture is None or not picture.save(buffer, "PNG", PNG_QUALITY):
        raise InputError("The pasted picture cannot be read.", "Save it as a file, and drop that.")
    return bytes(buffer.data())


def watch_camera(
    service: ModelService, source: int | str, bundle: Path, on_event: OnEvent, cancel: threading.Event
) -> Result | None:
    """Predict what a camera sees; its pictures come small, as Qt's."""

    def pass_on(event: Event) -> None:
        if isinstance(event, Progress) and "picture" in event.values:
            picture = to_image(shrunk(event.values["picture"], SEEN_SIDE))
            event = Progress(event.stage, event.done, event.total, {**event.values, "picture": picture})
        on_event(event)

    return watch(service, bundle, pass_on, cancel, source)


def save_table(file: Path, answers: Answers, on_event: OnEvent, cancel: threading.Event) -> None:
    """Write the answers as CSV."""
    write_table(file, answers, answers.labels)


def sort_images(folder: Path, answers: Answers, link: bool, on_event: OnEvent, cancel: threading.Event) -> int:
    """Sort the predicted images into a folder per class; return how many."""

    def on_count(done: int, total: int) -> None:
        on_event(Progress("sort", done, total))
        if cancel.is_set():
            raise Cancelled

    return sort_into(folder, list(answers.placed()), answers.labels, link, on_count)
