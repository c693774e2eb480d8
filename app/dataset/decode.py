"""Decode image files to 8-bit RGB, turned upright; whatever is wrong with a file becomes one sentence.

Grey, palette, 16-bit and CMYK pixels are converted to 8-bit RGB, transparent ones are laid on white, and of
an animation or a file with several pages the first picture is taken. EXIF orientation is applied once.
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.dataset.image_header import ImageHeader, exif_orientation, read_header
from app.errors import InputError

MEGAPIXEL = 1_000_000
MOST_PIXELS = 256 * MEGAPIXEL  # 768 MB decoded; the largest telephone cameras take 200
MOST_BYTES = 1 << 30  # of a file
PLAUSIBLE_PIXELS = 16 * MEGAPIXEL  # more of them in next to no bytes are a trap: they would take seconds and gigabytes
MOST_PIXELS_PER_BYTE = 10_000  # a blank page in one bit per pixel has 8,000 as PNG, and 100 in colours as JPEG
OPAQUE = 255
ROWS_AT_ONCE = 64  # while blending, which takes 20 times an image's memory
DAMAGED = "The image is damaged, incomplete, or of a rare kind that cannot be read."
# JPEG can be decoded at these fractions, with less work. The flags lack the bit for BGR, which excludes RGB.
REDUCED = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
}
# EXIF orientation → (transpose, mirror rows, mirror columns), in this order.
TURNS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
Pixels = NDArray[np.uint8]

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what went wrong is raised, not printed


class UnreadableImage(InputError):
    """A file that is no image, is damaged, or is too large."""


def read_image(path: Path) -> Pixels:
    """Decode a file to RGB [H, W, 3], upright; raises UnreadableImage, which does not name the file."""
    return decode_image(read_file(path))


def read_file(path: Path) -> bytes:
    """Return the bytes of an image file; raises UnreadableImage."""
    try:
        if not path.is_file():
            raise UnreadableImage("The file is not there any more.")
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableImage(f"The file is larger than {MOST_BYTES >> 20:,} MB.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"The file cannot be read ({error.strerror or error}).") from error


def decode_image(data: bytes, at_least: int | None = None) -> Pixels:
    """Decode an image file's bytes to RGB [H, W, 3], upright; raises UnreadableImage.

    With `at_least`, a JPEG may come out smaller than it is, with a longer side of `at_least` pixels or more.
    """
    header = _checked_header(data)
    try:
        image = _on_white(data, header) if header.alpha else None
        if image is None:
            image = _decoded(data, cv2.IMREAD_COLOR_RGB | _reduction(header, at_least))
    except (cv2.error, MemoryError) as error:
        raise UnreadableImage("The image cannot be decoded.", detail=str(error)) from error
    return image


def _checked_header(data: bytes) -> ImageHeader:
    if not data:
        raise UnreadableImage("The file is empty.")
    header = read_header(data)
    if header is None:
        raise UnreadableImage("The file is no JPEG, PNG, BMP, GIF, TIFF or WebP, whatever its name says.")
    if header.width * header.height > MOST_PIXELS:
        raise UnreadableImage(
            f"The image has {header.width:,} × {header.height:,} pixels, "
            f"more than {MOST_PIXELS // MEGAPIXEL} megapixels."
        )
    pixels = header.width * header.height
    if pixels > max(PLAUSIBLE_PIXELS, MOST_PIXELS_PER_BYTE * len(data)):
        raise UnreadableImage(f"The file claims {header.width:,} × {header.height:,} pixels in {len(data):,} bytes.")
    if not header.whole:
        raise UnreadableImage(DAMAGED)
    return header


def _decoded(data: bytes, flags: int) -> Pixels:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None or not image.size:
        raise UnreadableImage(DAMAGED)
    return np.asarray(image, np.uint8)


def _reduction(header: ImageHeader, at_least: int | None) -> int:
    if at_least is None or header.kind != "jpeg":
        return 0
    longer = max(header.width, header.height)
    return next((flag for factor, flag in REDUCED.items() if longer >= factor * at_least), 0)


def _on_white(data: bytes, header: ImageHeader) -> Pixels | None:
    """Lay a transparent image on white; None where it turns out to have no transparency."""
    image, kinds, blocks = cv2.imdecodeWithMetadata(np.frombuffer(data, np.uint8), flags=cv2.IMREAD_UNCHANGED)
    if image is None:
        raise UnreadableImage(DAMAGED)
    if image.ndim != 3 or image.shape[2] != 4 or image.dtype not in (np.uint8, np.uint16):
        return None
    deep = image.dtype == np.uint16
    bgra: Pixels = (image // 257).astype(np.uint8) if deep else np.asarray(image, np.uint8)
    if header.kind == "tiff":  # OpenCV turns TIFF upright in every mode
        return _blended(bgra, multiplied=not deep and _is_multiplied(bgra))
    exif = _exif(kinds, blocks)
    return np.ascontiguousarray(_turned(_blended(bgra, multiplied=False), exif_orientation(exif) if exif else 1))


def _is_multiplied(bgra: Pixels) -> bool:
    """Tell whether the colours are multiplied by their opacity, as TIFF's usually are: then none is above it."""
    return bool((bgra[:, :, :3].max(axis=2) <= bgra[:, :, 3]).all())


def _blended(bgra: Pixels, multiplied: bool) -> Pixels:
    laid = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), np.uint8)
    for start in range(0, len(bgra), ROWS_AT_ONCE):
        rows = laid[start : start + ROWS_AT_ONCE]
        opacity = bgra[start : start + ROWS_AT_ONCE, :, 3:].astype(np.uint16)
        white = OPAQUE * (OPAQUE - opacity) + OPAQUE // 2  # rounds the division below
        rows[:] = (rows.astype(np.uint16) * (OPAQUE if multiplied else opacity) + white) // OPAQUE
    return laid


def _exif(kinds: Iterable[int], blocks: Iterable[object]) -> bytes:
    for kind, block in zip(kinds, blocks, strict=True):
        if kind == cv2.IMAGE_METADATA_EXIF:
            return np.asarray(block).tobytes()
    return b""


def _turned(image: Pixels, orientation: int) -> Pixels:
    transpose, mirror_rows, mirror_columns = TURNS.get(orientation, (False, False, False))
    if transpose:
        image = image.transpose(1, 0, 2)
    return image[:: -1 if mirror_rows else 1, :: -1 if mirror_columns else 1]
