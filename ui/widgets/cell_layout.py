"""Where cells of one size lie: places are computed, not kept, so that a million cost no more than ten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from PyQt5.QtCore import QRect
from PyQt5.QtWidgets import QAbstractItemView

PADDING = 4
Ways: TypeAlias = QAbstractItemView.CursorAction


@dataclass(frozen=True)
class CellLayout:
    """Rows of cells from left to right, in pixels of the whole content."""

    count: int
    columns: int
    width: int
    height: int

    @classmethod
    def of(cls, count: int, width: int, height: int, available: int) -> "CellLayout":
        """Lay out cells of a size in as many columns as fit."""
        return cls(count, max(1, (available - 2 * PADDING) // width), width, height)

    @property
    def total_height(self) -> int:
        """Return how high all rows are."""
        return 2 * PADDING + -(-self.count // self.columns) * self.height

    @property
    def _last_row(self) -> int:
        return (self.count - 1) // self.columns

    def place(self, position: int) -> QRect:
        """Return a cell's place."""
        row, column = divmod(position, self.columns)
        return QRect(PADDING + column * self.width, PADDING + row * self.height, self.width, self.height)

    def rows_in(self, area: QRect) -> Iterator[tuple[int, int]]:
        """Return for each row of cells the first and the last position that an area touches."""
        area = area.translated(-PADDING, -PADDING)
        left, right = max(0, area.left() // self.width), min(self.columns - 1, area.right() // self.width)
        top, bottom = max(0, area.top() // self.height), min(self._last_row, area.bottom() // self.height)
        for row in range(top, bottom + 1):
            first, last = row * self.columns + left, min(self.count - 1, row * self.columns + right)
            if first <= last:
                yield first, last

    def positions_in(self, area: QRect) -> list[int]:
        """Return the positions that an area touches."""
        return [position for first, last in self.rows_in(area) for position in range(first, last + 1)]

    def moved(self, position: int, way: Ways, page_height: int) -> int:
        """Return where a key leads from a position."""
        page = self.columns * max(1, page_height // self.height)
        ends = {Ways.MoveHome: 0, Ways.MoveEnd: self.count - 1}
        steps = {
            Ways.MoveLeft: -1,
            Ways.MoveRight: 1,
            Ways.MovePrevious: -1,
            Ways.MoveNext: 1,
            Ways.MoveUp: -self.columns,
            Ways.MoveDown: self.columns,
            Ways.MovePageUp: -page,
            Ways.MovePageDown: page,
        }
        if way == Ways.MoveUp and position < self.columns:
            return position
        if way == Ways.MoveDown and position // self.columns == self._last_row:
            return position
        return min(max(ends[way] if way in ends else position + steps[way], 0), self.count - 1)
