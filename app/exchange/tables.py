"""Tables of comma- or tab-separated values: `image,label` and, if you like, `split`, `group` and `exclude`.

An image with several labels has several lines.
"""

import csv
import io
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import InputError
from app.exchange.formats import EVERYTHING, Format
from app.exchange.preview import Entry, Gathering, Preview, find_image, read_text
from app.exchange.words import read_split, read_yes

CSV = Format("csv", "Table with commas (CSV)", EVERYTHING)
TSV = Format("tsv", "Table with tabs (TSV)", EVERYTHING)
COLUMNS = {
    "image": ("image", "file", "filename", "file_name", "path", "filepath", "file_path", "image_path", "name"),
    "label": ("label", "labels", "class", "category"),
    "split": ("split", "set", "subset", "part"),
    "group": ("group", "patient", "subject"),
    "exclude": ("exclude", "excluded"),
}
FIELD_LIMIT = 1 << 24  # characters in one field; csv's own limit is 131,072


def understand_csv(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read a table with commas; semicolons, as some spreadsheets write them, are recognised."""
    text = read_text(path)
    first = text.split("\n", 1)[0]
    return _understand(CSV, path, text, ";" if first.count(";") > first.count(",") else ",", cancel)


def understand_tsv(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read a table with tabs."""
    return _understand(TSV, path, read_text(path), "\t", cancel)


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return where each known column of a first line is; empty if it is no such line."""
    words = [cell.strip().lower() for cell in header]
    found = {}
    for column, names in COLUMNS.items():
        places = [words.index(name) for name in names if name in words]
        if places:
            found[column] = places[0]
    return found if "image" in found else {}


def rows_of(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each row that is not empty; raises InputError for a damaged table."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(
            f"“{path.name}” is not a table: line {reader.line_num} cannot be read.", "Check its quotes.", str(error)
        ) from error


def read_row(folder: Path, cells: dict[str, str]) -> Entry:
    """Turn the cells of one row, by column, into an entry; raises InputError with the reason why it cannot be used."""
    label = cells.get("label")
    return Entry(
        find_image(folder, cells.get("image", "")),
        None if label is None else (label,) if label.strip() else (),
        read_split(cells["split"]) if "split" in cells else None,
        cells.get("group"),
        read_yes(cells["exclude"]) if "exclude" in cells else None,
    )


def _understand(kind: Format, path: Path, text: str, delimiter: str, cancel: threading.Event | None) -> Preview:
    gathering = Gathering(kind.name, path, cancel)
    folder = path.resolve().parent
    columns: dict[str, int] = {}
    for number, row in rows_of(path, text, delimiter):
        if not columns:
            columns = columns_of(row)
            if columns:
                continue
            columns = _without_header(path, row)
        cells = {name: row[place] for name, place in columns.items() if place < len(row)}
        try:
            gathering.add(read_row(folder, cells), f"line {number}")
        except InputError as error:
            gathering.add_problem(f"line {number}", error.message)
    return gathering.preview()


def _without_header(path: Path, row: list[str]) -> dict[str, int]:
    try:
        find_image(path.resolve().parent, row[0])
    except InputError as error:
        raise InputError(
            f"The first line of “{path.name}” names no column of images.",
            "It should read image,label; split, group and exclude may follow.",
        ) from error
    return {name: place for place, name in enumerate(COLUMNS) if place < len(row)}
