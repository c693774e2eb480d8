"""Where the cells of a confusion matrix and their labels lie, in pixels."""

from dataclasses import dataclass

from ui.theme import SPACE

LARGEST_CELL = 64
SMALLEST_READABLE_CELL = 13  # numbers and labels in lower cells strain the eyes; beyond that it is scrolled
SMALLEST_LABELLED_CELL = 11  # labels in smaller letters cannot be read
MOST_LABEL_WIDTH = 140
MOST_LABEL_SHARE = 1 / 3  # of the whole width or height
LEAST_SIDE = 0.01


@dataclass(frozen=True)
class Texts:
    """How much room the words need: a line's height, the longest label and number, and the title in the corner."""

    height: int
    label: int
    number: int
    title: int


@dataclass(frozen=True)
class MatrixLayout:
    """Size of a cell, corner of the first, and whether there is room for labels."""

    count: int
    wide: float
    high: float
    left: float
    top: float
    labelled: bool

    @classmethod
    def of(cls, count: int, width: int, height: int, texts: Texts, readable: bool) -> "MatrixLayout":
        """Fit cells into a size; readable ones may reach beyond it."""
        left = _left(texts, width * MOST_LABEL_SHARE)
        label = _above(texts, height * MOST_LABEL_SHARE)
        high = min(_height(count, height - SPACE, label, texts.height), (width - left) / count, LARGEST_CELL)
        if readable and high < SMALLEST_READABLE_CELL:
            high = texts.height + 2
        elif high < SMALLEST_LABELLED_CELL:
            return cls._bare(count, width, height, texts)
        wide = max(high, min(texts.number, (width - left) / count))
        if readable:
            wide = max(wide, min(texts.number, LARGEST_CELL))
        return cls(count, wide, high, left, SPACE + label * min(1.0, high / texts.height), True)

    @classmethod
    def of_size(cls, count: int, high: float, texts: Texts) -> "MatrixLayout":
        """Lay out cells of a height, however large that gets."""
        left, label = _left(texts, MOST_LABEL_WIDTH), _above(texts, MOST_LABEL_WIDTH)
        return cls(count, max(high, texts.number), high, left, SPACE + label, True)

    @classmethod
    def _bare(cls, count: int, width: int, height: int, texts: Texts) -> "MatrixLayout":
        """Lay out cells too small for labels."""
        edge = texts.height + SPACE
        side = max(LEAST_SIDE, min((min(width, height) - edge) / count, SMALLEST_LABELLED_CELL))
        return cls(count, side, side, edge, edge, False)

    @property
    def right(self) -> float:
        """Return where the last column ends."""
        return self.left + self.count * self.wide

    @property
    def bottom(self) -> float:
        """Return where the last row ends."""
        return self.top + self.count * self.high

    def reaches_beyond(self, width: int, height: int) -> bool:
        """Tell whether not all cells are inside a size."""
        return self.right > width + 1 or self.bottom > height + 1


def _left(texts: Texts, most: float) -> float:
    """Return the room for the labels of the rows and the title beside them, below the other in the corner."""
    labels = min(texts.label, MOST_LABEL_WIDTH, most)
    return max(texts.height + 3 * SPACE + labels, texts.title + SPACE)


def _above(texts: Texts, most: float) -> float:
    """Return the room for the labels of the columns, or for the title beside them."""
    return max(min(texts.label, MOST_LABEL_WIDTH, most), texts.height)


def _height(count: int, room: float, label: float, text: int) -> float:
    """Return how high rows can be below their labels, whose letters shrink with lower rows."""
    high = (room - label) / count
    return high if high >= text else room / (count + label / text)
