"""Small pictures for the screen, kept in the project's cache; anything in there can be made again."""

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, decode_image, read_file
from app.errors import Cancelled
from app.parallel import map_in_order, processors

FOLDER = "thumbnails"
JPEG_QUALITY = 88
REPORT_EVERY = 20
Pixels = NDArray[np.uint8]
ImageFile = tuple[Path, str]  # with the hash of its content


def missing_thumbnails(images: Sequence[ImageFile], cache: Path, side: int) -> list[ImageFile]:
    """Return the images that have no thumbnail yet; lists folders instead of asking for each file."""
    kept: set[str] = set()
    for part in range(256):
        try:
            kept.update(os.listdir(cache / FOLDER / f"{part:02x}"))
        except OSError:
            continue
    return [(path, digest) for path, digest in images if _name(digest, side) not in kept]


def make_thumbnails(
    images: Sequence[ImageFile], cache: Path, side: int, on_count: Callable[[int, int], None], cancel: threading.Event
) -> None:
    """Make the thumbnails of many images and leave one processor to the screen; raises Cancelled.

    An unreadable image is passed over here: whoever wants to see it learns why.
    """
    make = partial(_made, cache=cache, side=side)
    results = map_in_order(make, images, max(1, processors() - 1))
    try:
        for count, _ in enumerate(results, 1):
            if cancel.is_set():
                raise Cancelled
            if count % REPORT_EVERY == 0 or count == len(images):
                on_count(count, len(images))
    finally:
        results.close()


def thumbnail(path: Path, digest: str, cache: Path, side: int) -> Pixels:
    """Return RGB [h, w, 3], longer side at most `side` pixels, never enlarged; raises UnreadableImage.

    Safe to call from many threads. `digest` is the content hash of `path`; a kept thumbnail is used without
    reading `path`, one that is damaged is made again, and a cache that cannot be written to is done without.
    """
    file = cache / FOLDER / digest[:2] / _name(digest, side)
    kept = _kept(file, side)
    if kept is not None:
        return kept
    small = shrunk(decode_image(read_file(path), at_least=side), side)
    _keep(file, small)
    return small


def shrunk(image: Pixels, side: int) -> Pixels:
    """Resize RGB [H, W, 3] so that its longer side is `side` pixels; a smaller image stays as it is."""
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer <= side:
        return image
    size = (max(1, round(width * side / longer)), max(1, round(height * side / longer)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _made(image: ImageFile, cache: Path, side: int) -> bool:
    path, digest = image
    try:
        _keep(cache / FOLDER / digest[:2] / _name(digest, side), shrunk(decode_image(read_file(path), side), side))
    except UnreadableImage:
        return False
    return True


def _name(digest: str, side: int) -> str:
    return f"{digest}-{side}.jpg"


def _kept(file: Path, side: int) -> Pixels | None:
    try:
        image = decode_image(file.read_bytes())
    except (OSError, UnreadableImage):
        return None
    return image if max(image.shape[:2]) <= side else None


def _keep(file: Path, image: Pixels) -> None:
    """Write whole or not at all, but without waiting for the disk: a lost thumbnail costs nothing.

    Where the folder that holds the cache went away, it is not made anew.
    """
    if not file.parents[3].is_dir():
        return
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
    if not encoded:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data.tobytes())
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return
