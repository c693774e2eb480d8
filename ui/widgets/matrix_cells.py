"""What the cells of a confusion matrix say and how they are coloured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtGui import QColor, QImage

from ui import theme

COUNTS, ROW_SHARES, COLUMN_SHARES = "counts", "rows", "columns"


@dataclass(frozen=True)
class MatrixCells:
    """Counts [true, predicted] and whether they are shown as such, or as shares of their row or column."""

    counts: NDArray[np.int64]
    mode: str = COUNTS

    @classmethod
    def of(cls, counts: Sequence[Sequence[int]], mode: str) -> "MatrixCells":
        """Take counts[true][predicted]."""
        return cls(np.array(counts, np.int64).reshape(len(counts), len(counts)), mode)

    def share(self, true: int, predicted: int) -> float:
        """Return a cell's share, 0 to 1: of its column where those are shown, and else of its row."""
        whole = self.counts[:, predicted] if self.mode == COLUMN_SHARES else self.counts[true]
        return float(self.counts[true, predicted] / max(1, whole.sum()))

    def text(self, true: int, predicted: int) -> str:
        """Return what is written into a cell."""
        return f"{self.counts[true, predicted]}" if self.mode == COUNTS else f"{100 * self.share(true, predicted):.0f}"

    def longest_text(self) -> str:
        """Return a text as long as the longest that is written into a cell."""
        return f"{self.counts.max(initial=0)}" if self.mode == COUNTS else "100"

    def worst(self) -> tuple[int, int]:
        """Return the cell with the most mistakes; (0, 0) if there are none."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        if not wrong.any():
            return 0, 0
        true, predicted = divmod(int(wrong.argmax()), len(wrong))
        return true, predicted

    def picture(self, order: Sequence[int]) -> QImage:
        """Return a pixel per cell, with the classes in this order; for cells too small for anything else."""
        axis = 0 if self.mode == COLUMN_SHARES else 1
        shares = self.counts / np.maximum(self.counts.sum(axis=axis, keepdims=True), 1)
        shares = shares[np.ix_(np.array(order), np.array(order))][:, :, np.newaxis]
        surface, right, wrong = (
            np.array(theme.colour(name).getRgb()[:3], np.float64) for name in ("surface", "accent", "bad")
        )
        strong = np.where(np.eye(len(order), dtype=bool)[:, :, np.newaxis], right, wrong)
        pixels = np.ascontiguousarray(np.rint(surface + (strong - surface) * shares).astype(np.uint8))
        return QImage(pixels.tobytes(), len(order), len(order), 3 * len(order), QImage.Format.Format_RGB888).copy()

    def colour(self, true: int, predicted: int) -> QColor:
        """Return a cell's colour: right answers and mistakes differ in hue, and in place."""
        light, strong = theme.colour("surface"), theme.colour("accent" if true == predicted else "bad")
        share = self.share(true, predicted)
        pairs = zip(light.getRgb()[:3], strong.getRgb()[:3], strict=True)
        return QColor(*(round(low + (high - low) * share) for low, high in pairs))
