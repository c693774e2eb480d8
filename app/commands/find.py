"""Commands that find images: similar ones, copies, likely label errors, and what is wrong with images."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.assist.analysis import Analysis, analyse
from app.assist.duplicates import DuplicateGroup, find_duplicates
from app.assist.findings import CHECKS, Check, Findings, find
from app.assist.label_errors import find_label_errors
from app.assist.similar import most_similar
from app.assist.suggest import UNLABELLED
from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.dataset.appearance import APPEARANCE
from app.errors import InputError
from app.features.duplicates import group_near_duplicates
from app.project.project import Project
from app.project.records import ImageRow
from app.terminal import ProgressLine

SIMILAR, ERRORS = 20, 50  # images listed unless the user says otherwise


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    parser = add("similar", similar, "list the images of a project that are most like one of them")
    _add_project(parser)
    parser.add_argument("image", metavar="IMAGE", type=Path, help="image of the project: its path or its name")
    _add_number(parser, SIMILAR)
    parser = add("duplicates", duplicates, "list copies of the same photo, also resized and compressed ones")
    _add_project(parser)
    parser.add_argument("--exclude", action="store_true", help="keep one of each group and exclude the others")
    parser = add("label-errors", label_errors, "list the labels that are likely wrong, the most suspicious first")
    _add_project(parser)
    _add_number(parser, ERRORS)
    parser = add("findings", findings, "list images that are blurred, dark, tiny or otherwise unfit")
    _add_project(parser)
    parser.add_argument("--check", metavar="NAME", choices=list(CHECKS), help=f"only one of {', '.join(CHECKS)}")
    parser.add_argument("--limit", metavar="X", type=float, help="score from which it is a finding; needs --check")


def similar(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List the images most like one."""
    with Project.open(options.project.expanduser()) as project:
        analysis = analyse(project, progress, cancel)
        found = most_similar(analysis.features, [_position(analysis, options.image)], options.number)
    results = [
        {"path": str(analysis.images[position].path), "similarity": round(cosine, 4)}
        for position, cosine in zip(found.positions.tolist(), found.cosines.tolist(), strict=True)
    ]
    lines = [f"{one['similarity']:.3f} {one['path']}" for one in results]
    return Report("\n".join(lines) or "There is no other image.", {"results": results})


