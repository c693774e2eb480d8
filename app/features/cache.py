"""Features by content hash: computed once per image and network, then read as a memory-mapped array.

Files that only grow, with a row per image in the same order: `features.f32` with float32, `appearances.bin` with what
was measured of the picture, and `index.bin` with the image's digest and perceptual hash. The index is written last, so
its rows are always whole; anything beyond them was cut short and is written over. Appearances were added later: rows
that are zeros or not there are measured when the cache is filled again.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.dataset.appearance import APPEARANCE

INDEX_ROW = np.dtype([("digest", "V16"), ("hash", "<u8")])
FLOAT_BYTES = 4


class FeatureCache:
    """The features of one network; one process writes, any number read."""

    def __init__(self, folder: Path, network_id: str, width: int):
        self._folder = folder / "features" / network_id
        self._folder.mkdir(parents=True, exist_ok=True)
        self.width = width
        self._rows: dict[bytes, int] = {}
        self._hashes: list[int] = []
        self._read_index()

    @property
    def _index_file(self) -> Path:
        return self._folder / "index.bin"

    @property
    def _features_file(self) -> Path:
        return self._folder / "features.f32"

    @property
    def _appearances_file(self) -> Path:
        return self._folder / "appearances.bin"

    def _read_index(self) -> None:
        if not (self._index_file.exists() and self._features_file.exists()):
            return
        data = self._index_file.read_bytes()
        whole = min(len(data) // INDEX_ROW.itemsize, self._features_file.stat().st_size // (self.width * FLOAT_BYTES))
        index = np.frombuffer(data, INDEX_ROW, count=whole)
        self._rows = {digest.tobytes(): row for row, digest in enumerate(index["digest"])}
        self._hashes = index["hash"].tolist()

    def missing(self, digests: Sequence[str]) -> list[int]:
        """Return the positions of images without features, each content once."""
        seen: set[str] = set()
        positions = []
        for position, digest in enumerate(digests):
            if digest not in seen and bytes.fromhex(digest) not in self._rows:
                positions.append(position)
            seen.add(digest)
        return positions

    def has(self, digest: str) -> bool:
        """Tell whether an image's features are there."""
        return bytes.fromhex(digest) in self._rows

    def features(self, digests: Sequence[str]) -> NDArray[np.float32]:
        """Return features [len(digests), width]; raises KeyError for an image that is not in the cache."""
        rows = self._positions(digests)
        if not len(rows):
            return np.empty((0, self.width), np.float32)
        mapped = np.memmap(self._features_file, np.float32, "r").reshape(-1, self.width)
        return np.asarray(mapped[rows])

    def hashes(self, digests: Sequence[str]) -> NDArray[np.uint64]:
        """Return perceptual hashes [len(digests)]; raises KeyError for an image that is not in the cache."""
        return np.array(self._hashes, np.uint64)[self._positions(digests)]

    def appearances(self, digests: Sequence[str]) -> NDArray[np.void]:
        """Return records of `APPEARANCE` [len(digests)], zeros where not measured; raises KeyError like the others."""
        rows = self._positions(digests)
        found = np.zeros(len(rows), APPEARANCE)
        file = self._appearances_file
        count = file.stat().st_size // APPEARANCE.itemsize if file.exists() else 0
        if count:
            there = rows < count
            found[there] = np.memmap(file, APPEARANCE, "r", shape=count)[rows[there]]
        return found

    def unmeasured(self, digests: Sequence[str]) -> list[int]:
        """Return the positions of images with features but without appearance, each content once."""
        known = [position for position, digest in enumerate(digests) if self.has(digest)]
        measured = self.appearances([digests[position] for position in known])["width"] > 0
        once = {digests[known[index]]: known[index] for index in np.flatnonzero(~measured)[::-1]}
        return sorted(once.values())

    def _positions(self, digests: Sequence[str]) -> NDArray[np.int64]:
        return np.array([self._rows[bytes.fromhex(digest)] for digest in digests], np.int64)

    def append(
        self,
        digests: Sequence[str],
        features: NDArray[np.float32],
        hashes: Sequence[int],
        appearances: Sequence[NDArray[np.void]] = (),
    ) -> None:
        """Add rows: features [len(digests), width], one 64-bit hash each, and one appearance each or none at all."""
        count = len(self._hashes)
        _write_at(self._features_file, count * self.width * FLOAT_BYTES, features.astype("<f4").tobytes())
        if appearances:
            _write_at(self._appearances_file, count * APPEARANCE.itemsize, np.stack(appearances).tobytes())
        index = np.zeros(len(digests), INDEX_ROW)
        index["digest"] = np.array([bytes.fromhex(digest) for digest in digests], "V16")
        index["hash"] = hashes
        _write_at(self._index_file, count * INDEX_ROW.itemsize, index.tobytes())
        for digest, value in zip(digests, hashes, strict=True):
            self._rows[bytes.fromhex(digest)] = len(self._hashes)
            self._hashes.append(value)

    def add_appearances(self, digests: Sequence[str], appearances: Sequence[NDArray[np.void]]) -> None:
        """Add what was measured of images whose features are there; raises KeyError for one that is not."""
        rows = self._positions(digests).tolist()
        with _open(self._appearances_file) as stream:
            for row, record in zip(rows, appearances, strict=True):
                stream.seek(row * APPEARANCE.itemsize)
                stream.write(record.tobytes())
            _finish(stream)


class CachedFeatures:
    """Features [N, width] of images that are in the cache, read by slices or positions."""

    def __init__(self, cache: FeatureCache, digests: Sequence[str]):
        self._cache = cache
        self._digests = digests

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (N, width)."""
        return len(self._digests), self._cache.width

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        if isinstance(rows, slice):
            return self._cache.features(self._digests[rows])
        return self._cache.features([self._digests[row] for row in rows.tolist()])

    def appearances(self) -> NDArray[np.void]:
        """Return records of `APPEARANCE` [N], zeros where nothing was measured."""
        return self._cache.appearances(self._digests)


def _open(path: Path) -> BinaryIO:
    return path.open("r+b" if path.exists() else "w+b")


def _write_at(path: Path, offset: int, data: bytes) -> None:
    with _open(path) as stream:
        stream.seek(offset)
        stream.truncate()
        stream.write(data)
        _finish(stream)


def _finish(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
