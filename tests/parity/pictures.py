"""Five hundred pictures, hostile and real: every odd file there is, photos, and garments in all kinds of files."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.result import PHOTOS as TRAINING_PHOTOS
from tests.hostile.bytes_of import exif_block, with_exif, with_png_exif
from tests.hostile.images import encoded, readable

PHOTOS = TRAINING_PHOTOS.with_name("validation")  # real ones beside the repository, if there
COUNT, REAL = 500, 120
Pixels = NDArray[np.uint8]  # in OpenCV's order
Writing = Callable[[Pixels], tuple[str, bytes]]


def write_pictures(folder: Path, garments: Path) -> list[Path]:
    """Write the pictures under plain names and return their paths, in order."""
    folder.mkdir()
    found = islice(_pictures(sorted(garments.rglob("*.jpg"))), COUNT)
    paths = []
    for number, (name, data) in enumerate(found):
        paths.append(folder / f"{number:03}-{name}")
        paths[-1].write_bytes(data)
    return paths


def _pictures(garments: list[Path]) -> Iterator[tuple[str, bytes]]:
    for hostile in readable():
        yield f"odd{Path(hostile.name).suffix}", hostile.data
    photos = sorted(PHOTOS.rglob("*.jpg"))
    for path in photos[:: max(1, len(photos) // REAL)][:REAL]:
        yield "photo.jpg", path.read_bytes()
    for path in garments:
        yield "drawn.jpg", path.read_bytes()
    for path, writing in zip(cycle(garments), cycle(WRITINGS)):  # as many as are asked for
        yield writing(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR))  # type: ignore[arg-type]


def _turned_jpeg(orientation: int) -> Writing:
    def write(image: Pixels) -> tuple[str, bytes]:
        return f"turned-{orientation}.jpg", with_exif(encoded(".jpg", image), exif_block(orientation))

    return write


def _turned_png(orientation: int) -> Writing:
    def write(image: Pixels) -> tuple[str, bytes]:
        data = encoded(".png", _with_opacity(image))
        return f"turned-{orientation}.png", with_png_exif(data, exif_block(orientation))

    return write


def _with_opacity(image: Pixels) -> Pixels:
    """Let a picture fade from the left, where it is clear, to the right."""
    opacity = np.broadcast_to(np.linspace(0, 255, image.shape[1]).astype(np.uint8), image.shape[:2])
    return np.dstack([image, opacity])


def _as(suffix: str, change: Callable[[Pixels], NDArray] = lambda image: image, *options: int) -> Writing:
    def write(image: Pixels) -> tuple[str, bytes]:
        return f"as{suffix}", encoded(suffix, change(image), *options)

    return write


def _sized(width: int, height: int) -> Callable[[Pixels], NDArray]:
    return lambda image: cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _grey(image: Pixels) -> NDArray:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def _deep(image: Pixels) -> NDArray:
    return image.astype(np.uint16) * 257


def _animated(suffix: str) -> Writing:
    def write(image: Pixels) -> tuple[str, bytes]:
        film = cv2.Animation()
        film.frames, film.durations = [image, 255 - image], [100, 100]
        return f"animated{suffix}", cv2.imencodeanimation(suffix, film)[1].tobytes()

    return write


WRITINGS: tuple[Writing, ...] = (
    *(_turned_jpeg(orientation) for orientation in range(1, 9)),
    *(_turned_png(orientation) for orientation in range(1, 9)),
    _as(".png", _deep),
    _as(".png", lambda image: _deep(_grey(image))),
    _as(".png", lambda image: _deep(_with_opacity(image))),
    _as(".png", _with_opacity),
    _as(".png", _grey),
    _as(".jpg", _grey),
    _as(".jpg", lambda image: image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    _as(".jpg", lambda image: image, cv2.IMWRITE_JPEG_QUALITY, 20),
    _as(".webp", lambda image: image, cv2.IMWRITE_WEBP_QUALITY, 60),
    _as(".webp", _with_opacity, cv2.IMWRITE_WEBP_QUALITY, 101),
    _as(".tif", lambda image: image, cv2.IMWRITE_TIFF_COMPRESSION, 5),
    _as(".tif", _deep),
    _as(".tif", _with_opacity),
    _as(".bmp"),
    _as(".gif"),
    _animated(".gif"),
    _animated(".webp"),
    _animated(".png"),
    _as(".png", _sized(3, 2)),
    _as(".png", _sized(1, 1)),
    _as(".jpg", _sized(600, 8)),
    _as(".jpg", _sized(7, 900)),
    _as(".jpg", _sized(224, 224)),
    _as(".png", _sized(223, 225)),
)
