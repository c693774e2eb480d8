"""Which images are shown, in which order, and how many there are of each kind."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.project.records import FOLDER, HUMAN, SUGGESTED, ImageRow

ALL, UNLABELLED, EXCLUDED, UNREADABLE = "all", "unlabelled", "excluded", "unreadable"
FROM_FOLDER, BY_HAND, ACCEPTED, SEVERAL = "from folder", "by hand", "accepted", "several"
TRAIN, VALIDATION, TEST = "train", "validation", "test"

KINDS: dict[str, Callable[[ImageRow], bool]] = {
    ALL: lambda row: True,
    UNLABELLED: lambda row: not row.class_ids and not row.excluded,
    EXCLUDED: lambda row: row.excluded,
    UNREADABLE: lambda row: row.problem is not None,
    FROM_FOLDER: lambda row: row.origin == FOLDER,
    BY_HAND: lambda row: row.origin == HUMAN,
    ACCEPTED: lambda row: row.origin == SUGGESTED,
    SEVERAL: lambda row: len(row.class_ids) > 1,
    TRAIN: lambda row: row.split == TRAIN,
    VALIDATION: lambda row: row.split == VALIDATION,
    TEST: lambda row: row.split == TEST,
}

BY_FOLDER, BY_NAME, NEWEST, OLDEST = "folder", "name", "newest", "oldest"
SORTS: dict[str, Callable[[ImageRow], object] | None] = {
    BY_FOLDER: None,  # as they come
    BY_NAME: lambda row: row.path.name.casefold(),
    NEWEST: lambda row: -row.modified_ns,
    OLDEST: lambda row: row.modified_ns,
}


@dataclass(frozen=True)
class Filter:
    """A kind or a class, and a text in the path; `sort` is one of SORTS.

    `listed` are ids of images to choose from in an order of their own, such as what the assistant found.
    """

    kind: str = ALL
    class_id: int | None = None
    text: str = ""
    sort: str = BY_FOLDER
    listed: tuple[int, ...] | None = None

    def taken(self, rows: Mapping[int, ImageRow]) -> list[ImageRow]:
        """Return the images to show; fast enough for a hundred thousand images at each letter typed."""
        if self.listed is not None:
            return list(self._passed(rows[key] for key in self.listed if key in rows))
        found = list(self._passed(rows.values()))
        key = SORTS[self.sort]
        return found if key is None else sorted(found, key=key)  # type: ignore[arg-type]

    def _passed(self, rows: Iterable[ImageRow]) -> Iterable[ImageRow]:
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
