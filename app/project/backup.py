"""Back a project up into one zip: labels, edits and runs, the images it keeps itself, and the others if asked for.

The zip holds `backup.json` (what it is), `project.sqlite`, `runs/<number>/…` and `images/<id><suffix>`.
"""

import io
import json
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from app import __version__
from app.dataset.scan import Skipped
from app.errors import Cancelled, ProjectError
from app.files import replacing
from app.project.importing import OnCount
from app.project.kept import is_kept
from app.project.project import Project
from app.project.records import RUNNING
from app.project.store import FILE_NAME

FORMAT = 1
INFO_FILE = "backup.json"
RUNS_FOLDER, IMAGES_FOLDER = "runs", "images"
CHUNK_BYTES = 1 << 20
PERMISSIONS = 0o644


@dataclass(frozen=True)
class BackupInfo:
    """What `backup.json` says; `bytes` is the size of all files once unpacked."""

    name: str
    created: str
    images: int
    runs: int
    with_images: bool
    files: int
    bytes: int
    version: str = __version__
    format: int = FORMAT


@dataclass(frozen=True)
class Backup:
    """A backup that was written, its size in bytes, and what could not be put into it."""

    file: Path
    size: int
    info: BackupInfo
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class _Entry:
    """A file to put into the zip; `image` is one of the user's, which is compressed already and may be lost."""

    name: str
    path: Path
    size: int
    image: bool = False


def back_up(project: Project, file: Path, with_images: bool, on_count: OnCount, cancel: threading.Event) -> Backup:
    """Write the zip, whole or not at all; raises ProjectError, or Cancelled with nothing written.

    `on_count` is called with the megabytes done and in all. An older backup in `file` is replaced, nothing else.
    """
    if file.exists() and not is_backup(file):
        raise ProjectError(f"“{file}” is there already, and is no backup.", "Choose another name.")
    try:
        with tempfile.TemporaryDirectory(prefix="sightline-") as temporary:
            database = Path(temporary) / FILE_NAME
            project.store.copy_to(database)
            entries = [_Entry(FILE_NAME, database, database.stat().st_size), *_run_files(project)]
            images, skipped = _image_files(project, with_images)
            with replacing(file) as stream:
                info = _Zip(stream, on_count, cancel).write(_info(project, with_images), [*entries, *images], skipped)
                size = stream.tell()
    except OSError as error:
        raise ProjectError(
            f"The backup could not be written to “{file}” ({error.strerror or error}).",
            "Choose another place, or make room there. Nothing was changed.",
            str(error),
        ) from error
    return Backup(file, size, info, tuple(skipped))


def is_backup(file: Path) -> bool:
    """Tell whether a file is a zip that Sightline wrote as a backup."""
    try:
        with zipfile.ZipFile(file) as archive:
            return INFO_FILE in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _info(project: Project, with_images: bool) -> BackupInfo:
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    runs = sum(run.state != RUNNING for run in project.runs())
    return BackupInfo(project.name, created, project.image_count(), runs, with_images, files=0, bytes=0)


def _run_files(project: Project) -> Iterator[_Entry]:
    """Yield the files of all runs that have ended; what is half written is no use."""
    for run in project.runs():
        folder = project.run_folder(run.number)
        if run.state == RUNNING:
            continue
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in inside.parts):
                yield _Entry(f"{RUNS_FOLDER}/{run.number}/{inside.as_posix()}", path, path.stat().st_size)


def _image_files(project: Project, with_images: bool) -> tuple[list[_Entry], list[Skipped]]:
    """Return the images, or only those that lie nowhere but in the project folder."""
    entries: list[_Entry] = []
    skipped: list[Skipped] = []
    for row in project.images():
        if not with_images and not is_kept(row.path, project.folder):
            continue
        try:
            size = row.path.stat().st_size
        except OSError as error:
            skipped.append(_unreadable(row.path, error))
        else:
            entries.append(_Entry(f"{IMAGES_FOLDER}/{row.id}{row.path.suffix.lower()}", row.path, size, image=True))
    return entries, skipped


class _Zip:
    """The zip while it is being written."""

    def __init__(self, stream: BinaryIO, on_count: OnCount, cancel: threading.Event):
        self._archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
        self._on_count = on_count
        self._cancel = cancel
        self._files = 0
        self._bytes = 0

    def write(self, info: BackupInfo, entries: list[_Entry], skipped: list[Skipped]) -> BackupInfo:
        """Write all entries, list the images that cannot be read, and end with what the zip is."""
        whole = sum(entry.size for entry in entries)
        with self._archive:
            for entry in entries:
                try:
                    source = io.BytesIO(entry.path.read_bytes()) if entry.image else entry.path.open("rb")
                except OSError as error:
                    if not entry.image:
                        raise
                    skipped.append(_unreadable(entry.path, error))
                    continue
                with source:
                    self._add(entry, source)
                self._on_count(self._bytes // CHUNK_BYTES, max(whole, self._bytes) // CHUNK_BYTES)
            info = replace(info, files=self._files, bytes=self._bytes)
            self._archive.writestr(INFO_FILE, json.dumps(asdict(info), ensure_ascii=False))
        return info

    def _add(self, entry: _Entry, source: BinaryIO) -> None:
        member = zipfile.ZipInfo(entry.name)
        member.compress_type = zipfile.ZIP_STORED if entry.image else zipfile.ZIP_DEFLATED
        member.external_attr = PERMISSIONS << 16
        member.file_size = entry.size  # a guess, from which the zip learns that it is large
        with self._archive.open(member, "w") as target:
            while chunk := source.read(CHUNK_BYTES):
                if self._cancel.is_set():
                    raise Cancelled
                target.write(chunk)
                self._bytes += len(chunk)
        self._files += 1


def _unreadable(path: Path, error: OSError) -> Skipped:
    return Skipped(path, f"The file cannot be read ({error.strerror or error}).")
