"""The part of a plot that is moved and zoomed; as long as it follows the curves, it shows no values that cannot be."""

from typing import Any

import pyqtgraph

EQUAL = 0.001  # shares that differ by less are all the same

Bounds = list[Any]  # lowest and highest in each direction, or None


class PlotBox(pyqtgraph.ViewBox):
    """A view that can count from 0, and that shows all of 0 to 1 around equal shares."""

    def __init__(self) -> None:
        super().__init__()
        self._from_zero = self._shares = False

    def follow(self, from_zero: bool, shares: bool) -> None:
        """Say whether x counts from 0, and whether y is a share."""
        self._from_zero, self._shares = from_zero, shares

    def childrenBounds(self, *args: Any, **options: Any) -> Bounds:
        """Return what is to be seen of the curves."""
        x, y = super().childrenBounds(*args, **options)
        if x is not None and self._from_zero:
            x = [min(0.0, x[0]), x[1]]
        if y is not None and self._shares and y[1] - y[0] < EQUAL:
            y = [0.0, 1.0]
        return [x, y]
