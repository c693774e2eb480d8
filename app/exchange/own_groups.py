"""Groups of the user's own, such as patients, from a table with the columns image and group."""

import threading
from pathlib import Path

from app.errors import InputError
from app.exchange.applying import prepare
from app.exchange.importers import understand
from app.project.importing import OnCount
from app.project.project import Project
from app.project.records import Annotation


def read_groups(project: Project, file: Path, on_count: OnCount, cancel: threading.Event) -> list[Annotation]:
    """Read the column `group` of a table, and nothing else of it; the project is to be told by an edit.

    Raises InputError for a table without that column, and Cancelled.
    """
    preview = understand(file, None, cancel)
    if not preview.groups:
        raise InputError(f"“{file.name}” has no column of groups.", "Its first line should read image,group.")
    prepared = prepare(project, preview, on_count, cancel)
    return [Annotation(one.image_id, group=one.group) for one in prepared.annotations if one.group is not None]


def edit_title(file: Path) -> str:
    """Return what the edit that takes groups from a file is called."""
    return f"Groups of {file.name}"
