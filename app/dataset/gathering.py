"""Which image files somebody means who names files, folders and zips."""

import threading
from collections.abc import Sequence
from pathlib import Path

from app.dataset.archive import is_zip, unpack
from app.dataset.scan import Skipped, scan_folder
from app.errors import Cancelled, InputError


def gather(paths: Sequence[Path], cancel: threading.Event) -> tuple[list[Path], list[Skipped]]:
    """Return files as they are, the images of folders and zips, and what was left out of those.

    A folder or zip that gives nothing is left out; raises its InputError where nothing else was named, and Cancelled.
    """
    files: list[Path] = []
    skipped: list[Skipped] = []
    problem: InputError | None = None
    for path in paths:
        if cancel.is_set():
            raise Cancelled
        try:
            found, left_out = _images_of(path, cancel)
        except InputError as error:
            problem = problem or error
            skipped.append(Skipped(path, error.message))
        else:
            files += found
            skipped += left_out
    if problem is not None and not files:
        raise problem
    return files, skipped


def _images_of(path: Path, cancel: threading.Event) -> tuple[list[Path], Sequence[Skipped]]:
    if path.is_dir():
        scan = scan_folder(path)
        return [image.path for image in scan.images], scan.skipped
    return unpack(path, cancel) if is_zip(path) else ([path], ())
