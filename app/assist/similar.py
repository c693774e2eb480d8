"""The images most like some selected ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.assist.reduction import FeatureRows

ROWS_AT_ONCE = 2048  # of all images
SELECTED_AT_ONCE = 2048
TINY = np.finfo(np.float32).tiny

Integers = NDArray[np.int64]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Similar:
    """Positions of images, the most alike first, and the cosine of each to the nearest selected one, -1 to 1."""

    positions: Integers
    cosines: NDArray[np.float32]


def most_similar(features: FeatureRows, selected: Sequence[int], number: int) -> Similar:
    """Return at most `number` images, without the selected ones; features [N, D], equals in the order of N.

    Nothing is returned where nothing is selected; raises IndexError for a selected position that is not there.
    """
    chosen = np.unique(np.asarray(selected, np.int64))
    rest = np.ones(features.shape[0], np.bool_)
    rest[chosen] = False
    positions = np.flatnonzero(rest)
    if not len(chosen) or number <= 0:
        positions = positions[:0]
    cosines = _nearest(features, positions, chosen)
    order = np.argsort(-cosines, kind="stable")[:number]
    return Similar(positions[order], cosines[order])


def unit_rows(features: Features) -> Features:
    """Bring rows [N, D] to length 1; rows of zeros stay."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit: Features = features / np.maximum(length, TINY)
    return unit


def _nearest(features: FeatureRows, positions: Integers, chosen: Integers) -> NDArray[np.float32]:
    """Return the largest cosine of each position to any chosen image."""
    nearest = np.full(len(positions), -1, np.float32)
    for first in range(0, len(chosen), SELECTED_AT_ONCE):
        some = unit_rows(features[chosen[first : first + SELECTED_AT_ONCE]]).T
        for start in range(0, len(positions), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            cosines = (unit_rows(features[positions[rows]]) @ some).max(axis=1)
            np.maximum(nearest[rows], cosines, out=nearest[rows])
    return np.minimum(nearest, 1)
