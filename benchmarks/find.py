"""How well copies and wrong labels are found among photos, and how long each answer takes at 10,000 images.

`duplicate_recall`: share of 500 inserted copies (a quarter to 1.6 times the size, JPEG quality 20 to 95) that are in
one group with their original. `duplicate_false_rate`: share of all pairs in one group that are not of one photo by
insertion or equal content; photos that were there twice before count as false, and are named. `label_error_recall`:
share of 5 % randomly flipped labels within the first 10 % shown, the mean of five seeds. Seconds are taken once the
features are cached and read, for `images` images: the photos, repeated with noise so that none is a copy.
Usage: python benchmarks/find.py [DATA]
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.assist.duplicates import find_duplicates
from app.assist.findings import CHECKS, find
from app.assist.label_errors import find_label_errors
from app.assist.similar import most_similar
from app.dataset.appearance import appearance
from app.dataset.decode import read_image
from app.dataset.scan import FoundImage, file_digest, scan_folder
from app.demo.garments import make_demo
from app.engines.conversion import ensure_network
from app.engines.protocol import Event
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, network_file
from app.features.cache import FeatureCache
from app.features.duplicates import group_near_duplicates
from app.features.extractor import Extractor, ImageFile, fill_cache
from app.files import HOME_VARIABLE
from app.parallel import map_in_order
from benchmarks.result import PHOTOS, print_result, say

IMAGES = 10_000
COPIES = 500
SMALLEST, LARGEST = 0.25, 1.6
QUALITIES = 20, 95
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
FLIPPED, SHOWN = 0.05, 0.10
SEEDS = 5
MEASURED = 200  # images whose measuring is timed
Result = TypeVar("Result")


@dataclass(frozen=True)
class Photos:
    """What is cached of N images: each one's content, the position of its original or its own, and its class."""

    digests: list[str]
    original: NDArray[np.int64]
    labels: NDArray[np.int64]
    features: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    appearances: NDArray[np.void]

    def take(self, rows: NDArray[np.int64]) -> "Photos":
        """Return some of them, each one its own original."""
        return Photos(
            [self.digests[row] for row in rows.tolist()],
            np.arange(len(rows)),
            self.labels[rows],
            self.features[rows],
            self.hashes[rows],
            self.appearances[rows],
        )


