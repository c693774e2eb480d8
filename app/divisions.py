"""How a project's images are divided for training: their groups, and the parts they were in before."""

from collections.abc import Sequence
from pathlib import Path

from app.dataset.grouping import TIME, Grouping, group_names
from app.dataset.taken import time_taken
from app.engines.snapshot import SPEC_FILE, SPLIT_FILE, read_snapshot, read_split
from app.errors import EngineError
from app.parallel import map_in_order
from app.project.project import Project
from app.project.records import DONE, ImageRow

LEAKS_NAMED = 5


def groups_of(grouping: Grouping, rows: Sequence[ImageRow]) -> dict[int, tuple[str, ...]]:
    """Return the names of the groups of each image, by its id: the user's own, and that of the project's grouping."""
    times = list(map_in_order(time_taken, [row.path for row in rows])) if grouping.by == TIME else [None] * len(rows)
    derived = group_names([row.path.as_posix() for row in rows], times, grouping)
    return {
        row.id: (
            *((f"own {row.group}",) if row.group else ()),
            *((f"{grouping.by} {name}",) if name is not None else ()),
        )
        for row, name in zip(rows, derived, strict=True)
    }


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
