"""The command that cross-validates a project."""

import argparse
import threading
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.cross_validation import cross_validate, result_folder
from app.project.project import Project
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("cross-validate", run, "measure the quick engine on every labelled image, each out of fold")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")


def run(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Predict every labelled image by models that saw neither it nor its group."""
    with Project.open(options.project.expanduser()) as project:
        evaluation = cross_validate(project, options.seed, progress, cancel)
        folder = result_folder(project)
    low, high = evaluation.interval
    text = (
        f"{evaluation.accuracy:.1%} of {evaluation.images:,} images right (95% interval {low:.1%} to {high:.1%}).\n"
        f"{evaluation.protocol}"
    )
    values = {
        "accuracy": evaluation.accuracy,
        "interval": [low, high],
        "macro_f1": evaluation.macro_f1,
        "images": evaluation.images,
        "folder": str(folder),
        "protocol": evaluation.protocol,
    }
    return Report(text, values)
