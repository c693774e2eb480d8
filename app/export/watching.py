"""Predict what a camera sees, picture after picture, until somebody stops it."""

import threading
from contextlib import closing
from pathlib import Path

from app.dataset.camera import FIRST_CAMERA, encoded, pictures
from app.dataset.held import hold
from app.engines.progress import Throttle
from app.engines.protocol import Event, OnEvent, Progress
from app.export.answers import Result
from app.export.service import ModelService

STAGE = "camera"


def watch(
    service: ModelService, bundle: Path, on_event: OnEvent, cancel: threading.Event, source: int | str = FIRST_CAMERA
) -> Result | None:
    """Send up to ten answers a second, with the picture they belong to, as `result` and `picture` (RGB).

    Stopping keeps the last picture: its result, with the path of the stored file, is returned. Raises InputError where
    there is no camera.
    """
    last: Result | None = None
    throttle = Throttle(on_event)
    with closing(pictures(source)) as seen:
        for number, picture in enumerate(seen, 1):
            before, last = last, _answer(service, bundle, hold(encoded(picture), STAGE))
            if before is not None:
                Path(before["path"]).unlink(missing_ok=True)
            throttle.progress(STAGE, number, number + 1, result=last, picture=picture)
            if cancel.is_set():
                break
    return last


def _answer(service: ModelService, bundle: Path, path: Path) -> Result:
    """Ask for one picture, which takes too little time to be stopped."""
    found: list[Result] = []

    def take(event: Event) -> None:
        if isinstance(event, Progress):
            found.extend(event.values.get("results", []))

    service.predict(bundle, [path], take, threading.Event())
    return found[0]
