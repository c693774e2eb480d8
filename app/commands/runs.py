"""The command that lists the runs of a project, and keeps stars and notes on them: runs."""

import argparse
import threading
from dataclasses import asdict
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.errors import InputError
from app.project.project import Project
from app.project.records import Measured, RunRow
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("runs", runs, "list the runs of a project; star, note or delete one")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--star", metavar="RUN", type=int, help="mark a run as one that matters")
    parser.add_argument("--unstar", metavar="RUN", type=int, help="take the mark away")
    parser.add_argument("--note", metavar=("RUN", "TEXT"), nargs=2, help="keep words on a run; empty takes them away")
    parser.add_argument("--delete", metavar="RUN", type=int, help="remove a run with its model, but no image")
    parser.add_argument("--yes", action="store_true", help="delete without being asked")


def runs(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Do what is asked for, then list what there is."""
    with Project.open(options.project.expanduser()) as project:
        if options.star is not None:
            project.run_log.set_starred(options.star, True)
        if options.unstar is not None:
            project.run_log.set_starred(options.unstar, False)
        if options.note is not None:
            number, text = options.note
            project.run_log.set_note(_number(number), text)
        if options.delete is not None:
            _delete(project, options.delete, options.yes)
        rows = project.runs()
    text = "\n".join(_words(row) for row in rows) or "There are no runs yet."
    return Report(text, {"runs": [asdict(row) for row in rows]})


def _delete(project: Project, number: int, sure: bool) -> None:
    run = project.run_log.one(number)
    if not sure:
        model = "its model and figures" if run.state == "done" else "what is left of it"
        raise InputError(
            f"Run {number} was not deleted: {model} would be gone for good.", "Add --yes to delete it. No image is."
        )
    project.run_log.delete(number)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"“{text}” is no number of a run.", "Write --note RUN TEXT.") from None


def _words(run: RunRow) -> str:
    test = None if run.accuracy is None or run.interval is None else (run.accuracy, run.interval)
    parts = [
        f"{'*' if run.starred else ' '}{run.number:>4}  {run.state:<9} {run.preset or run.engine:<9} {run.data:<8}",
        f"validation {_share(run.validation)}",
        f"test {_share(test and Measured(*test, run.images or 0))}",
        run.created[:16].replace("T", " "),
        "" if run.seconds is None else f"{run.seconds:,.0f} s",
        run.reason,
        f"“{run.note}”" if run.note else "",
    ]
    return "  ".join(part for part in parts if part)


def _share(figure: Measured | None) -> str:
    if figure is None:
        return f"{'–':<23}"
    low, high = figure.interval
    return f"{f'{figure.share:.1%} ({low:.1%} to {high:.1%})':<23}"
