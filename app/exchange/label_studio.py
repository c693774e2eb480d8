"""Tasks of Label Studio as JSON, with the choices that were made for an image."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.dataset.scan import IMAGE_SUFFIXES
from app.errors import InputError
from app.exchange.formats import EVERYTHING, Format
from app.exchange.json_text import as_labels, read_json_text
from app.exchange.preview import Entry, Gathering, Preview, find_image
from app.exchange.words import read_split, read_yes

LABEL_STUDIO = Format(
    "label-studio",
    "Label Studio (JSON)",
    EVERYTHING,
    "Parts, groups and exclusion are kept in the data of each task.",
)
LOCAL_FILES = "/data/local-files/"
UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio writes before the name of an uploaded file


def understand_label_studio(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read an export, full or short (JSON-MIN); paths are looked for below the file's folder."""
    tasks = read_json_text(path)
    if not isinstance(tasks, list):
        raise InputError(f"“{path.name}” is not a list of Label Studio's tasks.", "Export as JSON or JSON-MIN.")
    gathering = Gathering(LABEL_STUDIO.name, path, cancel)
    folder = path.resolve().parent
    for number, task in enumerate(tasks, 1):
        where = f"task {task.get('id', number) if isinstance(task, dict) else number}"
        try:
            gathering.add(_entry(folder, task), where)
        except InputError as error:
            gathering.add_problem(where, error.message)
    return gathering.preview()


def looks_like_tasks(value: Any) -> bool:
    """Tell whether this JSON value is a list of tasks about images."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and _image_text(value[0]) is not None


def _entry(folder: Path, task: Any) -> Entry:
    if not isinstance(task, dict):
        raise InputError("It is not a task.")
    text = _image_text(task)
    if text is None:
        raise InputError("It names no image.")
    data = _data(task)
    split, group, exclude = data.get("split"), data.get("group"), data.get("exclude")
    return Entry(
        _find(folder, text),
        _labels(task),
        None if split is None else read_split(str(split)),
        None if group is None else str(group),
        None if exclude is None else read_yes(str(exclude)),
    )


def _data(task: dict[str, Any]) -> dict[str, Any]:
    data = task.get("data")
    return data if isinstance(data, dict) else task


def _image_text(task: dict[str, Any]) -> str | None:
    data = _data(task)
    texts = [value for value in (data.get("image"), *data.values()) if isinstance(value, str)]
    return next((text for text in texts if PurePosixPath(_local_path(text)).suffix.lower() in IMAGE_SUFFIXES), None)


def _local_path(text: str) -> str:
    """Return the path in one of Label Studio's addresses, or the text itself."""
    if LOCAL_FILES in text:
        return parse_qs(urlsplit(text).query).get("d", [""])[0]
    return unquote(text) if text.startswith("/data/") else text


def _find(folder: Path, text: str) -> Path:
    path = _local_path(text)
    if "://" in path:
        raise InputError(f"“{text}” is not on this computer: download it first.")
    try:
        return find_image(folder, path)
    except InputError:
        name = UPLOADED.sub("", PurePosixPath(path).name)
        if not text.startswith("/data/upload/"):
            raise
        return find_image(folder, name)


def _labels(task: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the choices of the last annotation that was not skipped; None where nobody annotated."""
    if "data" not in task:
        return as_labels(next((task[key] for key in ("choice", "choices", "label") if key in task), None))
    done = [one for one in _dicts(task.get("annotations")) if not one.get("was_cancelled")]
    if not done:
        return None
    results = (result.get("value") for result in _dicts(done[-1].get("result")))
    return tuple(label for value in results if isinstance(value, dict) for label in as_labels(value) or ())


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())
