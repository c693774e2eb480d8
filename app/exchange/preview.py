"""What was understood of a file or folder, before anything is written."""

import os
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.dataset.scan import IMAGE_SUFFIXES
from app.errors import Cancelled, InputError
from app.exchange.words import one_line
from app.project.records import HUMAN


@dataclass(frozen=True)
class Entry:
    """An image and what is said of it; None where nothing is said, an empty split or group where there is none."""

    path: Path
    labels: tuple[str, ...] | None = None
    split: str | None = None
    group: str | None = None
    excluded: bool | None = None


@dataclass(frozen=True)
class Problem:
    """A place in the file or folder that cannot be used, and why, in a sentence."""

    where: str
    reason: str


@dataclass(frozen=True)
class Download:
    """An image on the web; `where` is its line."""

    url: str
    labels: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class Preview:
    """Images in the order of their file; `folder` is the folder of images, where the format names one.

    `downloads` have to be fetched before they can be imported, see `app.exchange.downloading`.
    """

    format: str
    path: Path
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    folder: Path | None = None
    origin: str = HUMAN
    downloads: tuple[Download, ...] = ()

    @property
    def images(self) -> int:
        """Return the number of images, those to download too."""
        return len(self.entries) + len(self.downloads)

    @property
    def labels(self) -> dict[str, int]:
        """Return each label's number of images, the most frequent first."""
        named: tuple[Entry | Download, ...] = (*self.entries, *self.downloads)
        counts = Counter(label for one in named for label in one.labels or ())
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def unlabelled(self) -> int:
        """Return the number of images without a label."""
        return sum(not one.labels for one in self.entries)

    @property
    def splits(self) -> dict[str, int]:
        """Return the number of images of each part that is named."""
        return dict(sorted(Counter(one.split for one in self.entries if one.split).items()))

    @property
    def groups(self) -> int:
        """Return the number of different groups."""
        return len({one.group for one in self.entries if one.group})

    @property
    def grouped(self) -> int:
        """Return the number of images that are in a group."""
        return sum(bool(one.group) for one in self.entries)

    @property
    def excluded(self) -> int:
        """Return the number of images that are excluded."""
        return sum(bool(one.excluded) for one in self.entries)


class Gathering:
    """Collects what is read, line by line; several lines for one image add their labels."""

    def __init__(self, format_name: str, path: Path, cancel: threading.Event | None = None):
        self._format = format_name
        self._path = path
        self._cancel = cancel
        self._entries: dict[Path, Entry] = {}
        self._problems: list[Problem] = []

    def check_cancel(self) -> None:
        """Raise Cancelled if the user asked to stop."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled

    def add(self, entry: Entry, where: str) -> None:
        """Add what is said of an image; where two lines disagree, the first counts."""
        self.check_cancel()
        if entry.labels is not None:
            cleaned = (one_line(label) for label in entry.labels)
            entry = replace(entry, labels=tuple(dict.fromkeys(filter(None, cleaned))))
        if entry.group is not None:
            entry = replace(entry, group=one_line(entry.group))
        before = self._entries.get(entry.path)
        self._entries[entry.path] = entry if before is None else self._merged(before, entry, where)

    def add_problem(self, where: str, reason: str) -> None:
        """Note what cannot be used."""
        self._problems.append(Problem(where, reason))

    def preview(self, folder: Path | None = None, origin: str = HUMAN, downloads: Iterable[Download] = ()) -> Preview:
        """Return everything; raises InputError where there is no image and no reason why."""
        entries, problems, downloads = tuple(self._entries.values()), tuple(self._problems), tuple(downloads)
        if not (entries or problems or downloads):
            raise InputError(f"“{self._path.name}” names no images.", "Choose another file, folder or format.")
        return Preview(self._format, self._path, entries, problems, folder, origin, downloads)

    def _merged(self, before: Entry, after: Entry, where: str) -> Entry:
        for part, one, other in (
            ("the part of the data", before.split, after.split),
            ("the group", before.group, after.group),
            ("whether it is excluded", before.excluded, after.excluded),
        ):
            if None not in (one, other) and one != other:
                self.add_problem(where, f"Two lines disagree on {part} of “{after.path.name}”; the first counts.")
        labels = None
        if before.labels is not None or after.labels is not None:
            labels = tuple(dict.fromkeys((*(before.labels or ()), *(after.labels or ()))))
        return Entry(
            before.path,
            labels,
            after.split if before.split is None else before.split,
            after.group if before.group is None else before.group,
            after.excluded if before.excluded is None else before.excluded,
        )


def find_image(folder: Path, text: str) -> Path:
    """Find the image that a file in `folder` names; raises InputError with the reason where there is none."""
    if not text.strip():
        raise InputError("No image is named.")
    for spelling in _spellings(text):
        path = folder / spelling
        try:
            found = path.is_file()
        except (OSError, ValueError):  # too long a name, or a null character
            found = False
        if found:
            if path.suffix.lower() not in IMAGE_SUFFIXES:
                raise InputError(f"“{text}” is not a kind of image that Sightline reads.")
            return path.parent.resolve() / path.name if ".." in path.parts else path
    raise InputError(f"There is no image “{text}”.")


def _spellings(text: str) -> Iterable[str]:
    """Yield a path as it is, then as other systems may have written it."""
    spellings = [text, text.strip()]
    if os.sep != "\\":
        spellings += [one.replace("\\", "/") for one in spellings]
    spellings += [unicodedata.normalize(form, one) for form in ("NFC", "NFD") for one in spellings]
    return dict.fromkeys(spellings)


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or UTF-16 with its mark; raises InputError for anything else."""
    try:
        data = path.read_bytes()
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"“{path}” cannot be read ({error.strerror or error}).", "Choose another file.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"“{path.name}” is not text in UTF-8.", "Save it again in the encoding UTF-8.", str(error)
        ) from error
