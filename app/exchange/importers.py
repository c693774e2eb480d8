"""Every format that can be imported, and how a file or folder is recognised."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.dataset.scan import scan_folder
from app.errors import InputError
from app.exchange import addresses, flags, folders, huggingface, label_studio, recipes, tables
from app.exchange.formats import Format
from app.exchange.json_text import read_json_text
from app.exchange.preview import Preview, read_text

Understand = Callable[[Path, threading.Event | None], Preview]
FLAG_FILES_TRIED = 5


@dataclass(frozen=True)
class Importer:
    """A format and the function that reads it and writes nothing; it raises InputError and Cancelled."""

    format: Format
    understand: Understand


IMPORTERS = {
    "class-folders": Importer(folders.CLASS_FOLDERS, folders.understand_class_folders),
    "split-folders": Importer(folders.SPLIT_CLASS_FOLDERS, folders.understand_split_folders),
    "dedicated-test-images": Importer(folders.DEDICATED, folders.understand_dedicated),
    "csv": Importer(tables.CSV, tables.understand_csv),
    "tsv": Importer(tables.TSV, tables.understand_tsv),
    "recipes-tsv": Importer(recipes.RECIPES, recipes.understand_recipes),
    "addresses": Importer(addresses.ADDRESSES, addresses.understand_addresses),
    "huggingface-csv": Importer(huggingface.HUGGINGFACE_CSV, huggingface.understand_csv),
    "huggingface-jsonl": Importer(huggingface.HUGGINGFACE_JSONL, huggingface.understand_jsonl),
    "label-studio": Importer(label_studio.LABEL_STUDIO, label_studio.understand_label_studio),
    "labelme": Importer(flags.LABELME, flags.understand_labelme),
    "x-anylabeling": Importer(flags.X_ANYLABELING, flags.understand_x_anylabeling),
}


def understand(path: Path, name: str | None = None, cancel: threading.Event | None = None) -> Preview:
    """Say what a file or folder holds, in the named format or the one it looks like; writes nothing."""
    if not path.exists():
        raise InputError(f"There is no “{path}”.", "Check the path.")
    return IMPORTERS[name or detect(path)].understand(path, cancel)


def detect(path: Path) -> str:
    """Name the format that a file or folder looks like; raises InputError where it looks like none."""
    name = _folder_format(path) if path.is_dir() else _file_format(path)
    if name is None:
        raise InputError(
            f"“{path.name}” is in no format that Sightline recognises.",
            "Choose the format yourself, or a table with the columns image and label.",
        )
    return name


def _folder_format(path: Path) -> str:
    if huggingface.metadata_files(path, huggingface.CSV_NAME):
        return huggingface.HUGGINGFACE_CSV.name
    if huggingface.metadata_files(path, huggingface.JSONL_NAME):
        return huggingface.HUGGINGFACE_JSONL.name
    if (path / folders.DEDICATED_NAME).is_file():
        return folders.DEDICATED.name
    for file in islice(flags.flag_files(path), FLAG_FILES_TRIED):
        kind = _json_format(file)
        if kind in (flags.LABELME.name, flags.X_ANYLABELING.name):
            return kind
    splits = folders.has_splits(scan_folder(path))
    return (folders.SPLIT_CLASS_FOLDERS if splits else folders.CLASS_FOLDERS).name


def _file_format(path: Path) -> str | None:
    named = {
        huggingface.CSV_NAME: huggingface.HUGGINGFACE_CSV,
        huggingface.JSONL_NAME: huggingface.HUGGINGFACE_JSONL,
        folders.DEDICATED_NAME.lower(): folders.DEDICATED,
    }.get(path.name.lower())
    if named is not None:
        return named.name
    if path.suffix.lower() == ".jsonl":
        return huggingface.HUGGINGFACE_JSONL.name
    return _json_format(path) if path.suffix.lower() == ".json" else _table_format(path)


def _json_format(path: Path) -> str | None:
    try:
        value = read_json_text(path)
    except InputError:
        return None
    if label_studio.looks_like_tasks(value):
        return label_studio.LABEL_STUDIO.name
    kind = flags.format_of(value)
    return None if kind is None else kind.name


def _table_format(path: Path) -> str | None:
    if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".tab"):
        return None
    text = read_text(path)
    first = next((line.rstrip("\r") for line in text.split("\n") if line.strip()), "")
    if recipes.is_header(first):
        return recipes.RECIPES.name
    cells = first.split("\t")
    if len(cells) == 2 and addresses.is_address(cells[1].strip()):
        return addresses.ADDRESSES.name
    if "\t" in first:
        return tables.TSV.name
    return tables.CSV.name if "," in first or ";" in first else None