def ignore(event: Event) -> None:
    """Take no notice of an event."""


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return a result and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def write_copy(path: Path, to: Path, seed: int) -> None:
    """Write a resized and compressed copy of a photo."""
    source = np.random.default_rng(seed)
    image = read_image(path)
    factor = float(np.exp(source.uniform(np.log(SMALLEST), np.log(LARGEST))))
    size = [max(8, round(side * factor)) for side in image.shape[1::-1]]
    resized = cv2.resize(image, size, interpolation=INTERPOLATIONS[source.integers(len(INTERPOLATIONS))])
    quality = int(source.integers(QUALITIES[0], QUALITIES[1] + 1))
    written, data = cv2.imencode(".jpg", resized[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written
    to.write_bytes(data.tobytes())


def look_at(found: Sequence[FoundImage], folder: Path) -> Photos:
    """Insert copies and compute all features."""
    source = np.random.default_rng(0)
    copied = source.choice(len(found), min(COPIES, len(found)), replace=False)
    paths = [image.path for image in found]
    for seed, position in enumerate(copied.tolist()):
        paths.append(folder / f"{seed}.jpg")
        write_copy(found[position].path, paths[-1], seed)
    files = [ImageFile(path, file_digest(path)) for path in paths]
    backbone = BACKBONES[DEFAULT_BACKBONE]
    ensure_network(backbone, ignore, threading.Event())
    cache = FeatureCache(folder, backbone.id, backbone.features)
    fill_cache(
        lambda: Extractor(network_file(backbone), backbone.side), cache, files, lambda *count: None, threading.Event()
    )
    digests = [file.digest for file in files]
    classes = sorted({str(image.label) for image in found})
    labels = np.array([classes.index(str(image.label)) for image in found])
    return Photos(
        digests,
        np.concatenate([np.arange(len(found)), copied]),
        np.concatenate([labels, labels[copied]]),
        cache.features(digests),
        cache.hashes(digests),
        cache.appearances(digests),
    )


def duplicate_figures(photos: Photos, inserted: int) -> tuple[float, float, int]:
    """Return recall of the inserted copies, the share of false pairs, and how many pairs were found."""
    unlabelled = np.full(len(photos.labels), -1)
    groups = find_duplicates(photos.digests, photos.hashes, photos.features, photos.appearances, unlabelled)
    group_of = {position: number for number, group in enumerate(groups) for position in group.positions}
    copies = range(len(photos.digests) - inserted, len(photos.digests))
    recall = np.mean([group_of.get(copy, -1) == group_of.get(int(photos.original[copy]), -2) for copy in copies])
    pairs = [(one, other) for group in groups for one in group.positions for other in group.positions if one < other]
    false = [pair for pair in pairs if not _same(photos, *pair)]
    for one, other in false:
        say(f"not one photo: {photos.digests[one]} {photos.digests[other]}")
    return float(recall), len(false) / max(1, len(pairs)), len(pairs)


def _same(photos: Photos, one: int, other: int) -> bool:
    first, second = (photos.digests[photos.original[position]] for position in (one, other))
    return first == second


def label_error_recall(photos: Photos, seed: int) -> float:
    """Flip labels and return the share that is within the first shown."""
    source = np.random.default_rng(seed)
    count = len(photos.labels)
    flipped = source.choice(count, round(FLIPPED * count), replace=False)
    labels = photos.labels.copy()
    classes = int(labels.max()) + 1
    labels[flipped] = (labels[flipped] + source.integers(1, classes, len(flipped))) % classes
    groups = group_near_duplicates(photos.hashes, photos.features, photos.appearances["picture"])
    shown = find_label_errors(photos.features, labels, groups).order[: round(SHOWN * count)]
    return float(np.isin(flipped, shown).mean())


def many(photos: Photos) -> Photos:
    """Return IMAGES images: the photos again and again, changed so that none is a copy of another."""
    source = np.random.default_rng(0)
    repeated = photos.take(np.resize(np.arange(len(photos.digests)), IMAGES))
    noise = source.uniform(0.5, 1.5, repeated.features.shape).astype(np.float32)
    pictures = source.integers(0, 256, repeated.appearances["picture"].shape)
    repeated.appearances["picture"][:] = pictures
    digests = [f"{number:032x}" for number in range(IMAGES)]
    return Photos(
        digests,
        repeated.original,
        repeated.labels,
        repeated.features * noise,
        repeated.hashes ^ source.integers(0, 1 << 16, IMAGES, np.uint64),
        repeated.appearances,
    )


def seconds(photos: Photos) -> dict[str, float]:
    """Return how long each answer takes."""
    unreadable = np.zeros(IMAGES, np.bool_)

    def label_errors() -> None:
        groups = group_near_duplicates(photos.hashes, photos.features, photos.appearances["picture"])
        find_label_errors(photos.features, photos.labels, groups)

    answers: dict[str, Callable[[], object]] = {
        "similar_s": lambda: most_similar(photos.features, range(100), 100),
        "duplicates_s": lambda: find_duplicates(
            photos.digests, photos.hashes, photos.features, photos.appearances, photos.labels
        ),
        "label_errors_s": label_errors,
        "findings_s": lambda: [find(name, photos.appearances, unreadable) for name in CHECKS],
    }
    return {name: timed(answer)[1] for name, answer in answers.items()}


def measuring_ms(found: Sequence[FoundImage]) -> float:
    """Return the milliseconds that measuring a decoded photo takes."""
    cv2.setNumThreads(1)
    images = list(map_in_order(read_image, (image.path for image in found[:: max(1, len(found) // MEASURED)])))
    _, taken = timed(lambda: [appearance(image) for image in images])
    return 1000 * taken / len(images)


def main(data: Path, folder: Path) -> None:
    """Measure everything and print it."""
    os.environ[HOME_VARIABLE] = str(folder / "home")
    found = [image for image in scan_folder(data).images if image.label is not None]
    say(f"{len(found):,} images; looking at them and at copies")
    photos = look_at(found, folder)
    recall, false_rate, pairs = duplicate_figures(photos, len(photos.digests) - len(found))
    originals = photos.take(np.arange(len(found)))
    say("flipping labels")
    recalls = [label_error_recall(originals, seed) for seed in range(SEEDS)]
    say(f"answering for {IMAGES:,} images")
    print_result(
        duplicate_recall=recall,
        duplicate_false_rate=false_rate,
        label_error_recall=float(np.mean(recalls)),
        label_error_recall_worst=min(recalls),
        duplicate_pairs=pairs,
        images=IMAGES,
        **seconds(many(originals)),
        measuring_ms=measuring_ms(found),
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        if len(sys.argv) > 1:
            source_folder = Path(sys.argv[1]).expanduser().resolve()
        else:
            source_folder = PHOTOS if PHOTOS.is_dir() else make_demo(place / "demo")
        main(source_folder, place)
