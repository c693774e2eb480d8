"""Compute features: decode, preprocess and run the network, an image per thread."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import compose

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.perceptual_hash import perceptual_hash
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.errors import Cancelled
from app.features.cache import FeatureCache
from app.onnx_sessions import open_session
from app.parallel import map_in_order, processors

ROWS_AT_ONCE = 64
OnRate = Callable[[int, int, float], None]


@dataclass(frozen=True)
class ImageFile:
    """A file to read and the hash of its content."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Extracted:
    """What came of one image: its features and hash, or the problem, and the seconds decoding took."""

    digest: str
    features: NDArray[np.float32] | None
    hash: int
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
        """Read one file and compute its features and perceptual hash."""
        start = time.perf_counter()
        try:
            image = read_image(file.path)
        except UnreadableImage as error:
            return Extracted(file.digest, None, 0, error.message, time.perf_counter() - start)
        decoded = time.perf_counter()
        return Extracted(file.digest, self.features(image), perceptual_hash(image), None, decoded - start)

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

    `on_rate` is called with images done, images in all, and images per second.
    """
    missing = cache.missing([file.digest for file in files])
    copies: dict[str, list[ImageFile]] = {files[position].digest: [] for position in missing}
    for file in files:
        if file.digest in copies:
            copies[file.digest].append(file)
    start = time.perf_counter()
    problems: dict[str, str] = {}
    decode_s = 0.0
    done = 0
    if not missing:
        return Extraction({}, 0.0, 0.0)
    extractor = load_extractor()
    with closing(map_in_order(extractor.extract_any, copies.values())) as results:
        for chunk in _chunks(results):
            good = [one for one in chunk if one.features is not None]
            if good:
                features = np.stack([one.features for one in good if one.features is not None])
                cache.append([one.digest for one in good], features, [one.hash for one in good])
            decode_s += sum(one.decode_s for one in chunk)
            problems |= {one.digest: one.problem for one in chunk if one.problem}
            done += len(chunk)
            on_rate(done, len(missing), done / (time.perf_counter() - start))
            if cancel.is_set():
                raise Cancelled
    positions = {position: problems[file.digest] for position, file in enumerate(files) if file.digest in problems}
    return Extraction(positions, decode_s / processors(), time.perf_counter() - start)


def _chunks(results: Iterator[Extracted]) -> Iterator[list[Extracted]]:
    chunk: list[Extracted] = []
    for result in results:
        chunk.append(result)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
