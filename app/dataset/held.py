"""Pictures that are no file yet: pasted, dragged out of a browser, or of a camera; held in the cache for a while."""

from pathlib import Path
from uuid import uuid4

from app.dataset.image_header import read_header
from app.errors import InputError
from app.files import cache_folder

HELD_FOLDER = "pasted"
KEPT = 20  # pictures; older ones are deleted
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "bmp": ".bmp", "webp": ".webp", "tiff": ".tif"}


def hold(data: bytes, origin: str) -> Path:
    """Store an encoded picture, named after its origin; raises InputError where it is none, or there is no room."""
    header = read_header(data)
    if header is None:
        raise InputError("What was given is not an image.", "Save it as a file, and drop that.")
    folder = held_folder()
    path = folder / f"{origin}-{uuid4().hex[:8]}{SUFFIXES[header.kind]}"
    try:
        folder.mkdir(exist_ok=True)
        older = sorted((one for one in folder.iterdir() if one.is_file()), key=lambda one: one.stat().st_mtime)
        for one in older[: max(0, len(older) + 1 - KEPT)]:
            one.unlink(missing_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InputError("The picture could not be stored.", f"Is there room in “{folder}”?", str(error)) from error
    return path


def held_folder() -> Path:
    """Return where they are."""
    return cache_folder() / HELD_FOLDER
