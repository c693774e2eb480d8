"""The figures of the classes as a table for a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path

from app.evaluation.report import ClassFigures
from app.files import write_csv

FIGURES = ("precision", "recall", "f1", "average_precision", "roc_auc")


def write_class_table(file: Path, figures: Sequence[ClassFigures]) -> None:
    """Write CSV: a row per class, with each figure and its interval; raises InputError."""
    rows: list[Sequence[object]] = [
        ["class", "images", *(f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high"))]
    ]
    for one in figures:
        row: list[object] = [one.label, one.images]
        for name in FIGURES:
            row += [getattr(one, name), *(getattr(one, f"{name}_interval") or (None, None))]
        rows.append(row)
    write_csv(file, rows)
