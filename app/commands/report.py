"""What every command returns, and what every one asks for."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.dataset.scan import Skipped
from app.errors import Cancelled
from app.project.records import Measured

LISTED = 20  # skipped files named on the terminal


@dataclass(frozen=True)
class Report:
    """A command's result: words for a person, values for a script."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)


class Lazy(list[Any]):
    """A list of values for a script that are made one by one while they are written; json takes lists alone."""

    def __init__(self, size: int, make: Callable[[int], Any]):
        super().__init__()
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self._make(at) for at in range(self._size))


def stop_if(cancel: threading.Event) -> None:
    """Raise Cancelled if the command is to stop."""
    if cancel.is_set():
        raise Cancelled


def measured_words(figure: Measured | None) -> str:
    """Say how many of some images were right, with the interval."""
    if figure is None:
        return "no images."
    low, high = figure.interval
    return f"{figure.share:.1%} of {figure.images} images right ({low:.1%} to {high:.1%})."


def skipped_values(skipped: Sequence[Skipped]) -> dict[str, Any]:
    """Return the files that were skipped as values for a script."""
    files = [{"path": str(one.path), "reason": one.reason} for one in skipped]
    return {"skipped": len(files), "skipped_files": files}


def with_skipped(text: str, skipped: Sequence[Skipped]) -> str:
    """Return a text with the files that were skipped below it."""
    if not skipped:
        return text
    lines = [
        f"{len(skipped)} files were skipped:",
        *(f"  {one.path}: {one.reason}" for one in skipped[:LISTED]),
    ]
    if len(skipped) > LISTED:
        lines.append(f"  … and {len(skipped) - LISTED} more (all of them with --json).")
    return "\n".join([text, *lines])
