"""Hostile image files, made in code: odd kinds that must be read right, and broken ones that must be refused.

`write_hostile(folder)` puts them all into a folder, for anything that takes a folder of images.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.hostile.bytes_of import (
    CMYK_RED,
    ONE_PIXEL_GIF,
    bmp,
    exif_block,
    palette_png,
    png,
    png_chunk,
    tiff,
    with_exif,
    with_png_exif,
)

Colour = tuple[int, int, int]
RED, WHITE, GREY = (255, 0, 0), (255, 255, 255), (128, 128, 128)


@dataclass(frozen=True)
class Hostile:
    """A file; `size` (height, width) and `corner` (the top left pixel) are what it shows, None if it is no image."""

    name: str
    data: bytes
    size: tuple[int, int] | None = None
    corner: Colour | None = None


def encoded(suffix: str, image: NDArray[Any], *options: int) -> bytes:
    return cv2.imencode(suffix, image, list(options))[1].tobytes()


def plain(height: int = 6, width: int = 10, colour: Colour = RED) -> NDArray[np.uint8]:
    """Return pixels of one colour in OpenCV's order."""
    return np.full((height, width, 3), colour[::-1], np.uint8)


def red_corner(height: int = 16, width: int = 24) -> NDArray[np.uint8]:
    """Return white pixels with a red top left quarter, in OpenCV's order."""
    image = plain(height, width, WHITE)
    image[: height // 2, : width // 2] = RED[::-1]
    return image


def photo(seed: int = 0, height: int = 90, width: int = 120) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def readable() -> Iterator[Hostile]:
    """Yield odd files that show a picture."""
    yield from _depths_and_colours()
    yield from _transparent()
    yield from _several_pictures()
    yield from _turned()
    yield from _odd_shapes_and_ends()


def _depths_and_colours() -> Iterator[Hostile]:
    deep = np.full((6, 10), 128 * 257, np.uint16)
    yield Hostile("grey.jpg", encoded(".jpg", np.full((6, 10), 128, np.uint8)), (6, 10), GREY)
    yield Hostile("grey-16-bit.png", encoded(".png", deep), (6, 10), GREY)
    yield Hostile("grey-16-bit.tif", encoded(".tif", deep), (6, 10), GREY)
    yield Hostile("rgb-16-bit.tiff", encoded(".tiff", np.dstack([deep] * 3)), (6, 10), GREY)
    yield Hostile("black-and-white.png", png(9, 1, 1, 0, b"\0\xff\x80"), (1, 9), WHITE)
    yield Hostile("palette.png", palette_png(), (2, 2), RED)
    yield Hostile("grey-2-bit.png", png(4, 1, 2, 0, b"\0\xc0"), (1, 4), WHITE)
    yield Hostile("cmyk.jpg", CMYK_RED, (8, 8), (254, 0, 0))
    yield Hostile("progressive.jpg", encoded(".jpg", plain(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (6, 10), (254, 0, 0))
    yield Hostile("big-endian.tif", tiff(3, 2, bytes(RED) * 6), (2, 3), RED)
    yield Hostile("lzw.tif", encoded(".tif", plain(), cv2.IMWRITE_TIFF_COMPRESSION, 5), (6, 10), RED)


def _transparent() -> Iterator[Hostile]:
    clear, half = np.zeros((4, 5, 4), np.uint8), np.full((4, 5, 4), (0, 0, 255, 128), np.uint8)
    pink = (255, 127, 127)
    yield Hostile("clear.png", encoded(".png", clear), (4, 5), WHITE)
    yield Hostile("half-clear.png", encoded(".png", half), (4, 5), pink)
    yield Hostile("half-clear.tif", encoded(".tif", half), (4, 5), pink)
    yield Hostile("half-clear.webp", encoded(".webp", half, cv2.IMWRITE_WEBP_QUALITY, 101), (4, 5), pink)
    yield Hostile("half-clear-16-bit.png", encoded(".png", half.astype(np.uint16) * 257), (4, 5), pink)
    yield Hostile("clear-in-palette.png", palette_png(b"\0"), (2, 2), WHITE)
    opaque = np.full((4, 5, 4), (0, 0, 255, 255), np.uint8)
    yield Hostile("opaque.png", encoded(".png", opaque), (4, 5), RED)


def _several_pictures() -> Iterator[Hostile]:
    frames = cv2.Animation()
    frames.frames = [plain(), plain(colour=WHITE)]
    frames.durations = [100, 100]
    for suffix in (".gif", ".webp", ".png"):
        lossless = [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else []
        data = cv2.imencodeanimation(suffix, frames, lossless)[1].tobytes()
        yield Hostile(f"animated{suffix}", data, (6, 10), (252, 0, 0) if suffix == ".gif" else RED)
    pages = cv2.imencodemulti(".tif", [plain(), plain(8, 8, WHITE)])[1].tobytes()
    yield Hostile("two-pages.tif", pages, (6, 10), RED)


def _turned() -> Iterator[Hostile]:
    """Store a picture with a red top left quarter turned in each way, with the EXIF that turns it back."""
    upright = red_corner()
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }
    for orientation, image in stored.items():
        exif = exif_block(orientation, "<" if orientation % 2 else ">")
        pixels = np.ascontiguousarray(image)
        jpeg = encoded(".jpg", pixels, cv2.IMWRITE_JPEG_QUALITY, 100)
        yield Hostile(f"turned-{orientation}.jpg", with_exif(jpeg, exif), (16, 24), (254, 0, 0))
        clear = encoded(".png", cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA))
        yield Hostile(f"turned-{orientation}.png", with_png_exif(clear, exif), (16, 24), RED)


def _odd_shapes_and_ends() -> Iterator[Hostile]:
    jpeg = encoded(".jpg", plain(), cv2.IMWRITE_JPEG_QUALITY, 100)
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    yield Hostile("one-pixel.png", encoded(".png", plain(1, 1)), (1, 1), RED)
    yield Hostile("one-row.png", encoded(".png", plain(1, 5000)), (1, 5000), RED)
    yield Hostile("one-column.bmp", encoded(".bmp", plain(5000, 1)), (5000, 1), RED)
    yield Hostile("top-down.bmp", bmp(1, -2, bytes([0, 0, 255, 0, 255, 255, 255, 0])), (2, 1), RED)
    yield Hostile("png-called.jpg", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("LOUD.JPEG", jpeg, (6, 10), (254, 0, 0))
    yield Hostile("video-behind.jpg", jpeg + b"\xff\xda" + bytes(range(256)) * 40, (6, 10), (254, 0, 0))
    yield Hostile("long-comments.jpg", jpeg[:2] + comment * 3 + jpeg[2:], (6, 10), (254, 0, 0))
    yield Hostile("exif-of-noise.jpg", with_exif(jpeg, b"\xff\x00nonsense"), (6, 10), (254, 0, 0))
    yield Hostile("exif-orientation-99.jpg", with_exif(jpeg, exif_block(99)), (6, 10), (254, 0, 0))
    yield Hostile("Größe, 大きさ und\nZeilenumbruch.png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("n" * 246 + ".png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("👗🧥 👩‍👩‍👧.png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("שמלה قميص.png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("looks-like-\u202egnp.jpg", jpeg, (6, 10), (254, 0, 0))
    yield Hostile("e\u0301\u200b\ufeff.png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("-rf --json; $(reboot) 'q' `x` %s {0}.png", encoded(".png", plain()), (6, 10), RED)
    yield Hostile("one-long-row.jpg", encoded(".jpg", plain(1, 20_000)), (1, 20_000), (254, 0, 0))
    yield Hostile("one-long-column.png", encoded(".png", plain(20_000, 1)), (20_000, 1), RED)
    yield Hostile("one-long-row.webp", encoded(".webp", plain(1, 16_383)), (1, 16_383), (254, 0, 0))
    yield Hostile("one-pixel.gif", ONE_PIXEL_GIF, (1, 1), WHITE)


def unreadable() -> Iterator[Hostile]:
    """Yield files that are called images and show none."""
    yield from _no_images()
    yield from _cut_short()
    yield from _lying_headers()


def _no_images() -> Iterator[Hostile]:
    noise = np.random.default_rng(0).bytes(3000)
    yield Hostile("empty.jpg", b"")
    yield Hostile("text.png", b"This is not an image.\n")
    yield Hostile("error-page.jpg", b"<!DOCTYPE html><html><body>404</body></html>")
    yield Hostile("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    yield Hostile("document.jpg", b"%PDF-1.7\n" + noise)
    yield Hostile("telephone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + noise)
    yield Hostile("jpeg-2000.jpg", encoded(".jp2", photo()))
    yield Hostile("noise.webp", noise)
    yield Hostile("zeros.bmp", bytes(5000))
    for start, suffix in ((b"\xff\xd8\xff", "jpg"), (b"GIF89a", "gif"), (b"BM", "bmp"), (b"II*\0", "tif")):
        yield Hostile(f"only-a-start.{suffix}", start)
        yield Hostile(f"noise-behind-a-start.{suffix}", start + noise)


def _cut_short() -> Iterator[Hostile]:
    for suffix in (".jpg", ".png", ".webp", ".gif", ".bmp", ".tif"):
        data = encoded(suffix, photo())
        yield Hostile(f"half{suffix}", data[: len(data) // 2])
        yield Hostile(f"first-40-bytes{suffix}", data[:40])
    yield Hostile("unended.png", encoded(".png", plain())[:-4])


def _lying_headers() -> Iterator[Hostile]:
    size = struct.pack(">HH", 65500, 65500)
    frame = b"\xff\xc0\0\x11\x08" + size + b"\x03\1\x11\0\2\x11\1\3\x11\1"
    yield Hostile("bomb.png", png(60_000, 60_000, 8, 2, bytes(1000)))
    yield Hostile("bomb.jpg", b"\xff\xd8" + frame + bytes(100) + b"\xff\xd9")
    yield Hostile("bomb.gif", b"GIF89a\xff\xff\xff\xff\0\0\0" + bytes(100))
    yield Hostile("bomb.bmp", bmp(1 << 20, 1 << 20, bytes(100)))
    yield Hostile("bomb.tif", tiff(100_000, 100_000, bytes(100)))
    yield Hostile("bomb.webp", b"RIFF\0\1\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6 + bytes(200))
    yield Hostile("no-width.png", png(0, 5, 8, 2, bytes(5)))
    yield Hostile(
        "no-pixels.png", b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 5, 8, 2, 0, 0, 0))
    )
    yield Hostile("much-of-nothing.png", png(15_000, 15_000, 8, 2, bytes(15_000 * 100)))
    yield Hostile("much-of-nothing.tif", tiff(15_000, 15_000, bytes(1000)))
    greedy = struct.pack(">I", 0xFC000024) + b"IDAT" + bytes(50)  # 4 GB, for which OpenCV makes room
    yield Hostile("long-part.png", png(5, 4, 16, 6, bytes(164))[:33] + greedy)
    yield Hostile("most-negative.bmp", bmp(-(1 << 31), -(1 << 31), bytes(12)))
    yield Hostile("directory-elsewhere.tif", b"II*\0\xff\xff\xff\x7f" + bytes(50))
    yield Hostile("directory-beyond-numbers.tif", b"MM\0+\0\x08\0\0" + b"\xff" * 50)
    yield Hostile("float.tif", encoded(".tif", np.ones((5, 5), np.float32)))


def write_hostile_folder(folder: Path) -> dict[str, Hostile]:
    """Write the hostile files into a class of a folder full of traps; return the files by name.

    There are loops of links, a link to nothing, a pipe, folders called like images, files and folders that may not
    be read, and a name that is no text, as far as the system has such things.
    """
    files = write_hostile(folder / "class")
    for trap in (_links, _odd_entries, _forbidden):
        trap(folder)
    return files


def _links(folder: Path) -> None:
    with suppress(OSError):
        (folder / "class" / "up").symlink_to(folder, target_is_directory=True)
        (folder / "round").symlink_to(folder / "about", target_is_directory=True)
        (folder / "about").symlink_to(folder / "round", target_is_directory=True)
        (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
        (folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
        (folder / "everything").symlink_to("/", target_is_directory=True)


def _odd_entries(folder: Path) -> None:
    (folder / "folder.jpg" / "empty.png").mkdir(parents=True)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.jpg")
    with suppress(OSError, ValueError):
        (folder / os.fsdecode(b"\xff\xfe.jpg")).write_bytes(encoded(".jpg", plain()))


def _forbidden(folder: Path) -> None:
    """Forbid reading a file and a folder, which does not stop every user."""
    (folder / "forbidden").mkdir()
    for path, mode in ((folder / "forbidden" / "inside.png", 0o644), (folder / "forbidden.png", 0)):
        path.write_bytes(encoded(".png", plain()))
        path.chmod(mode)
    (folder / "forbidden").chmod(0)


def write_hostile(folder: Path) -> dict[str, Hostile]:
    """Write every hostile file whose name the system takes into a folder, and return those by name."""
    written: dict[str, Hostile] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for hostile in (*readable(), *unreadable()):
        with suppress(OSError):
            (folder / hostile.name).write_bytes(hostile.data)
            written[hostile.name] = hostile
    return written
