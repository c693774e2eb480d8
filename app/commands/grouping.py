"""The command that says which images are kept together: groups."""

import argparse
import threading
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.dataset.grouping import GAP_SECONDS, NOTHING, PATTERN, TIME, WAYS, Grouping
from app.divisions import leak_words, overview
from app.exchange.own_groups import edit_title, read_groups
from app.leaks import find_leaks
from app.project.project import Project
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
    parser = add("leaks", leaks, "name test images of your own that are also trained on, or as good as that")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")


def groups(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Store how images are grouped, and count the groups."""
    with Project.open(options.project.expanduser()) as project:
        if options.by is not None:
            project.set_grouping(Grouping(options.by, options.pattern if options.by == PATTERN else "", options.gap))
        named = 0
        if options.csv is not None:
            file = options.csv.expanduser()
            annotations = read_groups(project, file, progress.count, cancel)
            named = project.edits.annotate(edit_title(file), annotations)
        grouping = project.grouping
        found = overview(grouping, project.images())
    details = {PATTERN: f" “{grouping.pattern}”", TIME: f", {grouping.gap_seconds:g} s apart"}.get(grouping.by, "")
    lines = ["Near-duplicates are always kept together."]
    if grouping.by != NOTHING:
        lines.append(f"So are images by {grouping.by}{details}.")
    largest = [{"group": one.name, "images": one.images} for one in found.groups[:LISTED]]
    together = sum(one.images for one in found.groups)
    lines.append(f"{len(found.groups):,} groups with {together:,} images; the largest:" if together else "No groups.")
    lines += [f"  {one['group']}: {one['images']}" for one in largest]
    values = {
        **grouping.to_json(),
        "groups": len(found.groups),
        "images": found.images,
        "largest": largest,
        "named": named,
    }
    return Report("\n".join(lines), values)


def leaks(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Look across the division that training would make."""
    with Project.open(options.project.expanduser()) as project:
        own = project.has_own_test_part
        found = find_leaks(project, options.seed, progress, cancel)
    pairs = [[str(one.trained), str(one.tested.path)] for one in found]
    if pairs:
        text = "\n".join([leak_words(pairs), *(f"  {tested}: {trained}" for trained, tested in pairs)])
    elif own:
        text = "No test image has a near-duplicate or a member of its group among the training images."
    else:
        text = "There is no test part of your own; Sightline's own division keeps every group on one side."
    return Report(text, {"leaks": pairs, "own_test_part": own})
