"""How long suggestions and a new order take after a label, on one core, at 10,000 images with 1,280 features.

Labels are given at 200 moments from the first six to the last image, with 10 and with 50 classes; features are drawn.
Prints `images`, `p95_ms` (the slower of both), `p95_ms_10`, `p95_ms_50`, `largest_ms` and `start_seconds`, which the
reduction of the features takes once. Usage: python benchmarks/suggest_refresh.py [IMAGES]
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np

from app.assist.order import by_uncertainty
from app.assist.suggest import FEWEST_IMAGES, UNLABELLED, Suggester
from benchmarks.result import print_result, say

IMAGES = 10_000
FEATURES = 1280
CLASSES = (10, 50)
MOMENTS = 200


def refreshes(images: int, classes: int) -> tuple[list[float], float]:
    """Return the milliseconds of each refresh, and the seconds to get ready."""
    rng = np.random.default_rng(classes)
    truth = np.arange(images) % classes
    centres = rng.gamma(1.0, 1.0, (classes, FEATURES)).astype(np.float32)
    features = centres[truth] * rng.gamma(0.5, 2.0, (images, FEATURES)).astype(np.float32)
    start = time.perf_counter()
    suggester = Suggester(features)
    start_s = time.perf_counter() - start
    taken = []
    for count in np.linspace(classes * FEWEST_IMAGES, images - 1, MOMENTS).astype(int):
        labels = np.full(images, UNLABELLED)
        labels[:count] = truth[:count]
        start = time.perf_counter()
        suggestions = suggester.suggest(labels)
        shown = (suggestions.classes, suggestions.confidence)
        order = by_uncertainty(suggestions, suggester.coordinates, suggestions.unlabelled)
        taken.append((time.perf_counter() - start) * 1000)
        assert len(shown[0]) == len(shown[1]) == len(order) + count
    return taken, start_s


def main(images: int) -> None:
    """Measure both numbers of classes."""
    figures: dict[str, float] = {}
    largest, start_s = 0.0, 0.0
    for classes in CLASSES:
        say(f"{images:,} images, {classes} classes")
        taken, seconds = refreshes(images, classes)
        figures[f"p95_ms_{classes}"] = float(np.percentile(taken, 95))
        largest, start_s = max(largest, *taken), max(start_s, seconds)
    print_result(images=images, p95_ms=max(figures.values()), **figures, largest_ms=largest, start_seconds=start_s)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
