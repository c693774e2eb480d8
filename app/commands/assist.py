"""Commands that help with labelling."""

import argparse
import threading
from pathlib import Path

from app.assist.analysis import analyse
from app.assist.order import ORDERS
from app.assist.suggest import Suggester
from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.project.project import Project
from app.terminal import ProgressLine

LISTED = 20


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    parser = add("suggest", suggest, "suggest labels for the unlabelled images of a project")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--order", choices=list(ORDERS), default="uncertainty", help="default: uncertainty")
    parser.add_argument(
        "--number", metavar="N", type=_count, default=LISTED, help=f"images to list (default: {LISTED})"
    )
    parser.add_argument(
        "--accept",
        metavar="CONFIDENCE",
        type=_share,
        help="label all images whose suggestion is at least so sure, from 0 to 1; it can be undone",
    )


def suggest(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List suggested labels, and accept the surest if asked to."""
    with Project.open(options.project.expanduser()) as project:
        analysis = analyse(project, progress, cancel)
        suggester = Suggester(analysis.features)
        suggestions = suggester.suggest(analysis.labels())
        unlabelled = analysis.unlabelled()
        names = {row.id: row.name for row in project.classes()}
        classes, confidence = suggestions.classes, suggestions.confidence
        accepted = 0
        if options.accept is not None:
            sure = [position for position in unlabelled if confidence[position] >= options.accept]
            pairs = [(int(analysis.ids[position]), int(classes[position])) for position in sure]
            accepted = project.edits.accept_suggestions(pairs)
    listed = ORDERS[options.order](suggestions, suggester.coordinates, unlabelled)[: options.number]
    found = [
        {
            "path": str(analysis.images[position].path),
            "label": names[int(classes[position])],
            "confidence": round(float(confidence[position]), 6),
        }
        for position in listed
    ]
    lines = [f"{one['path']}: {one['label']} ({one['confidence']:.1%})" for one in found]
    lines.append(f"{len(unlabelled)} images had no label; {accepted} were labelled as suggested.")
    return Report("\n".join(lines), {"suggestions": found, "unlabelled": len(unlabelled), "accepted": accepted})


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError("this is a whole number, 0 or more")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a confidence is a number from 0 to 1")
    return share
