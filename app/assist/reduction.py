"""Features in few numbers: the main directions of rooted features, as the quick engine uses them."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.features.rooted import root_normalised

Floats = NDArray[np.float32]

DIMENSIONS = 128  # measured in docs/decisions/010-suggestions.md
ROWS_AT_ONCE = 4096  # 20 MB of 1,280 features
LARGEST_SAMPLE = 16384  # rows that the directions are found in


class FeatureRows(Protocol):
    """Features [N, D] that are read by slices or positions: an array, or rows of the cache."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (N, D)."""

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> Floats:
        """Return some rows."""


def reduced(features: FeatureRows, dimensions: int = DIMENSIONS) -> Floats:
    """Project non-negative features [N, D] on their main directions: [N, P], centred, the widest direction first.

    P is the smallest of `dimensions`, N and D. Knows no labels; nothing larger than a few thousand rows is in memory.
    """
    mean, directions = _main_directions(features, dimensions)
    projected = np.empty((features.shape[0], directions.shape[1]), np.float32)
    for start, rows in _rooted(features, 1):
        projected[start : start + len(rows)] = (rows - mean) @ directions
    return projected


def _main_directions(features: FeatureRows, dimensions: int) -> tuple[Floats, Floats]:
    """Return the mean [D] and the main directions [D, P] of rooted features."""
    count, width = features.shape
    step = -(-count // LARGEST_SAMPLE) or 1
    total, products, used = np.zeros(width), np.zeros((width, width)), 0
    for _, rows in _rooted(features, step):
        total += rows.sum(axis=0, dtype=np.float64)
        products += rows.T @ rows
        used += len(rows)
    mean = total / max(1, used)
    covariance = products / max(1, used) - np.outer(mean, mean)
    _, directions = np.linalg.eigh(covariance)
    kept = directions[:, ::-1][:, : min(dimensions, count)]
    return mean.astype(np.float32), np.ascontiguousarray(kept, np.float32)


def _rooted(features: FeatureRows, step: int) -> Iterator[tuple[int, Floats]]:
    """Yield where each block starts and every `step`-th of its rows, rooted."""
    for start in range(0, features.shape[0], ROWS_AT_ONCE * step):
        yield start, root_normalised(features[start : start + ROWS_AT_ONCE * step : step])
