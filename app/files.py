"""Where Sightline keeps its files, and how it writes them: whole or not at all."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

import platformdirs

from app.errors import InputError, ProjectError

if TYPE_CHECKING:
    from filelock import FileLock

APP_NAME = "Sightline"
HOME_VARIABLE = "SIGHTLINE_HOME"
LOCK_NAME = "project.lock"
SAFE_NAME_LENGTH = 60
PART_NAME_LENGTH = 60  # of the name of a file, in that of the part it is written to: 255 bytes are the limit
# Windows keeps these for devices, whatever comes behind a dot.
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}


def data_folder() -> Path:
    """Return the folder for projects and settings, made if missing."""
    return _made(_home("data") or platformdirs.user_data_path(APP_NAME, appauthor=False))


def cache_folder() -> Path:
    """Return the folder for what can be computed again, made if missing."""
    return _made(_home("cache") or platformdirs.user_cache_path(APP_NAME, appauthor=False))


def log_folder() -> Path:
    """Return the folder for log files, made if missing."""
    return _made(_home("logs") or platformdirs.user_log_path(APP_NAME, appauthor=False))


def _home(kind: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / kind if home else None


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(
            f"Sightline's own folder “{folder}” cannot be made.",
            f"Check its permissions, or name another place in {HOME_VARIABLE}.",
            str(error),
        ) from error
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that becomes `path` at the end of the block, and nothing if the block fails."""
    part = path.with_name(f".{path.name[:PART_NAME_LENGTH]}.{uuid4().hex}.part")
    try:
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`; a reader sees the old file or the new one, never half of it."""
    with replacing(path) as stream:
        stream.write(data)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_csv(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV, the first being the heads; raises InputError."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    try:
        write_bytes(path, stream.getvalue().encode(errors="backslashreplace"))  # a file may have any bytes for a name
    except OSError as error:
        raise InputError(f"The table “{path}” cannot be written.", "Choose another place.", str(error)) from error


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; `OSError` and `ValueError` are the caller's to word."""
    return json.loads(path.read_text(encoding="utf-8"))


def safe_name(text: str) -> str:
    """Turn any text into a file name that every system accepts."""
    name = re.sub(r"[^\w\-. ()]+", "_", text).strip(" ._")[:SAFE_NAME_LENGTH].rstrip(" ._")
    if name.split(".")[0].rstrip().upper() in RESERVED:
        name = f"_{name}"
    return name or "unnamed"


def path_mark(path: Path) -> str:
    """Return eight letters that tell folders of one name apart."""
    return blake2b(str(path).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def lock_folder(folder: Path) -> "FileLock":
    """Take a project folder for this process alone; raises ProjectError where another has it."""
    from filelock import FileLock, Timeout  # takes as long to import as all of this program before it

    lock = FileLock(folder / LOCK_NAME, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProjectError(
            f"The project “{folder.name}” is open in another window or command.",
            "Close it there, or wait for it to finish.",
        ) from error
    except OSError as error:
        raise ProjectError(
            f"The project folder “{folder}” cannot be written.",
            "Check its permissions, or choose another folder.",
            str(error),
        ) from error
    return lock


def resource_folder() -> Path:
    """Return the folder of icons, styles and migrations that comes with the program."""
    return Path(__file__).resolve().parent.parent / "resources"
