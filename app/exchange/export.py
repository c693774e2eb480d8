"""What is exported of a project, and the target it is written to: whole, or not at all."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.errors import Cancelled, InputError
from app.exchange.preview import Problem
from app.project.project import Project

OnCount = Callable[[int, int], None]
REPORT_EVERY = 100


@dataclass(frozen=True)
class Item:
    """An image of the project with what is known of it."""

    path: Path
    name: str
    labels: tuple[str, ...]
    split: str | None
    group: str | None
    excluded: bool


@dataclass(frozen=True)
class Exported:
    """Where it was written, how many images, and what was left out or spelled differently."""

    path: Path
    images: int
    problems: tuple[Problem, ...]


class Progress:
    """Counts what is written, notes what is not, and stops where the user asked to."""

    def __init__(self, total: int, on_count: OnCount, cancel: threading.Event):
        self.problems: list[Problem] = []
        self.left_out = 0
        self._total = total
        self._on_count = on_count
        self._cancel = cancel
        self._done = 0

    def step(self) -> None:
        """One more is done; raises Cancelled."""
        if self._cancel.is_set():
            raise Cancelled
        self._done += 1
        if self._done % REPORT_EVERY == 0 or self._done == self._total:
            self._on_count(self._done, self._total)

    def leave_out(self, item: Item, reason: str) -> None:
        """Note why an image is not written."""
        self.left_out += 1
        self.problems.append(Problem(item.name, reason))


def items_of(project: Project) -> list[Item]:
    """Return the images of a project, labels by name and in the order of the classes."""
    names = {row.id: row.name for row in project.classes()}
    order = {key: place for place, key in enumerate(names)}
    return [
        Item(
            row.path,
            row.name,
            tuple(names[key] for key in sorted(row.class_ids, key=order.__getitem__)),
            row.split,
            row.group,
            row.excluded,
        )
        for row in project.images()
    ]


def present(items: Sequence[Item], problems: list[Problem]) -> list[Item]:
    """Return the images whose files are there, and note the others."""
    found = []
    for item in items:
        if item.path.is_file():
            found.append(item)
        else:
            problems.append(Problem(item.name, "The file is no longer there."))
    return found


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as seen from a resolved folder, with slashes; the whole path if they are on different disks."""
    try:
        text = os.path.relpath(path, folder)
    except ValueError:
        text = str(path)
    return text.replace(os.sep, "/")


def check_new_file(target: Path) -> None:
    """Raise InputError where something is in the way of a new file."""
    if target.exists():
        raise InputError(f"There is already “{target}”.", "Nothing was changed. Choose another name.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder “{target.parent}”.", "Make it first, or choose another place.")


@contextmanager
def new_folder(target: Path, sources: Sequence[Path]) -> Iterator[Path]:
    """Give a folder to write into that becomes `target` when the block ends well, and is removed otherwise.

    Raises InputError where the target is not empty, lies in a folder of images, or cannot be made.
    """
    target = target.absolute()
    if any(target.resolve().is_relative_to(source) for source in sources):
        raise InputError(
            f"“{target}” lies in a folder of images: the copies would be taken for more of them.",
            "Choose a folder elsewhere.",
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"“{target}” is not empty.", "Nothing was changed. Choose a new or an empty folder.")
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        part.mkdir(parents=True)
        yield part
        if target.exists():
            target.rmdir()
        part.rename(target)
    except OSError as error:
        raise InputError(
            f"“{target}” could not be written ({error.strerror or error}).", "Check its disk.", str(error)
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
