"""Small images with a content of their own, and what a project knows of them."""

import struct
import threading
import zlib
from pathlib import Path

from app.dataset.scan import file_digest
from app.exchange.applying import Applied, apply
from app.exchange.preview import Preview
from app.project.project import Project

# Labels, split, group, excluded.
Known = tuple[frozenset[str], str | None, str | None, bool]


def png(number: int) -> bytes:
    """Return a PNG of one pixel whose colour is the number."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = b"\0" + struct.pack(">I", number)[1:]
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixel)) + chunk(b"IEND", b"")


def write_images(folder: Path, *names: str) -> Path:
    """Write an image for each name, all different, and return the folder."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    return folder


def known(project: Project) -> dict[str, Known]:
    """Return what is known of each image, by its content."""
    names = {row.id: row.name for row in project.classes()}
    return {
        file_digest(row.path): (frozenset(names[one] for one in row.class_ids), row.split, row.group, row.excluded)
        for row in project.images()
    }


def known_by_name(project: Project) -> dict[str, Known]:
    """Return what is known of each image, by its file name."""
    by_content = known(project)
    return {row.path.name: by_content[row.digest] for row in project.images()}


def put(project: Project, preview: Preview) -> Applied:
    """Apply a preview and hear no progress."""
    return apply(project, preview, lambda done, total: None, threading.Event())
