"""The command that says which images are kept together: groups."""

import argparse
import threading
from collections import Counter
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.dataset.grouping import GAP_SECONDS, NOTHING, PATTERN, TIME, WAYS, Grouping
from app.divisions import groups_of
from app.errors import InputError
from app.exchange.applying import prepare
from app.exchange.importers import understand
from app.project.project import Project
from app.project.records import Annotation
from app.terminal import ProgressLine

LISTED = 5


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("groups", groups, "choose which images are never divided between training and testing, or show it")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--by", choices=WAYS, help="what the images of a group have in common")
    parser.add_argument("--pattern", metavar="REGEX", default="", help="part of the file's name, for --by pattern")
    parser.add_argument(
        "--gap", metavar="SECONDS", type=float, default=GAP_SECONDS, help="between groups, for --by time (default: 60)"
    )
    parser.add_argument("--csv", metavar="FILE", type=Path, help="table with the columns image and group")


def groups(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Store how images are grouped, and count the groups."""
    with Project.open(options.project.expanduser()) as project:
        if options.by is not None:
            project.set_grouping(Grouping(options.by, options.pattern if options.by == PATTERN else "", options.gap))
        named = 0 if options.csv is None else _read_groups(project, options.csv.expanduser(), progress, cancel)
        grouping, rows = project.grouping, project.images()
        counts = Counter(name for names in groups_of(grouping, rows).values() for name in names)
    details = {PATTERN: f" “{grouping.pattern}”", TIME: f", {grouping.gap_seconds:g} s apart"}.get(grouping.by, "")
    lines = ["Near-duplicates are always kept together."]
    if grouping.by != NOTHING:
        lines.append(f"So are images by {grouping.by}{details}.")
    largest = [{"group": name.partition(" ")[2], "images": count} for name, count in counts.most_common(LISTED)]
    lines.append(
        f"{len(counts):,} groups with {sum(counts.values()):,} images; the largest:" if counts else "No groups."
    )
    lines += [f"  {one['group']}: {one['images']}" for one in largest]
    values = {**grouping.to_json(), "groups": len(counts), "images": len(rows), "largest": largest, "named": named}
    return Report("\n".join(lines), values)


def _read_groups(project: Project, file: Path, progress: ProgressLine, cancel: threading.Event) -> int:
    """Take the column `group` of a table into the project, as one edit, and nothing else of it."""
    preview = understand(file, None, cancel)
    if not preview.groups:
        raise InputError(f"“{file.name}” has no column of groups.", "Its first line should read image,group.")
    prepared = prepare(project, preview, progress.count, cancel)
    own = [Annotation(one.image_id, group=one.group) for one in prepared.annotations if one.group is not None]
    return project.edits.annotate(f"Groups of {file.name}", own)
