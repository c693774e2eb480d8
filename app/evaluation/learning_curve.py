"""How accuracy grows with the number of images: the quick engine's classifier, fitted on subsamples of cached features.

Each image is predicted by classifiers that saw neither it nor its group, at every size; test images play no part.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.engines.linear_head import HEADS, STRENGTHS, Projection
from app.errors import Cancelled, InputError
from app.evaluation.cross_validation import Fold, group_folds
from app.evaluation.forecast import Curve, curve_through
from app.features.rooted import root_normalised
from app.parallel import processors

FOLDS = 5
MOST_REPEATS = 6
MOST_FITTED = 400_000  # images in all fits together: some seconds on two processors
STEP = 2**0.5  # between sizes
MOST_SIZES = 8
FEWEST_SIZES = 4
FEWEST_PER_CLASS = 5  # groups
FEWEST_IMAGES = 60
STRENGTH = STRENGTHS[len(STRENGTHS) // 2]  # it hardly matters near the one that cross-validation would choose

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def learning_curve(
    features: Floats,
    truth: Integers,
    groups: Integers,
    on_count: Callable[[int, int], None],
    cancel: threading.Event,
    head: str = "logistic",
    seed: int = 0,
) -> Curve:
    """Measure features [N, D], classes [N] and groups [N] at several sizes; raises InputError or Cancelled."""
    _check(truth, groups)
    sizes = sizes_for(len(truth), int(truth.max()) + 1)
    repeats = int(np.clip(MOST_FITTED // (FOLDS * sizes.sum()), 1, MOST_REPEATS))
    _, groups = np.unique(groups, return_inverse=True)
    projected = Projection.fit(rooted := root_normalised(features)).apply(rooted)
    wrong = np.ones((len(sizes), repeats, len(truth)), bool)

    def score(task: tuple[int, int, Integers, Integers]) -> None:
        if cancel.is_set():
            raise Cancelled
        place, repeat, learnt, held_out = task
        known, labels = np.unique(truth[learnt], return_inverse=True)
        if len(known) < 2:
            return
        logits = HEADS[head](projected[learnt], labels, STRENGTH).logits(projected[held_out])
        wrong[place, repeat, held_out] = known[logits.argmax(axis=1)] != truth[held_out]

    tasks = list(_tasks(truth, groups, sizes, repeats, seed))
    with threadpool_limits(limits=1), ThreadPoolExecutor(processors()) as pool:
        for done, _ in enumerate(pool.map(score, tasks), 1):
            on_count(done, len(tasks))
    return curve_through(sizes, wrong, groups, len(truth))


def sizes_for(images: int, classes: int) -> Integers:
    """Return the sizes of the subsamples, the largest being what a fold leaves to learn from."""
    largest = images * (FOLDS - 1) // FOLDS
    least = max(2 * classes, 20)
    sizes = [round(largest / STEP**step) for step in range(MOST_SIZES)]
    return np.array(sorted(size for size in sizes if size >= least), np.int64)


def _tasks(
    truth: Integers, groups: Integers, sizes: Integers, repeats: int, seed: int
) -> Iterator[tuple[int, int, Integers, Integers]]:
    """Yield a size's place, the repeat, and the images to learn from and to predict; small samples lie in large."""
    for repeat in range(repeats):
        folds: Iterator[Fold] = group_folds(truth, groups, FOLDS, seed + repeat)
        for number, (training, held_out) in enumerate(folds):
            order = _nested(truth, groups, training, seed + FOLDS * repeat + number)
            for place, size in enumerate(sizes.tolist()):
                yield place, repeat, order[:size], held_out


def _nested(truth: Integers, groups: Integers, training: Integers, seed: int) -> Integers:
    """Return images in an order of which each beginning has the classes in their shares; groups stay together."""
    source = np.random.default_rng(seed)
    _, first, own = np.unique(groups[training], return_index=True, return_inverse=True)
    group_class = truth[training][first]
    rank = np.empty(len(first))
    for label in np.unique(group_class):
        mine = source.permutation(np.flatnonzero(group_class == label))
        rank[mine] = (np.arange(len(mine)) + source.random()) / len(mine)
    return training[np.argsort(rank[own], kind="stable")]


def _check(truth: Integers, groups: Integers) -> None:
    _, first = np.unique(groups, return_index=True)
    fewest = min(Counter(truth[first].tolist()).values())
    if len(truth) < FEWEST_IMAGES or fewest < FEWEST_PER_CLASS:
        raise InputError(
            "There are too few images for a learning curve.",
            f"It needs {FEWEST_IMAGES} labelled images that are not for testing, and {FEWEST_PER_CLASS} different ones "
            "of every class.",
        )
    if len(sizes_for(len(truth), int(truth.max()) + 1)) < FEWEST_SIZES:
        raise InputError(
            "There are too few images for so many classes to draw a learning curve.", "Label more of every class."
        )
