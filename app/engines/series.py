"""A curve that grows point by point, and an average that follows it."""

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FIRST = 256  # points that there is room for at first
BLOCK = 256  # points that are averaged at once
SMALLEST = 600.0  # a block ends where weights are below exp(-SMALLEST): smaller ones are no longer numbers


class Series:
    """Points with x growing; a point that is not a number is left out."""

    def __init__(self) -> None:
        self._room = np.empty((2, FIRST))
        self._count = 0
        self._average = _Average(0.0)

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Values:
        """Return where the points are."""
        return self._room[0, : self._count]

    @property
    def y(self) -> Values:
        """Return their values."""
        return self._room[1, : self._count]

    def add(self, x: float, y: float) -> None:
        """Add a point behind the last one; one before it, which was told already, is left out."""
        if not math.isfinite(y) or (self._count and x <= self._room[0, self._count - 1]):
            return
        if self._count == self._room.shape[1]:
            self._room = np.concatenate([self._room, np.empty_like(self._room)], axis=1)
        self._room[:, self._count] = x, y
        self._count += 1

    def smoothed(self, weight: float) -> Values:
        """Return the exponential moving average in which the past weighs `weight`, 0 to below 1, of what is now.

        It does not lean to where it began: weights are divided by their sum (as in Adam, Kingma and Ba, ICLR 2015).
        """
        if weight == 0:
            return self.y
        if self._average.weight != weight:
            self._average = _Average(weight)
        return self._average.of(self.y)


class _Average:
    """The average of what came so far; only what is new is computed."""

    def __init__(self, weight: float):
        self.weight = weight
        self._values: Values = np.empty(0)
        self._sum = 0.0

    def of(self, y: Values) -> Values:
        known = len(self._values)
        if known == len(y):
            return self._values
        block = max(1, min(BLOCK, int(SMALLEST / -math.log(self.weight))))
        parts = [self._values]
        for start in range(known, len(y), block):
            sums = self._block(y[start : start + block])
            parts.append(sums / (1 - self.weight ** np.arange(start + 1, start + 1 + len(sums))))
        self._values = np.concatenate(parts)
        return self._values

    def _block(self, y: Values) -> Values:
        """Return the weighted sums up to each of some values: s' = weight · s + (1 - weight) · y."""
        powers = self.weight ** np.arange(1, len(y) + 1)
        sums: Values = powers * (self._sum + (1 - self.weight) * np.cumsum(y / powers))
        self._sum = float(sums[-1])
        return sums
