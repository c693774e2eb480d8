"""Compute features: decode, preprocess and run the network, an image per thread."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import compose

from app.dataset.appearance import appearance
from app.dataset.decode import UnreadableImage, read_image
from app.dataset.perceptual_hash import perceptual_hash
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.errors import Cancelled
from app.features.cache import FeatureCache
from app.onnx_sessions import open_session
from app.parallel import map_in_order, processors

ROWS_AT_ONCE = 64
OnRate = Callable[[int, int, float], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class ImageFile:
    """A file to read and the hash of its content."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Extracted:
    """What came of one image: features, hash and appearance, or the problem, and the seconds decoding took."""

    digest: str
    features: NDArray[np.float32] | None
    hash: int
    appearance: NDArray[np.void] | None
    problem: str | None
    decode_s: float


@dataclass(frozen=True)
class Extraction:
    """What came of many: the problems by position, and the seconds spent, as if on all processors."""

    problems: dict[int, str]
    decode_s: float
    total_s: float


class Extractor:
    """A feature network with its preprocessing; safe to call from many threads."""

    def __init__(self, network: Path, side: int):
        cv2.setNumThreads(1)
        joined = compose.merge_models(preprocess_graph(side), onnx.load(network), io_map=[(PIXELS, PIXELS)])
        self._session = open_session(joined.SerializeToString())

    def features(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map one RGB image [H, W, 3] to its features [width]."""
        features: NDArray[np.float32] = self._session.run(["features"], {IMAGE: image[np.newaxis]})[0][0]
        return features

    def extract(self, file: ImageFile) -> Extracted:
        """Read one file, compute its features and perceptual hash, and measure the picture."""
        start = time.perf_counter()
        try:
            image = read_image(file.path)
        except UnreadableImage as error:
            return Extracted(file.digest, None, 0, None, error.message, time.perf_counter() - start)
        decode_s = time.perf_counter() - start
        return Extracted(file.digest, self.features(image), perceptual_hash(image), appearance(image), None, decode_s)

    def extract_any(self, copies: Sequence[ImageFile]) -> Extracted:
        """Read the first of several files with the same content that can be read; there is at least one."""
        for file in copies:
            extracted = self.extract(file)
            if extracted.features is not None:
                break
        return extracted


def fill_cache(
    load_extractor: Callable[[], Extractor],
    cache: FeatureCache,
    files: Sequence[ImageFile],
    on_rate: OnRate,
    cancel: threading.Event,
) -> Extraction:
    """Compute what the cache lacks, loading the network only then; raises Cancelled, and keeps what is done.

    `on_rate` is called with images done, images in all, and images per second. Images that an older version looked at,
    without measuring them, are measured.
    """
    digests = [file.digest for file in files]
    missing = _copies(files, cache.missing(digests))
    unmeasured = _copies(files, cache.unmeasured(digests))
    start = time.perf_counter()
    problems: dict[str, str] = {}
    decode_s = 0.0
    done = 0

    def on_chunk(count: int) -> None:
        nonlocal done
        done += count
        on_rate(done, len(missing) + len(unmeasured), done / (time.perf_counter() - start))
        if cancel.is_set():
            raise Cancelled

    if missing:
        with closing(map_in_order(load_extractor().extract_any, missing)) as results:
            for chunk in _chunks(results):
                _append(cache, chunk)
                decode_s += sum(one.decode_s for one in chunk)
                problems |= {one.digest: one.problem for one in chunk if one.problem}
                on_chunk(len(chunk))
    if unmeasured:
        with closing(map_in_order(_measure_any, unmeasured)) as measured:
            for records in _chunks(measured):
                known = {digest: record for digest, record in records if record is not None}
                cache.add_appearances(list(known), list(known.values()))
                on_chunk(len(records))
    positions = {position: problems[file.digest] for position, file in enumerate(files) if file.digest in problems}
    return Extraction(positions, decode_s / processors(), time.perf_counter() - start)


def _copies(files: Sequence[ImageFile], positions: Sequence[int]) -> list[list[ImageFile]]:
    """Return for each position all files with its content."""
    copies: dict[str, list[ImageFile]] = {files[position].digest: [] for position in positions}
    for file in files:
        if file.digest in copies:
            copies[file.digest].append(file)
    return list(copies.values())


def _append(cache: FeatureCache, chunk: Sequence[Extracted]) -> None:
    good = [one for one in chunk if one.features is not None]
    if good:
        cache.append(
            [one.digest for one in good],
            np.stack([one.features for one in good if one.features is not None]),
            [one.hash for one in good],
            [one.appearance for one in good if one.appearance is not None],
        )


def _measure_any(copies: Sequence[ImageFile]) -> tuple[str, NDArray[np.void] | None]:
    """Measure the first of several files with the same content that can be read; None where none can any more."""
    for file in copies:
        try:
            return file.digest, appearance(read_image(file.path))
        except UnreadableImage:
            continue
    return copies[0].digest, None


def _chunks(results: Iterator[Result]) -> Iterator[list[Result]]:
    chunk: list[Result] = []
    for result in results:
        chunk.append(result)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
