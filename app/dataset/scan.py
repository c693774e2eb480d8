"""Find the images of a folder, and what its sub-folders say of them. Nothing is opened, moved or changed."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from app.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
# Names of top-level folders that hold a part of the data rather than a class.
SPLIT_FOLDERS = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}
OWN_FILES = frozenset({"project.sqlite", "bundle.json"})  # in a folder of Sightline's, not the user's
OWN_FOLDERS = frozenset({"cache", "runs", "kept-images"})  # of a project that lies right in the folder of images
HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2)  # Windows
DIGEST_BYTES = 16
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FoundImage:
    """An image file; `relative` has forward slashes, `split` is "train", "validation", "test" or None."""

    path: Path
    relative: str
    label: str | None
    split: str | None
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Skipped:
    """A file or folder that was left out, and why, in one sentence."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Scan:
    """What a folder holds; images are ordered by their path inside it."""

    folder: Path
    images: tuple[FoundImage, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class _File:
    path: Path
    parts: tuple[str, ...]
    size: int
    modified_ns: int


def scan_folder(folder: Path) -> Scan:
    """List the images below a folder; raises InputError where there is no folder or no image in it.

    The first folder level names the label. Where the top level is `train`, `val` (`valid`, `validation`) or
    `test`, with sub-folders in it, those are kept as the split and the second level names the label. Hidden
    files, links back into the folder and Sightline's own folders are left out; other links are followed.
    """
    walk = _Walk(_checked(folder))
    files = sorted(walk.files(), key=lambda file: file.parts)
    skipped = tuple(sorted(walk.skipped, key=lambda one: str(one.path)))
    if not files:
        raise InputError(_nothing_found(folder, skipped), f"Sightline reads {_suffix_list()}.")
    splits = _split_folders(files)
    return Scan(walk.root, tuple(_found(file, splits) for file in files), skipped)


def file_digest(path: Path) -> str:
    """Hash a file's content to 32 hexadecimal digits; OSError is the caller's to word."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _checked(folder: Path) -> Path:
    hint = "Choose a folder of images; its sub-folders become the labels."
    try:
        if not folder.exists():
            raise InputError(f"There is no folder “{folder}”.", hint)
        if not folder.is_dir():
            raise InputError(f"“{folder}” is a file, not a folder.", hint)
        os.listdir(folder)
        return folder.resolve()
    except OSError as error:
        raise InputError(f"The folder “{folder}” cannot be read ({error.strerror or error}).", hint) from error


class _Walk:
    """One walk through a folder, without recursion, so that depth does not matter."""

    def __init__(self, root: Path):
        self.root = root
        self.skipped: list[Skipped] = []
        self._linked: set[Path] = set()

    def files(self) -> Iterator[_File]:
        waiting: list[tuple[Path, tuple[str, ...]]] = [(self.root, ())]
        while waiting:
            folder, parts = waiting.pop()
            for entry in self._entries(folder, parts):
                path, inside = Path(entry.path), (*parts, entry.name)
                try:
                    if entry.is_dir():
                        if self._to_enter(entry, path):
                            waiting.append((path, inside))
                    elif path.suffix.lower() in IMAGE_SUFFIXES:
                        yield from self._image(entry, path, inside)
                except OSError as error:
                    self._skip(path, f"It cannot be read ({error.strerror or error}).")

    def _entries(self, folder: Path, parts: tuple[str, ...]) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self._skip(folder, f"The folder cannot be read ({error.strerror or error}).")
            return []
        own = any(entry.name in OWN_FILES for entry in entries)
        if own and parts:
            return []
        left_out = OWN_FOLDERS if own else frozenset()
        return [entry for entry in entries if entry.name not in left_out and not _hidden(entry)]

    def _to_enter(self, entry: "os.DirEntry[str]", path: Path) -> bool:
        """Follow a link only to a folder outside, and only once, so that no loop is walked."""
        if not entry.is_symlink() and not getattr(entry, "is_junction", bool)():
            return True
        target = path.resolve()
        if target.is_relative_to(self.root) or self.root.is_relative_to(target):
            return False
        if any(target.is_relative_to(known) for known in self._linked):
            return False
        self._linked.add(target)
        return True

    def _image(self, entry: "os.DirEntry[str]", path: Path, parts: tuple[str, ...]) -> Iterator[_File]:
        if not entry.is_file():
            broken = entry.is_symlink()
            self._skip(path, "The link leads nowhere." if broken else "It is not an ordinary file.")
            return
        info = entry.stat()
        if not info.st_size:
            self._skip(path, "The file is empty.")
        elif not all(map(_is_text, parts)):
            self._skip(path, "Its name is not valid Unicode: rename it.")
        else:
            yield _File(path, parts, info.st_size, info.st_mtime_ns)

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(Skipped(Path(str(path).encode("utf-8", "replace").decode()), reason))


def _hidden(entry: "os.DirEntry[str]") -> bool:
    if entry.name.startswith("."):
        return True
    if os.name != "nt":
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & HIDDEN)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _split_folders(files: list[_File]) -> frozenset[str]:
    """Name the top-level folders that are parts; none where no such folder has sub-folders with images."""
    tops = {file.parts[0] for file in files if len(file.parts) > 1}
    named = {top for top in tops if top.lower() in SPLIT_FOLDERS}
    nested = any(len(file.parts) > 2 and file.parts[0] in named for file in files)
    return frozenset(named) if nested else frozenset()


def _found(file: _File, splits: frozenset[str]) -> FoundImage:
    top = file.parts[0]
    split = SPLIT_FOLDERS[top.lower()] if top in splits and len(file.parts) > 1 else None
    folders = file.parts[1:-1] if split else file.parts[:-1]
    label = folder_label(folders[0]) if folders else None
    return FoundImage(file.path, "/".join(file.parts), label, split, file.size, file.modified_ns)


def folder_label(name: str) -> str:
    """Make one line of a folder's name, composed the same way on every system."""
    printable = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in name)
    return " ".join(unicodedata.normalize("NFC", printable).split()) or "unnamed"


def _nothing_found(folder: Path, skipped: tuple[Skipped, ...]) -> str:
    if not skipped:
        return f"There are no images in “{folder}”."
    return f"There are no readable images in “{folder}”; {len(skipped):,} were skipped ({skipped[0].reason})"


def _suffix_list() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
