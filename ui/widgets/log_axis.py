"""An axis that, where it is logarithmic, marks round values as densely as their numbers have room."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10

import pyqtgraph

GAPS = {"left": 20, "bottom": 48}  # pixels between two marks at the least
DIGITS = ((1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))  # of a decade, from coarse to fine
STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # between evenly spaced marks, as parts of the span's decade
FEWEST = 3  # marks; with less, evenly spaced ones say more
Levels = list[tuple[float | None, list[float]]]


class LogAxis(pyqtgraph.AxisItem):
    """Marks like any other axis while it is not logarithmic."""

    def logTickValues(self, low: float, high: float, size: float, levels: Levels) -> Levels:
        """Return where the marks are, as logarithms."""
        gap = GAPS[self.orientation] * (high - low) / max(size, 1.0)
        choices = [marks for digits in DIGITS if _have_room(marks := _digit_marks(digits, low, high), gap)]
        best = max([_decades(low, high, gap), *choices], key=len)
        if len(best) < FEWEST:
            even = (marks for step in STEPS if _have_room(marks := _even_marks(step, low, high), gap))
            best = max(best, next(even, []), key=len)
        return [(None, best)]

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float | None) -> list[str]:
        """Return the numbers at the marks."""
        return [f"{10.0**value * scale:g}" for value in values]


def _decades(low: float, high: float, gap: float) -> list[float]:
    step = max(1, ceil(gap))
    return [float(decade) for decade in range(ceil(low), floor(high) + 1) if decade % step == 0]


def _digit_marks(digits: Sequence[float], low: float, high: float) -> list[float]:
    places = (decade + log10(digit) for decade in range(floor(low), ceil(high)) for digit in digits)
    return [place for place in places if low <= place <= high]


def _even_marks(step: float, low: float, high: float) -> list[float]:
    """Return marks whose values, not their logarithms, are evenly spaced."""
    start, end = 10.0**low, 10.0**high
    width = step * 10.0 ** floor(log10(end - start))
    return [log10(number * width) for number in range(max(1, ceil(start / width)), floor(end / width) + 1)]


def _have_room(marks: Sequence[float], gap: float) -> bool:
    return all(after - before >= gap for before, after in pairwise(marks))
