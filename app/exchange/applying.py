"""Write what was understood into a project: images that are new, then everything that is said of them as one edit."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from app.dataset.scan import Skipped
from app.errors import InputError
from app.exchange.preview import Entry, Preview
from app.project.importing import OnCount
from app.project.project import Project
from app.project.records import Annotation


@dataclass(frozen=True)
class Prepared:
    """What an import will say of which images, now that all that can be are in the project."""

    title: str
    annotations: tuple[Annotation, ...]
    added: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Applied:
    """How many images were added, and how many got other labels, parts, groups or exclusion than they had."""

    images: int
    added: int
    changed: int
    skipped: tuple[Skipped, ...]


def apply(project: Project, preview: Preview, on_count: OnCount, cancel: threading.Event) -> Applied:
    """Import into a project; one undo takes everything back but the images themselves, which stay unlabelled.

    Raises InputError where images are still to be downloaded, and Cancelled before any label is written.
    """
    prepared = prepare(project, preview, on_count, cancel)
    changed = project.edits.annotate(prepared.title, prepared.annotations)
    return Applied(len(prepared.annotations), prepared.added, changed, prepared.skipped)


def prepare(project: Project, preview: Preview, on_count: OnCount, cancel: threading.Event) -> Prepared:
    """Add the images that are new, unlabelled, and return what is to be said of all; that is one edit, and quick."""
    if preview.downloads:
        raise InputError("These images are still to be downloaded.", "Name a folder to download them into.")
    known = _known(project)
    new = [entry for entry in preview.entries if _find(known, entry) is None]
    added = 0
    skipped: list[Skipped] = []
    for folder, names in _by_source(new, preview.folder, project.sources()).items():
        result = project.add_images(folder, names, on_count, cancel)
        added += result.added
        skipped += result.skipped
    if new:
        known = _known(project)
    found = [(_find(known, entry), entry) for entry in preview.entries]
    annotations = tuple(
        Annotation(key, entry.labels, entry.split, entry.group, entry.excluded, preview.origin)
        for key, entry in found
        if key is not None
    )
    return Prepared(f"Import {preview.path.name}", annotations, added, tuple(skipped))


def _known(project: Project) -> dict[Path, int]:
    return {row.path: row.id for row in project.images()}


def _find(known: dict[Path, int], entry: Entry) -> int | None:
    found = known.get(entry.path)
    return known.get(entry.path.resolve()) if found is None else found


def _by_source(entries: list[Entry], folder: Path | None, sources: list[Path]) -> dict[Path, list[str]]:
    """Put images under the nearest folder that the project knows, else under the one that holds them all."""
    orphans = [entry.path for entry in entries if not any(entry.path.is_relative_to(one) for one in sources)]
    shared = folder or _shared(orphans)
    candidates = sorted([*sources, *([shared] if shared else [])], key=lambda one: -len(one.parts))
    groups: dict[Path, list[str]] = {}
    for entry in entries:
        source = next((one for one in candidates if entry.path.is_relative_to(one)), entry.path.parent)
        groups.setdefault(source, []).append(entry.path.relative_to(source).as_posix())
    return groups


def _shared(paths: list[Path]) -> Path | None:
    """Return the folder that holds all of these; None where that is a whole disk, or there are several or none."""
    try:
        shared = Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError:
        return None
    return None if shared == Path(shared.anchor) else shared
