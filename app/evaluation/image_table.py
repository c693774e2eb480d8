"""Scored images as a table for a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from app.errors import InputError
from app.evaluation.report import ScoredImage
from app.files import write_bytes


def write_image_table(file: Path, images: Sequence[ScoredImage], labels: Sequence[str]) -> None:
    """Write CSV: path, label, predicted, confidence, then the probability of every class; raises InputError."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["path", "label", "predicted", "confidence", *labels])
    for image in images:
        words = [image.path, labels[image.truth], labels[image.predicted], image.confidence]
        writer.writerow([*words, *image.probabilities])
    try:
        write_bytes(file, stream.getvalue().encode(errors="backslashreplace"))  # a file may have any bytes for a name
    except OSError as error:
        raise InputError(f"The table “{file}” cannot be written.", "Choose another place.", str(error)) from error
