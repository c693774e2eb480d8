"""Make a picture part of the data set with its right label: one that was predicted wrongly teaches the next model."""

import threading
from dataclasses import dataclass
from pathlib import Path

from app.dataset.decode import read_image
from app.dataset.scan import file_digest
from app.errors import InputError
from app.files import cache_folder
from app.project.kept import keep
from app.project.project import Project
from app.project.records import Annotation


@dataclass(frozen=True)
class Correction:
    """What became of a picture: where the project has it, and whether it was new, and copied."""

    path: Path
    label: str
    added: bool
    copied: bool


def correct(project: Project, path: Path, label: str, copy: bool = False) -> Correction:
    """Give a picture its right label, as an edit that can be undone; a class that is missing is made.

    A picture that the project has already, by place or content, is labelled anew. A new one is added: where it lies,
    or as a copy in the project folder if asked for, or if it lies in the cache. Undoing takes the label away again, and
    the picture stays, unlabelled. Raises InputError, with nothing labelled, for one that cannot be read.
    """
    path = path.absolute()
    read_image(path)
    digest = file_digest(path)
    keys = _known(project, path, digest)
    added = not keys
    copied = added and (copy or path.is_relative_to(cache_folder()))
    if added:
        path = keep(project.folder.absolute(), path, digest) if copied else path
        source = _source_of(project, path)
        name = path.relative_to(source).as_posix()
        project.add_images(source, [name], lambda done, total: None, threading.Event())
        keys = _known(project, path, digest)
    if not keys:
        raise InputError(f"“{path.name}” could not be added to the project.", "Check that the file can be read.")
    annotations = [Annotation(key, (label,), excluded=False) for key in keys]
    project.edits.annotate(f"{path.name} → {label.strip()}", annotations)
    return Correction(path, label.strip(), added, copied)


def _known(project: Project, path: Path, digest: str) -> list[int]:
    """Return the images at this place, or with this content: copies of one picture get one label."""
    keys = project.store.rows("SELECT id FROM images WHERE digest = ?", [digest])
    for source in project.sources():
        if path.is_relative_to(source):
            keys += project.store.rows(
                "SELECT images.id FROM images JOIN sources ON sources.id = source_id WHERE folder = ? AND name = ?",
                [str(source), path.relative_to(source).as_posix()],
            )
    return sorted({key for (key,) in keys})


def _source_of(project: Project, path: Path) -> Path:
    """Return the folder of the project that a file lies in, or its own."""
    above = [source for source in project.sources() if path.is_relative_to(source)]
    return max(above, key=lambda source: len(source.parts), default=path.parent)
