"""Which images belong together, apart from near-duplicates: by folder, by a part of the name, or by time taken."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from app.errors import InputError

NOTHING, FOLDER, PATTERN, TIME = "nothing", "folder", "pattern", "time"
WAYS = (NOTHING, FOLDER, PATTERN, TIME)
GAP_SECONDS = 60.0


@dataclass(frozen=True)
class Grouping:
    """How images are grouped beside near-duplicates and the user's own groups, which always count.

    `pattern` is a regular expression searched for in the file's name; its first group, or all it finds, is the
    group's name. `gap_seconds` between two photos begins a new group.
    """

    by: str = NOTHING
    pattern: str = ""
    gap_seconds: float = GAP_SECONDS

    def to_json(self) -> dict[str, Any]:
        """Return the value to store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Grouping":
        """Read a stored value; raises KeyError or TypeError for anything else."""
        return cls(str(value["by"]), str(value["pattern"]), float(value["gap_seconds"]))

    def check(self) -> None:
        """Raise InputError for a way that is not one of WAYS, a pattern that is none, or a gap below 0."""
        if self.by not in WAYS:
            raise InputError(f"Images cannot be grouped by “{self.by}”.", f"Choose one of: {', '.join(WAYS)}.")
        if self.by == PATTERN:
            _compiled(self.pattern)
        if not 0 <= self.gap_seconds < float("inf"):
            raise InputError("The time between two groups must be a number of seconds.", "Give one such as 60.")


def group_names(names: Sequence[str], times: Sequence[datetime | None], grouping: Grouping) -> list[str | None]:
    """Return the group of each image, or None where it has none.

    `names` are paths with forward slashes that begin with the source, `times` when each photo was taken (needed for
    groups by time alone). Raises InputError like `Grouping.check`.
    """
    grouping.check()
    if grouping.by == FOLDER:
        return [str(PurePosixPath(name).parent) for name in names]
    if grouping.by == PATTERN:
        pattern = _compiled(grouping.pattern)
        return [_found(pattern, PurePosixPath(name).name) for name in names]
    if grouping.by == TIME:
        return _by_time(times, grouping.gap_seconds)
    return [None] * len(names)


def join_groups(groups: Iterable[int], names: Sequence[Sequence[str]]) -> list[int]:
    """Put images [N] that share a name into one group with all of theirs; number from 0 by first appearance.

    `groups` [N] are the groups before, such as near-duplicates; `names` are those of each image. What comes out is
    closed: where A is with B and B with C, all three are together.
    """
    root: dict[tuple[str, object], tuple[str, object]] = {}

    def find(key: tuple[str, object]) -> tuple[str, object]:
        while (above := root.setdefault(key, key)) != key:
            root[key] = root[above]
            key = above
        return key

    before = list(groups)
    for group, own in zip(before, names, strict=True):
        for name in own:
            root[find(("name", name))] = find(("group", group))
    numbers: dict[tuple[str, object], int] = {}
    return [numbers.setdefault(find(("group", one)), len(numbers)) for one in before]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        if pattern:
            return re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"“{pattern}” is not a pattern.", "It is a regular expression, such as ^(\\d+)_.", str(error)
        ) from error
    raise InputError("There is no pattern.", "Give a regular expression, such as ^(\\d+)_ for 12_left.jpg.")


def _found(pattern: re.Pattern[str], name: str) -> str | None:
    match = pattern.search(name)
    if match is None:
        return None
    return match.group(1) if pattern.groups else match.group()


def _by_time(times: Sequence[datetime | None], gap_seconds: float) -> list[str | None]:
    """Begin a new group, named by its first time, wherever two photos in the order of time are further apart."""
    taken = sorted({time for time in times if time is not None})
    first: dict[datetime, str] = {}
    before: datetime | None = None
    name = ""
    for time in taken:
        if before is None or (time - before).total_seconds() > gap_seconds:
            name = time.isoformat()
        first[time] = name
        before = time
    return [None if time is None else first[time] for time in times]
