"""Reads the images of a project in the background; the window does nothing but show the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.project.project import Project
from app.project.records import ImageRow
from ui.garbage import collection_paused
from ui.image_filter import count_kinds

SOME = 500  # images read at once; between two portions the window may read and write


@dataclass(frozen=True)
class Images:
    """All images of a project by their ids, in the order they are shown, and how many are of each kind."""

    rows: dict[int, ImageRow]
    counts: dict[str, int]
    cache: Path


def load_images(project: Project) -> Images:
    """Read all images."""
    with collection_paused(keep=True):
        rows = {row.id: row for row in project.images()}
        return Images(rows, count_kinds(rows.values()), project.cache)


def reload_images(project: Project, image_ids: Sequence[int]) -> Images:
    """Read the same images again, after an edit; keeps their order."""
    with collection_paused(keep=True):
        rows: dict[int, ImageRow | None] = dict.fromkeys(image_ids)
        for start in range(0, len(image_ids), SOME):
            rows.update((row.id, row) for row in project.images_of(image_ids[start : start + SOME]))
        known = {key: row for key, row in rows.items() if row is not None}
        return Images(known, count_kinds(known.values()), project.cache)
