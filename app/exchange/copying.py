"""Copies of images, or links to them, under names that every system accepts. The images stay as they are."""

import os
import re
import shutil
import unicodedata
from pathlib import Path

from app.errors import InputError
from app.files import RESERVED

NOT_PORTABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029]')
MOST_BYTES = 200  # of a name in UTF-8; file systems allow 255


def portable_name(text: str) -> str:
    """Return a file or folder name as close to `text` as all systems allow; never hidden, never empty."""
    name = NOT_PORTABLE.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if name.startswith("."):
        name = f"_{name}"
    if name.split(".")[0].rstrip().upper() in RESERVED:
        name = f"_{name}"
    return _shortened(name) or "unnamed"


def portable_file_name(name: str) -> str:
    """Return such a name for a file, with its suffix kept."""
    path = Path(name)
    stem = portable_name(path.stem)
    return f"{stem}{path.suffix}"


class Places:
    """Gives every image a name of its own in its folder, also on systems that do not tell case apart."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str]] = set()

    def take(self, folder: str, name: str, number_before_suffix: bool = True) -> str:
        """Return `name`, with a number where it is taken in `folder`."""
        stem, suffix = (Path(name).stem, Path(name).suffix) if number_before_suffix else (name, "")
        number, candidate = 1, name
        while (folder.casefold(), candidate.casefold()) in self._taken:
            number += 1
            candidate = f"{stem}-{number}{suffix}"
        self._taken.add((folder.casefold(), candidate.casefold()))
        return candidate


def place(image: Path, target: Path, link: bool) -> None:
    """Copy an image to a new file, or link it: a hard link on the same disk, else a symbolic one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not link:
        shutil.copyfile(image, target)
        return
    try:
        os.link(image.resolve(), target)
    except OSError:
        try:
            target.symlink_to(image.resolve())
        except OSError as error:
            raise InputError(
                f"“{image.name}” cannot be linked from “{target.parent}”.", "Export copies instead.", str(error)
            ) from error


def _shortened(name: str) -> str:
    return name.encode()[:MOST_BYTES].decode(errors="ignore").rstrip(". ")
