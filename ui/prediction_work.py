"""The work behind the Predict tab: list what was given, store a pasted picture, ask the model."""

import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from PyQt5.QtGui import QImage

from app.dataset.scan import Skipped, scan_folder
from app.engines.protocol import OnEvent, Progress
from app.errors import Cancelled, InputError
from app.export.service import ModelService
from app.files import cache_folder

PASTED_FOLDER = "pasted"
KEPT_PASTED = 20  # pictures; older ones are deleted
PNG_QUALITY = 80  # of 100, where more is a larger file sooner written


def predict_paths(
    service: ModelService, paths: Sequence[Path], bundle: Path, on_event: OnEvent, cancel: threading.Event
) -> None:
    """Predict files and the images of folders; what cannot be read comes as a result with its problem."""
    files, skipped = _listed(paths, cancel)
    if skipped:
        problems = [{"path": str(one.path), "predictions": [], "problem": one.reason} for one in skipped]
        on_event(Progress("predict", 0, len(files), {"results": problems}))
    service.predict(bundle, files, on_event, cancel)


def predict_pasted(
    service: ModelService, picture: QImage, bundle: Path, on_event: OnEvent, cancel: threading.Event
) -> None:
    """Store a picture from the clipboard and predict it."""
    service.predict(bundle, [_store(picture)], on_event, cancel)


def _listed(paths: Sequence[Path], cancel: threading.Event) -> tuple[list[Path], list[Skipped]]:
    """Return every file; one that was named is tried whatever it is called. Raises InputError where there is none."""
    files: list[Path] = []
    skipped: list[Skipped] = []
    empty: InputError | None = None
    for path in paths:
        if cancel.is_set():
            raise Cancelled
        if not path.is_dir():
            files.append(path)
            continue
        try:
            scan = scan_folder(path)
        except InputError as error:
            empty = empty or error
            skipped.append(Skipped(path, error.message))
        else:
            files += [image.path for image in scan.images]
            skipped += scan.skipped
    if empty is not None and not files:
        raise empty
    return files, skipped


def _store(picture: QImage) -> Path:
    folder = cache_folder() / PASTED_FOLDER
    path = folder / f"pasted-{uuid4().hex[:8]}.png"
    try:
        folder.mkdir(exist_ok=True)
        older = sorted(folder.glob("*.png"), key=lambda one: one.stat().st_mtime)
        for one in older[: max(0, len(older) + 1 - KEPT_PASTED)]:
            one.unlink(missing_ok=True)
    except OSError as error:
        raise InputError("The pasted picture could not be stored.", str(error)) from error
    if not picture.save(str(path), "PNG", PNG_QUALITY):
        raise InputError("The pasted picture could not be stored.", f"Is there room in “{folder}”?")
    return path
