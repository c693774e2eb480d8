"""Whether the forecast of a learning curve comes true, and whether its interval holds it.

From the photos of DATA, whole near-duplicate groups at a time, one half is drawn as what is still unknown and tested
on, the other to take projects from. Of each project of `--sizes` images the curve is measured, and the gain of
`--more` images is forecast. What really comes is measured on the test half: the quick engine's classifier, at the
strength of the curve, on so many images and on `--more` more, the mean over `DRAWS` draws.
Prints per size `forecast` (mean, points), `actual` with its standard error `actual_se`, `covered` (share of the
projects whose 95 % interval holds the actual gain), `width` of the interval, `none` (projects without a forecast), and
`seconds` per curve; and `covered` over all.
Usage: python benchmarks/learning_curve.py DATA [DATA ...] [--sizes N ...] [--more N] [--projects N] [--keep DIR]
"""

import argparse
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.engines.linear_head import Projection, fit_logistic
from app.errors import InputError
from app.evaluation.forecast import Curve
from app.evaluation.learning_curve import STRENGTH, learning_curve
from app.features.rooted import root_normalised
from benchmarks.active_learning import Photos, photos_of
from benchmarks.home import own_home
from benchmarks.result import print_result, say

SIZES = (300, 600, 1000)
MORE = 200
PROJECTS = 6
DRAWS = 30
POINTS = 100
Places = NDArray[np.int64]


def some(photos: Photos, places: Places) -> Photos:
    """Return the photos at some places, with classes and groups numbered anew."""
    _, truth = np.unique(photos.truth[places], return_inverse=True)
    return Photos(photos.features[places], truth, photos.groups[places])


def halves(photos: Photos, seed: int) -> tuple[Photos, Photos]:
    """Divide whole groups at random."""
    source = np.random.default_rng(seed)
    names = np.unique(photos.groups)
    first = np.isin(photos.groups, source.permutation(names)[: len(names) // 2])
    return (
        Photos(photos.features[first], photos.truth[first], photos.groups[first]),
        Photos(photos.features[~first], photos.truth[~first], photos.groups[~first]),
    )


def curve_of(photos: Photos) -> Curve | None:
    """Measure the curve of a project; None where there are too few images of a class."""
    try:
        return learning_curve(photos.features, photos.truth, photos.groups, lambda done, total: None, threading.Event())
    except InputError:
        return None


def accuracies(
    pool: Photos, tested: Photos, sizes: tuple[int, int], source: np.random.Generator
) -> tuple[float, float]:
    """Fit on the first of some images, and on more of them; return the shares of right answers on the test half."""
    order = source.permutation(len(pool.truth))
    found = []
    for size in sizes:
        known, labels = np.unique(pool.truth[order[:size]], return_inverse=True)
        logits = fit_logistic(pool.features[order[:size]], labels, STRENGTH).logits(tested.features)
        found.append(float(np.mean(known[logits.argmax(axis=1)] == tested.truth)))
    return found[0], found[1]


def actual_gains(pool: Photos, tested: Photos, size: int, more: int) -> NDArray[np.float64]:
    """Return the gain in each of many draws, on features projected as the engine does."""
    projection = Projection.fit(root_normalised(pool.features))
    near, far = (replace(one, features=projection.apply(root_normalised(one.features))) for one in (pool, tested))
    pairs = [
        accuracies(near, far, (size, size + more), np.random.default_rng((size, 1, draw))) for draw in range(DRAWS)
    ]
    return np.array([after - before for before, after in pairs])


def at_size(pool: Photos, tested: Photos, size: int, more: int, projects: int) -> dict[str, Any]:
    """Forecast and measure for projects of one size."""
    with threadpool_limits(limits=1):
        gains = actual_gains(pool, tested, size, more)
    actual = float(gains.mean())
    say(f"{size} images: {POINTS * actual:+.2f} points with {more} more")
    forecasts: list[tuple[float, tuple[float, float]]] = []
    seconds, none = [], 0
    for number in range(projects):
        start = time.process_time()
        curve = curve_of(some(pool, np.random.default_rng((size, number)).permutation(len(pool.truth))[:size]))
        seconds.append(time.process_time() - start)
        if curve is None or not curve.grows:
            none += 1
        else:
            forecasts.append(curve.gain(more))
        say(f"  project {number}: {[(POINTS * value, POINTS * a, POINTS * b) for value, (a, b) in forecasts[-1:]]}")
    held = [low <= actual <= high for _, (low, high) in forecasts]
    return {
        "size": size,
        "forecast": round(POINTS * float(np.mean([value for value, _ in forecasts])), 2) if forecasts else None,
        "actual": round(POINTS * actual, 2),
        "actual_se": round(POINTS * float(gains.std()) / DRAWS**0.5, 2),
        "covered": held,
        "width": round(POINTS * float(np.mean([high - low for _, (low, high) in forecasts])), 2) if forecasts else None,
        "none": none,
        "seconds": round(float(np.median(seconds)), 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--more", type=int, default=MORE)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--keep", type=Path, help="keep the features in this folder, for another time")
    options = parser.parse_args()
    with own_home() as temporary:
        parts = photos_of(options.keep or temporary / "project", options.data)
    # Groups are numbered within each folder; a photo and its double in another folder stay rare enough to be ignored.
    ends = np.cumsum([0, *(int(part.groups.max()) + 1 for part in parts)])
    photos = Photos(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.groups + end for part, end in zip(parts, ends, strict=False)]),
    )
    pool, tested = halves(photos, 0)
    found = [at_size(pool, tested, size, options.more, options.projects) for size in options.sizes]
    held = [one for each in found for one in each["covered"]]
    for each in found:
        each["covered"] = round(float(np.mean(each["covered"])), 3) if each["covered"] else None
    print_result(
        images=len(photos.truth),
        more=options.more,
        projects=options.projects,
        sizes=found,
        forecasts=len(held),
        covered=float(np.mean(held)) if held else None,
    )


if __name__ == "__main__":
    main()
