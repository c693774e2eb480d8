"""Scored images as a table for a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path

from app.evaluation.report import ScoredImage
from app.files import write_csv


def write_image_table(file: Path, images: Sequence[ScoredImage], labels: Sequence[str]) -> None:
    """Write CSV: path, label, predicted, confidence, then the probability of every class; raises InputError."""
    rows: list[Sequence[object]] = [["path", "label", "predicted", "confidence", *labels]]
    for image in images:
        words = [image.path, labels[image.truth], labels[image.predicted], image.confidence]
        rows.append([*words, *image.probabilities])
    write_csv(file, rows)
