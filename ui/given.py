"""What a drop or the clipboard holds to predict: files, a picture, or an address on the web."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import QMimeData, QUrl
from PyQt5.QtGui import QImage

PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/bmp")
WEB = ("http", "https")


@dataclass(frozen=True)
class Given:
    """Exactly one of them: local `paths`, an image file's bytes as `data`, a `picture`, or an `address`."""

    paths: tuple[Path, ...] = ()
    data: bytes = b""
    picture: QImage | None = None
    address: str = ""


def given_of(mime: QMimeData) -> Given | None:
    """Return what there is to predict, the original rather than a copy, and an address only where nothing else is."""
    paths = tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())
    if paths:
        return Given(paths)
    for kind in PICTURE_TYPES:
        data = bytes(mime.data(kind)) if mime.hasFormat(kind) else b""
        if data:
            return Given(data=data)
    if mime.hasImage():
        picture = QImage(mime.imageData())
        if not picture.isNull():
            return Given(picture=picture)
    return _address(mime)


def may_give(mime: QMimeData) -> bool:
    """Tell whether something to predict is dragged, without fetching it from the other program."""
    return mime.hasImage() or any(mime.hasFormat(kind) for kind in PICTURE_TYPES) or bool(_of_drag(mime))


def _of_drag(mime: QMimeData) -> bool:
    return any(url.isLocalFile() for url in mime.urls()) or _address(mime) is not None


def _address(mime: QMimeData) -> Given | None:
    urls = list(mime.urls())
    if not urls and mime.hasText():
        with contextlib.suppress(ValueError):
            urls = [QUrl(mime.text().strip(), QUrl.ParsingMode.StrictMode)]
    for url in urls:
        if (url.scheme() in WEB and url.host()) or (url.scheme() == "data" and url.path().startswith("image/")):
            return Given(address=bytes(url.toEncoded()).decode())
    return None
