"""Image folders of Hugging Face: `metadata.csv` or `metadata.jsonl` beside the images of each part."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.dataset.scan import SPLIT_FOLDERS
from app.errors import InputError
from app.exchange.formats import EVERYTHING, SEVERAL, Format
from app.exchange.json_text import as_labels
from app.exchange.preview import Entry, Gathering, Preview, find_image, read_text
from app.exchange.tables import rows_of
from app.exchange.words import read_split, read_yes

HUGGINGFACE_CSV = Format("huggingface-csv", "Hugging Face image folder with metadata.csv", EVERYTHING - {SEVERAL})
HUGGINGFACE_JSONL = Format("huggingface-jsonl", "Hugging Face image folder with metadata.jsonl", EVERYTHING)
CSV_NAME = "metadata.csv"
JSONL_NAME = "metadata.jsonl"
FILE = "file_name"


def understand_csv(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read metadata.csv in a folder and in its folders `train`, `validation` and `test`."""
    return _understand(HUGGINGFACE_CSV, path, CSV_NAME, cancel)


def understand_jsonl(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read metadata.jsonl in a folder and in its folders `train`, `validation` and `test`."""
    return _understand(HUGGINGFACE_JSONL, path, JSONL_NAME, cancel)


def metadata_files(path: Path, name: str) -> list[Path]:
    """Return the file itself, or those of a folder and of the parts of the data in it."""
    if path.is_file():
        return [path]
    folders = [path, *(one for one in sorted(path.iterdir()) if one.name.lower() in SPLIT_FOLDERS)]
    return [folder / name for folder in folders if (folder / name).is_file()]


def _understand(kind: Format, path: Path, name: str, cancel: threading.Event | None) -> Preview:
    files = metadata_files(path, name)
    if not files:
        raise InputError(f"There is no {name} in “{path}”.", "Choose another folder or format.")
    gathering = Gathering(kind.name, path, cancel)
    for file in files:
        folder = file.resolve().parent
        split = SPLIT_FOLDERS.get(folder.name.lower())
        for number, row in _csv_rows(file) if file.suffix.lower() == ".csv" else _jsonl_rows(file, gathering):
            where = f"{file.relative_to(path) if path.is_dir() else file.name}, line {number}"
            try:
                gathering.add(_entry(folder, row, split), where)
            except InputError as error:
                gathering.add_problem(where, error.message)
    return gathering.preview()


def _entry(folder: Path, row: dict[str, Any], split: str | None) -> Entry:
    labels = as_labels(row["labels"] if "labels" in row else row.get("label"))
    group, exclude = row.get("group"), row.get("exclude")
    return Entry(
        find_image(folder, str(row.get(FILE) or row.get("image") or "")),
        labels,
        read_split(str(row["split"])) if row.get("split") is not None else split,
        None if group is None else str(group),
        None if exclude is None else read_yes(str(exclude)),
    )


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = rows_of(path, read_text(path), ",")
    _, header = next(rows, (0, []))
    for number, row in rows:
        yield number, dict(zip(header, row, strict=False))


def _jsonl_rows(path: Path, gathering: Gathering) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield number, row
        else:
            gathering.add_problem(f"{path.name}, line {number}", "The line is not a JSON object.")