def duplicates(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List groups of copies; with `--exclude`, exclude all but one of each as one edit."""
    with Project.open(options.project.expanduser()) as project:
        analysis = analyse(project, progress, cancel, measured=True)
        groups = _duplicate_groups(analysis)
        others = [analysis.images[position].id for group in groups for position in group.others]
        if options.exclude:
            project.edits.set_excluded(others, True)
    lines = [line for group in groups for line in _group_lines(group, analysis.images)]
    copies = f"{len(others)} {'copy' if len(others) == 1 else 'copies'} in {len(groups)} groups"
    excluded = ", excluded now (undo takes that back)" if options.exclude and others else ""
    values = {
        "groups": [_group_values(group, analysis.images) for group in groups],
        "copies": len(others),
        "excluded": len(others) if options.exclude else 0,
    }
    return Report("\n".join([*lines, f"{copies}{excluded}."]) if others else "No photo is there twice.", values)


def label_errors(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List labels in the order in which a model that did not see them doubts them."""
    with Project.open(options.project.expanduser()) as project:
        analysis = analyse(project, progress, cancel)
        names = {row.id: row.name for row in project.classes()}
    labels = analysis.labels()
    positions = np.flatnonzero(labels != UNLABELLED)
    ids, given = np.unique(labels[positions], return_inverse=True)
    features = analysis.features[positions]
    pictures = analysis.appearances()["picture"][positions]
    groups = group_near_duplicates(analysis.hashes[positions], features, pictures)
    found = find_label_errors(features, given, groups)
    if not len(found.order):
        raise InputError("There are too few labels to doubt one.", "Label at least two images in each of two classes.")
    results = [
        {
            "path": str(analysis.images[positions[one]].path),
            "label": names[int(ids[given[one]])],
            "likely": names[int(ids[found.likely[one]])],
            "probability": round(float(found.given[one]), 4),
        }
        for one in found.order[: options.number].tolist()
    ]
    lines = [
        f"{one['path']}: {one['label']} ({one['probability']:.1%}), rather {one['likely']}"
        if one["likely"] != one["label"]
        else f"{one['path']}: {one['label']} ({one['probability']:.1%})"
        for one in results
    ]
    return Report("\n".join(lines), {"results": results, "judged": len(found.order)})


def findings(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List what the checks find."""
    if options.limit is not None and options.check is None:
        raise InputError("A limit belongs to one check.", f"Add --check with one of: {', '.join(CHECKS)}.")
    with Project.open(options.project.expanduser()) as project:
        if any(row.problem is None for row in project.images()):
            analysis = analyse(project, progress, cancel, measured=True)
            known = dict(zip(analysis.ids.tolist(), analysis.appearances(), strict=True))
        else:
            known = {}
        images = project.images()
    appearances = np.zeros(len(images), APPEARANCE)
    for position, row in enumerate(images):
        appearances[position] = known.get(row.id, appearances[position])
    unreadable = np.array([row.problem is not None for row in images], np.bool_)
    checks = [CHECKS[options.check]] if options.check else list(CHECKS.values())
    found = {check.name: find(check.name, appearances, unreadable, options.limit) for check in checks}
    lines = [line for check in checks for line in _finding_lines(check, found[check.name], images)]
    values = {"findings": [_finding_values(check, found[check.name], images, options.limit) for check in checks]}
    return Report("\n".join(lines) or "Nothing was found.", values)


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")


def _add_number(parser: argparse.ArgumentParser, number: int) -> None:
    parser.add_argument("--number", metavar="N", type=_positive, default=number, help=f"default: {number}")


def _positive(text: str) -> int:
    if not (text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("the number of images is 1 or more")
    return int(text)


def _position(analysis: Analysis, image: Path) -> int:
    """Return the position of an image given by its path, or by its name or the end of it where that is the only one."""
    path = image.expanduser().resolve()
    exact = [position for position, row in enumerate(analysis.images) if row.path == path]
    ending = [
        position
        for position, row in enumerate(analysis.images)
        if f"/{row.name}".endswith(f"/{image.as_posix().lstrip('/')}")
    ]
    found = exact or ending
    if not found:
        raise InputError(f"The project has no readable image “{image}”.", "Give its path.")
    if len(found) > 1:
        raise InputError(f"{len(found)} images of the project are called “{image}”.", "Give the path of one of them.")
    return found[0]


def _duplicate_groups(analysis: Analysis) -> tuple[DuplicateGroup, ...]:
    """Return the groups of copies among images that are not excluded, with positions in the analysis."""
    used = np.flatnonzero([not row.excluded for row in analysis.images])
    groups = find_duplicates(
        [analysis.images[position].digest for position in used.tolist()],
        analysis.hashes[used],
        analysis.features[used],
        analysis.appearances()[used],
        analysis.labels()[used],
    )
    return tuple(
        DuplicateGroup(tuple(used[list(group.positions)].tolist()), group.exact, group.labels_differ)
        for group in groups
    )


def _group_lines(group: DuplicateGroup, images: Sequence[ImageRow]) -> list[str]:
    notes = ["same content"] if group.exact else []
    notes += ["labels differ"] if group.labels_differ else []
    note = f" ({', '.join(notes)})" if notes else ""
    return [f"{images[group.keep].path}{note}", *(f"    {images[position].path}" for position in group.others)]


def _group_values(group: DuplicateGroup, images: Sequence[ImageRow]) -> dict[str, Any]:
    return {
        "keep": str(images[group.keep].path),
        "others": [str(images[position].path) for position in group.others],
        "exact": group.exact,
        "labels_differ": group.labels_differ,
    }


def _finding_lines(check: Check, found: Findings, images: Sequence[ImageRow]) -> list[str]:
    if not len(found.positions):
        return []
    lines = [f"{check.title}: {len(found.positions)} ({check.text})"]
    for position in found.positions.tolist():
        row = images[position]
        lines.append(f"    {row.path}: {row.problem or format(found.scores[position], '.3g')}")
    return lines


def _finding_values(check: Check, found: Findings, images: Sequence[ImageRow], limit: float | None) -> dict[str, Any]:
    return {
        "check": check.name,
        "limit": check.limit if limit is None else limit,
        "images": [
            {"path": str(images[position].path), "score": round(float(found.scores[position]), 4)}
            for position in found.positions.tolist()
        ],
    }
