"""Which images are shown, and how many there are of each kind."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.project.records import ImageRow

ALL, UNLABELLED, EXCLUDED, UNREADABLE = "all", "unlabelled", "excluded", "unreadable"

KINDS: dict[str, Callable[[ImageRow], bool]] = {
    ALL: lambda row: True,
    UNLABELLED: lambda row: not row.class_ids and not row.excluded,
    EXCLUDED: lambda row: row.excluded,
    UNREADABLE: lambda row: row.problem is not None,
}


@dataclass(frozen=True)
class Filter:
    """A kind or a class, and a text in the path."""

    kind: str = ALL
    class_id: int | None = None
    text: str = ""

    def taken(self, rows: Iterable[ImageRow]) -> Iterable[ImageRow]:
        """Leave out what is not shown; fast enough for a hundred thousand images at each letter typed."""
        if self.class_id is not None:
            rows = (row for row in rows if self.class_id in row.class_ids)
        elif self.kind != ALL:
            rows = filter(KINDS[self.kind], rows)
        if self.text:
            wanted = self.text.casefold()
            rows = (row for row in rows if wanted in row.name.casefold())
        return rows


def kinds_of(row: ImageRow) -> list[str]:
    """Return the kinds that an image is of."""
    return [kind for kind, takes in KINDS.items() if takes(row)]


def count_kinds(rows: Iterable[ImageRow]) -> Counter[str]:
    """Return how many images there are of each kind."""
    counts = Counter(dict.fromkeys(KINDS, 0))
    for row in rows:
        counts.update(kinds_of(row))
    return counts
