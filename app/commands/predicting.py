"""Commands that ask a model and correct it: predict, correct."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Lazy, Report, stop_if
from app.dataset.archive import original
from app.dataset.gathering import gather
from app.errors import InputError
from app.evaluation.rule import ACCEPTED
from app.export.answers import Answers, Result
from app.export.bundle import find_bundle
from app.export.journal import Journal
from app.export.sorting import sort_into
from app.export.table import write_table
from app.project.correcting import correct as correct_picture
from app.project.project import Project
from app.terminal import ProgressLine

REMEMBERED_AT_ONCE = 50  # answers; what is interrupted loses fewer


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    parser = add("predict", predict, "classify images; what was interrupted goes on where it stopped")
    add_model(parser)
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="image files, folders or zips")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write the results as a table")
    parser.add_argument("--sort-into", metavar="DIR", type=Path, help="copy images to a folder per class")
    parser.add_argument("--link", action="store_true", help="with --sort-into: link instead of copying")
    parser = add("correct", correct, "add images to a project with their right label, to train again with")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="image files, folders or zips")
    parser.add_argument("--label", metavar="NAME", required=True, help="their class, made if there is none")
    parser.add_argument("--copy", action="store_true", help="keep copies in the project; for files that will go away")


def predict(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Classify files, folders and zips, write a table of the answers and sort the images by them."""
    from app.export.predictor import Predictor

    if options.link and not options.sort_into:
        raise InputError("--link goes with --sort-into.", "Name the folder to sort into.")
    asked = _there(options.paths)
    files, skipped = gather(asked, cancel)
    predictor = Predictor(find_bundle(options.model.expanduser()))
    # Forgotten only when everything is written: a table that has no room costs no answers.
    with Journal(predictor.info, asked) as journal:
        answers, known = _answers(predictor, journal, files, progress, cancel)
        for one in skipped:
            answers.append(str(one.path), [0.0] * len(answers.labels), problem=one.reason)
        values = _written(answers, options, progress, cancel)
    lines = [_line(answers, at) for at in range(len(answers))]
    if known:
        lines.append(f"{known:,} of these answers were there from an earlier, interrupted call.")
    results = Lazy(len(answers), lambda at: _value(answers[at]))
    return Report("\n".join(lines), {"results": results, "resumed": known, **values})


def _written(
    answers: Answers, options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event
) -> dict[str, Any]:
    """Write the table and the folders that were asked for."""
    if options.csv:
        write_table(options.csv.expanduser(), answers, answers.labels)
    if not options.sort_into:
        return {}

    def on_count(done: int, total: int) -> None:
        stop_if(cancel)
        progress.count(done, total)

    folder, placed = options.sort_into.expanduser(), list(answers.placed())
    return {"sorted": sort_into(folder, placed, answers.labels, options.link, on_count)}


def _there(paths: Sequence[Path]) -> list[Path]:
    """Return the paths; raises InputError for one that is not there."""
    expanded = [path.expanduser() for path in paths]
    for path in expanded:
        if not path.exists():
            raise InputError(f"There is no file “{path}”.", "Check the path.")
    return expanded


def _answers(
    predictor: Any, journal: Journal, files: Sequence[Path], progress: ProgressLine, cancel: threading.Event
) -> tuple[Answers, int]:
    """Return the answers for files, and how many of them were known from before."""
    answers, rest = journal.split(files)
    known = written = len(answers)
    try:
        for prediction in predictor.predict_files(rest):
            row = prediction.probabilities
            answers.append(
                prediction.path,
                [0.0] * len(answers.labels) if row is None else row.tolist(),
                prediction.verdict,
                prediction.novelty,
                prediction.problem,
            )
            progress.count(len(answers), len(files))
            if len(answers) - written >= REMEMBERED_AT_ONCE:
                journal.add(answers[written:])
                written = len(answers)
            stop_if(cancel)
    finally:
        journal.add(answers[written:])
    return answers, known


def correct(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Add images to a project with the label they should have got."""
    files, skipped = gather(_there(options.paths), cancel)
    if skipped:
        raise InputError(f"“{skipped[0].path.name}” cannot be added: {skipped[0].reason}", "Leave it out.")
    if not options.label.strip():
        raise InputError("A class needs a name.", "Name it with --label.")
    made = []
    with Project.open(options.project.expanduser()) as project:
        for number, file in enumerate(files, 1):
            stop_if(cancel)
            made.append(correct_picture(project, file, options.label, options.copy))
            progress.count(number, len(files))
    added, copied = sum(one.added for one in made), sum(one.copied for one in made)
    text = (
        f"{len(made)} images are “{options.label.strip()}” now; {added} of them are new in the project, "
        f"and of {copied} it keeps a copy. Train again to let a model learn from them."
    )
    return Report(text, {"labelled": len(made), "added": added, "copied": copied})


def _value(result: Result) -> Result:
    """Return a result as scripts get it: a problem only where there is one."""
    shown = {**result, "path": str(original(Path(result["path"])))}
    return shown if shown["problem"] else {key: one for key, one in shown.items() if key != "problem"}


def _line(answers: Answers, at: int) -> str:
    path, verdict = original(Path(answers.path(at))), answers.verdict(at)
    if answers.problem(at):
        return f"{path}: {answers.problem(at)}"
    ((label, confidence),) = answers.best(at, 1)
    rejected = "" if verdict == ACCEPTED else f", {verdict}"
    return f"{path}: {label} ({confidence:.1%}{rejected})"
