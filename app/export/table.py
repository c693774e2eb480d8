"""Predictions as a table for a spreadsheet."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.dataset.archive import original
from app.files import write_csv


def write_table(file: Path, results: Iterable[dict[str, Any]], labels: Sequence[str]) -> None:
    """Write predictions as CSV: path, label, confidence, verdict and novelty, then the probability of every class.

    An image of a zip is named as if the zip were a folder. Raises InputError where it cannot be written.
    """
    rows: list[Sequence[object]] = [["path", "label", "confidence", "verdict", "novelty", *labels, "problem"]]
    for result in results:
        confidences = {one["label"]: one["confidence"] for one in result["predictions"]}
        best = result["predictions"][0] if result["predictions"] else {"label": "", "confidence": ""}
        row = [
            original(Path(result["path"])),
            best["label"],
            best["confidence"],
            result.get("verdict"),
            result.get("novelty"),
        ]
        rows.append([*row, *(confidences.get(label, "") for label in labels), result.get("problem") or ""])
    write_csv(file, rows)
