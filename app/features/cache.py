"""Features by content hash: computed once per image and network, then read as a memory-mapped array.

Two files that only grow: `features.f32`, a row of float32 per image, and `index.bin`, the image's digest and
perceptual hash in the same order. Features are on disk before their index row is written, so a row of the
index is always whole; anything beyond it was cut short and is dropped when the cache is opened for writing.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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

    def _positions(self, digests: Sequence[str]) -> NDArray[np.int64]:
        return np.array([self._rows[bytes.fromhex(digest)] for digest in digests], np.int64)

    def append(self, digests: Sequence[str], features: NDArray[np.float32], hashes: Sequence[int]) -> None:
        """Add rows: features [len(digests), width], one 64-bit hash each."""
        count = len(self._hashes)
        _write_at(self._features_file, count * self.width * FLOAT_BYTES, features.astype("<f4").tobytes())
        index = np.zeros(len(digests), INDEX_ROW)
        index["digest"] = np.array([bytes.fromhex(digest) for digest in digests], "V16")
        index["hash"] = hashes
        _write_at(self._index_file, count * INDEX_ROW.itemsize, index.tobytes())
        for digest, value in zip(digests, hashes, strict=True):
            self._rows[bytes.fromhex(digest)] = len(self._hashes)
            self._hashes.append(value)


class CachedFeatures:
    """Features [N, width] of images that are in the cache, read in slices."""

    def __init__(self, cache: FeatureCache, digests: Sequence[str]):
        self._cache = cache
        self._digests = digests

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (N, width)."""
        return len(self._digests), self._cache.width

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        return self._cache.features(self._digests[rows])


def _write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b" if path.exists() else "w+b") as stream:
        stream.seek(offset)
        stream.truncate()
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
