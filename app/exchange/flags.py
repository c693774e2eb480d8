"""The flags of labelme and X-AnyLabeling: a JSON file for each image, with its labels set to true."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.dataset.scan import IMAGE_SUFFIXES
from app.errors import InputError
from app.exchange.formats import LABELS, SEVERAL, Format
from app.exchange.json_text import read_json_text
from app.exchange.preview import Entry, Gathering, Preview, find_image

NOTE = "Shapes are not read. The files name the images by their paths as seen from the files."
LABELME = Format("labelme", "labelme flags (a JSON file per image)", frozenset({LABELS, SEVERAL}), NOTE)
X_ANYLABELING = Format("x-anylabeling", "X-AnyLabeling flags (a JSON file per image)", LABELME.carries, NOTE)
# What X-AnyLabeling writes and labelme does not.
X_ANYLABELING_KEYS = frozenset({"text", "description", "checked"})


def understand_labelme(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read one such file, or all of a folder and the folders in it."""
    return _understand(LABELME, path, cancel)


def understand_x_anylabeling(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read one such file, or all of a folder and the folders in it."""
    return _understand(X_ANYLABELING, path, cancel)


def flag_files(path: Path) -> Iterator[Path]:
    """Yield the JSON files of a folder and the folders in it, in order; a file is yielded itself."""
    if path.is_file():
        yield path
    for folder, inside, names in os.walk(path):
        inside.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.lower().endswith(".json"))


def format_of(value: Any) -> Format | None:
    """Return which of the two programs wrote a JSON value, or None for neither."""
    if not isinstance(value, dict) or "imagePath" not in value:
        return None
    return X_ANYLABELING if X_ANYLABELING_KEYS & set(value) else LABELME


def _understand(kind: Format, path: Path, cancel: threading.Event | None) -> Preview:
    gathering = Gathering(kind.name, path, cancel)
    root = (path if path.is_dir() else path.parent).resolve()
    for file in flag_files(root if path.is_dir() else path.resolve()):
        where = file.relative_to(root).as_posix()
        gathering.check_cancel()
        try:
            gathering.add(_entry(file), where)
        except InputError as error:
            gathering.add_problem(where, error.message)
    return gathering.preview()


def _entry(file: Path) -> Entry:
    value = read_json_text(file)
    if format_of(value) is None:
        raise InputError("It is not a file of labelme's or X-AnyLabeling's.")
    flags = value.get("flags")
    labels = tuple(str(name) for name, on in flags.items() if on is True) if isinstance(flags, dict) and flags else None
    try:
        image = find_image(file.parent, str(value["imagePath"]))
    except InputError:
        beside = (file.with_suffix(suffix) for suffix in sorted(IMAGE_SUFFIXES))
        found = next((one for one in beside if one.is_file()), None)
        if found is None:
            raise
        image = found
    return Entry(image, labels)
