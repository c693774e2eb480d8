"""Decoded pictures by content hash, as the network takes them: made once, then read as a memory-mapped array.

`pixels.u8` holds a row per image and only grows; `index.bin`, written after it, holds the images' digests in the same
order. What is beyond the index was cut short and is written over. The folder may be deleted at any time.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.preprocess import IMAGE, PIXELS, VERSION, preprocess_graph
from app.engines.snapshot import SnapshotImage
from app.errors import Cancelled, EngineError
from app.onnx_sessions import open_session
from app.parallel import map_in_order

Pixels = NDArray[np.uint8]
DIGEST_BYTES = 16
ROWS_AT_ONCE = 64
OnCount = Callable[[int, int], None]


class PixelCache:
    """Pictures [side, side, 3] by digest; one process writes, any number read."""

    def __init__(self, folder: Path, side: int):
        self._folder = folder / "pixels" / f"{side}-{VERSION}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._side = side
        self._row_bytes = side * side * 3
        self._rows = {digest: row for row, digest in enumerate(self._read_index())}

    def _read_index(self) -> list[bytes]:
        index, pixels = self._folder / "index.bin", self._folder / "pixels.u8"
        if not (index.exists() and pixels.exists()):
            return []
        data = index.read_bytes()
        whole = min(len(data) // DIGEST_BYTES, pixels.stat().st_size // self._row_bytes)
        return [data[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] for row in range(whole)]

    def fill(self, images: Sequence[SnapshotImage], on_count: OnCount, cancel: threading.Event) -> None:
        """Add the pictures that are missing; raises Cancelled, and EngineError for a file that cannot be read."""
        missing = list(
            {image.digest: image for image in images if bytes.fromhex(image.digest) not in self._rows}.values()
        )
        if not missing:
            return
        session = open_session(preprocess_graph(self._side).SerializeToString())

        def prepare(image: SnapshotImage) -> Pixels:
            try:
                picture = read_image(Path(image.path))
            except UnreadableImage as error:
                raise EngineError(f"The image “{image.path}” cannot be read any more.", error.message) from error
            pixels: Pixels = session.run([PIXELS], {IMAGE: picture[np.newaxis]})[0][0]
            return pixels

        with closing(map_in_order(prepare, missing)) as pictures:
            done = 0
            for chunk in _chunks(zip(missing, pictures, strict=True)):
                self._append([image.digest for image, _ in chunk], np.stack([picture for _, picture in chunk]))
                done += len(chunk)
                on_count(done, len(missing))
                if cancel.is_set():
                    raise Cancelled

    def _append(self, digests: Sequence[str], pixels: Pixels) -> None:
        names = [bytes.fromhex(digest) for digest in digests]
        _write_at(self._folder / "pixels.u8", len(self._rows) * self._row_bytes, pixels.tobytes())
        _write_at(self._folder / "index.bin", len(self._rows) * DIGEST_BYTES, b"".join(names))
        for name in names:
            self._rows[name] = len(self._rows)

    @property
    def file(self) -> Path:
        """The array of pixels, for a process that maps it itself."""
        return self._folder / "pixels.u8"

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, digests: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of images in the array; raises KeyError for one that is not there."""
        return np.array([self._rows[bytes.fromhex(digest)] for digest in digests], np.int64)

    def pictures(self, digests: Sequence[str]) -> "CachedPictures":
        """Return the pictures of images that are there; raises KeyError for one that is not."""
        rows = self.rows(digests)
        mapped = np.memmap(self.file, np.uint8, "r", shape=(len(self._rows), *[self._side] * 2, 3))
        return CachedPictures(mapped, rows)


class CachedPictures:
    """Pictures [N, side, side, 3] of a memory-mapped array, read by positions."""

    def __init__(self, mapped: Pixels, rows: NDArray[np.int64]):
        self._mapped = mapped
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, positions: Sequence[int] | NDArray[np.int64]) -> Pixels:
        return np.asarray(self._mapped[self._rows[np.asarray(positions, np.int64)]])


def _chunks(rows: Iterator[tuple[SnapshotImage, Pixels]]) -> Iterator[list[tuple[SnapshotImage, Pixels]]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b" if path.exists() else "w+b") as stream:
        stream.seek(offset)
        stream.truncate()
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
