"""Make a project of a backup, in a new folder. A zip is a stranger's until it is checked."""

import json
import re
import shutil
import threading
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from app.errors import Cancelled, ProjectError
from app.files import safe_name
from app.project.backup import CHUNK_BYTES, FORMAT, IMAGES_FOLDER, INFO_FILE
from app.project.importing import UNFINISHED, OnCount
from app.project.store import FILE_NAME, Store

ENTRY = re.compile(r"project\.sqlite|backup\.json|images/\d+(\.\w{1,5})?|runs/\d+(/[^/\\:\0]{1,255})+")
MOST_FILES = 10_000_000
MOST_INFO_BYTES = 1 << 20
SPARE_BYTES = 32 << 20  # to stay free on the disk
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError)


@dataclass(frozen=True)
class Restored:
    """The project that was made, and how many images it lists and has files of."""

    folder: Path
    name: str
    images: int
    image_files: int
    runs: int


def restore(file: Path, folder: Path, on_count: OnCount, cancel: threading.Event) -> Restored:
    """Unpack a backup into a folder that is new or empty; raises ProjectError, or Cancelled, with nothing left.

    `on_count` is called with the megabytes done and in all.
    """
    folder = folder.absolute()
    part = folder.with_name(f".{safe_name(folder.name)}.{uuid4().hex}.part")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ProjectError(f"“{folder}” is not empty.", "Choose a new folder for the restored project.")
        with zipfile.ZipFile(file) as archive:
            _check(archive, file, folder)
            part.mkdir(parents=True)
            _unpack(archive, part, on_count, cancel)
        restored = _finish(part, folder)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except DAMAGED as error:
        raise ProjectError(
            f"“{file}” is damaged, or no backup of Sightline.", "Take another backup. Nothing was restored.", str(error)
        ) from error
    except OSError as error:
        raise ProjectError(
            f"The backup “{file}” could not be restored ({error.strerror or error}).",
            "Check that its disk is connected, and that there is room for the project.",
            str(error),
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return restored


def _check(archive: zipfile.ZipFile, file: Path, folder: Path) -> None:
    """Raise ProjectError where a zip is not what a backup is, or does not fit on the disk."""
    members = archive.infolist()
    if INFO_FILE not in archive.namelist() or archive.getinfo(INFO_FILE).file_size > MOST_INFO_BYTES:
        raise ProjectError(f"“{file}” is no backup of Sightline.", "Choose a zip that “Back up project” wrote.")
    info: Any = json.loads(archive.read(INFO_FILE))
    if not isinstance(info, dict):
        raise ValueError(f"{INFO_FILE} is no object")
    number = info.get("format")
    if not isinstance(number, int) or number > FORMAT:
        raise ProjectError("The backup was made by a newer Sightline.", "Update Sightline to restore it.")
    names = [member.filename for member in members]
    strange = next((name for name in names if not _is_expected(name)), None)
    if strange is not None or len({name.lower() for name in names}) != len(names) or len(names) > MOST_FILES:
        raise ProjectError(
            f"“{file}” holds files that no backup has.", "It was not restored.", f"The first of them: {strange!r}"
        )
    total = sum(member.file_size for member in members if member.filename != INFO_FILE)
    if FILE_NAME not in names or (info.get("files"), info.get("bytes")) != (len(names) - 1, total):
        raise ProjectError(f"The backup “{file}” is not complete.", "Take another one. Nothing was restored.")
    free = shutil.disk_usage(_existing(folder)).free
    if total + SPARE_BYTES > free:
        raise ProjectError(
            f"The project needs {total >> 20:,} MB, and there are {free >> 20:,} MB left on the disk of “{folder}”.",
            "Make room, or choose another place.",
        )


def _is_expected(name: str) -> bool:
    return bool(ENTRY.fullmatch(name)) and not any(part in ("", ".", "..") for part in name.split("/"))


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())


def _unpack(archive: zipfile.ZipFile, part: Path, on_count: OnCount, cancel: threading.Event) -> None:
    """Write every file; the zip itself checks the length and checksum of each."""
    members = [member for member in archive.infolist() if member.filename != INFO_FILE]
    total, done = sum(member.file_size for member in members), 0
    for member in members:
        target = part / member.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("xb") as stream:
            while chunk := source.read(CHUNK_BYTES):
                if cancel.is_set():
                    raise Cancelled
                stream.write(chunk)
                done += len(chunk)
        on_count(done // CHUNK_BYTES, total // CHUNK_BYTES)


def _finish(part: Path, folder: Path) -> Restored:
    """Check the database, bring it to the present format, and let it know where its images will be."""
    store = Store(part)
    try:
        if store.value("PRAGMA quick_check") != "ok" or _has_strange_digests(store):
            raise ProjectError("The backup's list of images is damaged.", "Take another backup. Nothing was restored.")
        files = _place_images(store, part, folder)
        return Restored(
            folder,
            str(store.value("SELECT value FROM meta WHERE key = 'name'") or folder.name),
            int(store.value("SELECT count(*) FROM images")),
            files,
            int(store.value("SELECT count(*) FROM runs")),
        )
    finally:
        store.close()


def _has_strange_digests(store: Store) -> bool:
    """Digests become names of files in the cache."""
    return bool(store.value("SELECT 1 FROM images WHERE digest GLOB '*[^0-9a-f]*' OR length(digest) != 32 LIMIT 1"))


def _place_images(store: Store, part: Path, folder: Path) -> int:
    """Give the images their names back, in a folder for each source; return how many there are."""
    packed = part / IMAGES_FOLDER
    if not packed.is_dir():
        return 0
    unpacked = {int(path.stem): path for path in packed.iterdir()}
    final = folder / IMAGES_FOLDER
    folders = {key: f"{key}-{safe_name(Path(old).name)}" for key, old in store.rows("SELECT id, folder FROM sources")}
    rows = [row for row in store.rows("SELECT id, source_id, name FROM images") if row[0] in unpacked]
    with store.transaction() as transaction:
        for key, source, name in rows:
            file, place = unpacked[key], packed / folders[source]
            if not _moved(file, place, name):
                new_name = f"{IMAGES_FOLDER}/{file.name}"  # a name that this system does not take
                _moved(file, place, new_name)
                transaction.execute("UPDATE images SET name = ? WHERE id = ?", [new_name, key])
        transaction.execute("DELETE FROM meta WHERE key LIKE ?", [f"{UNFINISHED} %"])  # of the folders left behind
        for key in {source for _, source, _ in rows}:  # what was not packed lies where it did
            name = folders[key]
            transaction.execute("UPDATE sources SET folder = ? WHERE id = ?", [str(final / name), key])
    return len(rows)


def _moved(file: Path, folder: Path, name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or name[1:2] == ":":
        return False
    try:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (folder / name).exists():
            return False
        file.rename(folder / name)
    except (OSError, ValueError):
        return False
    return True
