"""Images in a zip, unpacked into the cache. A zip is a stranger's: names, number and sizes are checked before."""

import json
import lzma
import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from app.dataset.decode import MOST_BYTES as MOST_BYTES_OF_ONE
from app.dataset.scan import IMAGE_SUFFIXES, Skipped
from app.errors import Cancelled, InputError
from app.files import cache_folder, safe_name, write_json

ZIPS_FOLDER = "zips"  # in the cache
RECORD = ".zip.json"  # in an unpacked folder, where no image begins with a dot: its zip, and every file's name there
KEPT = 2  # unpacked zips; older ones are deleted
MOST_FILES = 200_000
MOST_BYTES = 20 << 30
SMALL = 1 << 30  # below, a blank scan may be packed as tightly as it likes
MOST_TIMES = 200  # larger than the zip: photos hardly shrink, and zeros shrink a thousandfold
SPARE_BYTES = 256 << 20  # to stay free on the disk
CHUNK_BYTES = 1 << 20
ENCRYPTED = 1  # bit of an entry's flags
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, ValueError, OverflowError)
HINT = "Unpack it yourself, and drop the folder."


def is_zip(path: Path) -> bool:
    """Tell whether a file is called a zip."""
    return path.suffix.lower() == ".zip" and path.is_file()


def unpack(file: Path, cancel: threading.Event) -> tuple[list[Path], list[Skipped]]:
    """Unpack the images of a zip into the cache; return them in their order, and what is damaged.

    The same zip is unpacked once, to the same place. Raises InputError with one sentence for a zip that is damaged,
    locked, too large or without images, and Cancelled, with nothing left.
    """
    folder = _home_of(file)
    if not (folder / RECORD).is_file():
        try:
            _unpack_new(file, folder, cancel)
        except BROKEN as error:
            raise InputError(
                f"“{file.name}” is damaged, or no zip.", "Download or pack it again.", str(error)
            ) from error
        except OSError as error:
            raise InputError(
                f"“{file.name}” could not be unpacked ({error.strerror or error}).", HINT, str(error)
            ) from error
    record = _record(folder)
    os.utime(folder)  # used last
    skipped = [Skipped(file / name, reason) for name, reason in record["skipped"]]
    return [folder / name for name in record["files"]], skipped


def original(path: Path) -> Path:
    """Return where an unpacked image comes from, as if the zip were a folder; any other path as it is."""
    home = cache_folder() / ZIPS_FOLDER
    if not path.is_relative_to(home):
        return path
    folder, *inside = path.relative_to(home).parts
    record = _record(home / folder)
    return Path(record["zip"]) / record["files"].get("/".join(inside), "/".join(inside))


def _home_of(file: Path) -> Path:
    try:
        info = file.stat()
    except OSError as error:
        raise InputError(f"“{file}” cannot be read ({error.strerror or error}).", "Check the path.") from error
    said = f"{file.resolve()} {info.st_size} {info.st_mtime_ns}"
    return cache_folder() / ZIPS_FOLDER / blake2b(said.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _unpack_new(file: Path, folder: Path, cancel: threading.Event) -> None:
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [one for one in archive.infolist() if _is_image(one)]
            _check(file, entries)
            part.mkdir(parents=True)
            _delete_old(folder.parent, part)
            _write_all(archive, entries, file, part, cancel)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _is_image(entry: zipfile.ZipInfo) -> bool:
    parts = _parts(entry)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return bool(parts) and not entry.is_dir() and not hidden and Path(parts[-1]).suffix.lower() in IMAGE_SUFFIXES


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    """Return the names on the way to an entry, without those that would lead elsewhere."""
    names = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return [name for name in names if name not in ("/", "//", "..", ".") and name.rstrip("\0 ")]


def _check(file: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raise InputError where a zip holds no image, or more than can be meant."""
    if not entries:
        raise InputError(f"There are no images in “{file.name}”.", "Drop a zip of photos.")
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise InputError(f"“{file.name}” is locked with a password.", HINT)
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or total > MOST_BYTES:
        raise InputError(f"“{file.name}” holds {len(entries):,} images of {total >> 20:,} MB, which is too much.", HINT)
    if total > max(SMALL, MOST_TIMES * file.stat().st_size):
        raise InputError(f"“{file.name}” claims to hold {total >> 20:,} MB, far more than photos would.", HINT)
    free = shutil.disk_usage(cache_folder()).free
    if total + SPARE_BYTES > free:
        raise InputError(
            f"“{file.name}” needs {total >> 20:,} MB, and {free >> 20:,} MB are left on the disk.", "Make room."
        )


def _delete_old(home: Path, part: Path) -> None:
    folders = sorted((one for one in home.iterdir() if one != part), key=lambda one: one.stat().st_mtime)
    for one in folders[: max(0, len(folders) + 1 - KEPT)]:
        shutil.rmtree(one, ignore_errors=True)


def _write_all(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], file: Path, part: Path, cancel: threading.Event
) -> None:
    files: dict[str, str] = {}
    skipped: list[tuple[str, str]] = []
    for entry, name in zip(entries, _free_names(entries), strict=True):
        inside = "/".join(_parts(entry))
        target = part / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(archive, entry, target, cancel)
        except (*BROKEN, RuntimeError, FileExistsError, NotADirectoryError) as error:
            if target.is_file():
                target.unlink()
            skipped.append((inside, f"It is damaged inside the zip ({error})."))
        else:
            files[name] = inside
    write_json(part / RECORD, {"zip": str(file.resolve()), "files": files, "skipped": skipped})


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, cancel: threading.Event) -> None:
    """Write one entry, never more than it said it was; zipfile checks its checksum."""
    if entry.file_size > MOST_BYTES_OF_ONE:
        raise ValueError(f"larger than {MOST_BYTES_OF_ONE >> 20:,} MB")
    with archive.open(entry) as source, target.open("xb") as stream:
        while chunk := source.read(CHUNK_BYTES):
            if cancel.is_set():
                raise Cancelled
            stream.write(chunk)


def _free_names(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield a path for each entry that every system takes, below the folder and unlike those before."""
    taken: set[str] = set()
    for entry in entries:
        *folders, last = _parts(entry)
        stem, suffix = safe_name(Path(last).stem), Path(last).suffix
        home = "".join(f"{safe_name(folder)}/" for folder in folders)
        number, name = 1, f"{home}{stem}{suffix}"
        while name.casefold() in taken:
            number += 1
            name = f"{home}{stem}-{number}{suffix}"
        taken.add(name.casefold())
        yield name


@lru_cache(maxsize=KEPT)
def _read_record(path: Path, modified_ns: int) -> dict:
    value: dict = json.loads(path.read_text(encoding="utf-8"))
    return value


def _record(folder: Path) -> dict:
    try:
        path = folder / RECORD
        return _read_record(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {"zip": str(folder), "files": {}, "skipped": []}
