"""How a project's images are divided for training: their groups, and the parts they were in before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.dataset.grouping import TIME, Grouping, group_names, join_groups
from app.dataset.taken import time_taken
from app.engines.snapshot import SPEC_FILE, SPLIT_FILE, read_snapshot, read_split
from app.errors import EngineError
from app.parallel import map_in_order
from app.project.project import Project
from app.project.records import DONE, ImageRow

LEAKS_NAMED = 5
FILES_NAMED = 3  # of a group, in an overview


@dataclass(frozen=True)
class GroupSize:
    """A group by its name, how many images are in it, and the names of the first few files."""

    name: str
    images: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """How `images` fall into groups, the largest first; `grouped` of them are in one.

    `undivided` are the classes, by id, whose images are all in one group and so cannot be both trained and tested.
    """

    images: int
    grouped: int
    groups: tuple[GroupSize, ...]
    undivided: tuple[int, ...]


def groups_of(
    grouping: Grouping, rows: Sequence[ImageRow], taken: dict[Path, datetime | None] | None = None
) -> dict[int, tuple[str, ...]]:
    """Return the names of the groups of each image, by its id: the user's own, and that of the project's grouping.

    `taken` remembers when photos were taken, for the next time.
    """
    times = _times(rows, {} if taken is None else taken) if grouping.by == TIME else [None] * len(rows)
    derived = group_names([row.path.as_posix() for row in rows], times, grouping)
    return {
        row.id: (
            *((f"own {row.group}",) if row.group else ()),
            *((f"{grouping.by} {name}",) if name is not None else ()),
        )
        for row, name in zip(rows, derived, strict=True)
    }


def _times(rows: Sequence[ImageRow], taken: dict[Path, datetime | None]) -> list[datetime | None]:
    new = [row.path for row in rows if row.path not in taken]
    taken.update(zip(new, map_in_order(time_taken, new), strict=True))
    return [taken[row.path] for row in rows]


def overview(
    grouping: Grouping, rows: Sequence[ImageRow], taken: dict[Path, datetime | None] | None = None
) -> Overview:
    """Count the groups of images; raises InputError like `Grouping.check`."""
    found = groups_of(grouping, rows, taken)
    members: dict[str, list[str]] = {}
    for row in rows:
        for name in found[row.id]:
            members.setdefault(name, []).append(row.path.name)
    sizes = [
        GroupSize(name.partition(" ")[2], len(files), tuple(files[:FILES_NAMED])) for name, files in members.items()
    ]
    grouped = sum(bool(found[row.id]) for row in rows)
    return Overview(len(rows), grouped, tuple(sorted(sizes, key=lambda one: -one.images)), _undivided(rows, found))


def _undivided(rows: Sequence[ImageRow], found: Mapping[int, tuple[str, ...]]) -> tuple[int, ...]:
    labelled = [row for row in rows if len(row.class_ids) == 1 and not row.excluded and not row.problem]
    joined = join_groups(range(len(labelled)), [found[row.id] for row in labelled])
    of_class: dict[int, set[int]] = {}
    counts: Counter[int] = Counter()
    for row, group in zip(labelled, joined, strict=True):
        of_class.setdefault(row.class_ids[0], set()).add(group)
        counts[row.class_ids[0]] += 1
    return tuple(key for key, groups in of_class.items() if len(groups) == 1 and counts[key] > 1)


def parts_before(project: Project, seed: int) -> dict[str, str]:
    """Return the part of each image, by its content, in the newest finished run divided by this seed and grouping."""
    for run in project.runs():
        folder = project.run_folder(run.number)
        if run.state == DONE and (folder / SPEC_FILE).is_file() and (folder / SPLIT_FILE).is_file():
            try:
                snapshot, split = read_snapshot(folder), read_split(folder)
            except EngineError:
                continue
            grouping = snapshot.grouping or Grouping().to_json()
            if (snapshot.division_seed, grouping) == (seed, project.grouping.to_json()):
                pairs = zip(snapshot.images, split.parts, strict=True)
                return {image.digest: part for image, part in pairs if part is not None and image.split is None}
    return {}


def leak_words(leaks: Sequence[Sequence[str]]) -> str:
    """Say which test images are also trained on, or as good as that."""
    named = "; ".join(f"{Path(test).name} is like {Path(trained).name}" for trained, test in leaks[:LEAKS_NAMED])
    more = f"; and {len(leaks) - LEAKS_NAMED:,} more" if len(leaks) > LEAKS_NAMED else ""
    count = "1 test image has" if len(leaks) == 1 else f"{len(leaks):,} test images have"
    return f"{count} a near-duplicate or a member of the same group among the training images: {named}{more}."
