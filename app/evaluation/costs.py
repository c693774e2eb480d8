"""A table of what each confusion costs, read from CSV."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError


def read_costs(path: Path, labels: Sequence[str]) -> NDArray[np.float64]:
    """Read costs [true, predicted] from a CSV whose first line and first column name the classes, in any order.

    An empty cell costs 1, or nothing on the diagonal. Raises InputError for a file that is not such a table.
    """
    hint = "Its first line reads “true,class,class,…”, then there is a line for each true class."
    try:
        rows = [row for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The table “{path}” cannot be read.", hint, str(error)) from error
    costs = 1.0 - np.eye(len(labels))
    header = [cell.strip() for cell in rows[0][1:]] if rows else []
    for row in rows[1:]:
        for name in (*header, row[0].strip()):
            if name not in labels:
                raise InputError(f"“{path.name}” names “{name}”, which is no class of the model.", hint)
        for predicted, cell in zip(header, row[1:], strict=False):
            if cell.strip():
                costs[labels.index(row[0].strip()), labels.index(predicted)] = _number(cell, path)
    if len(rows) < 2 or not header:
        raise InputError(f"“{path.name}” holds no costs.", hint)
    return costs


def _number(cell: str, path: Path) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise InputError(f"“{cell}” in “{path.name}” is not a number.", "Use a point, such as 2.5.") from error
