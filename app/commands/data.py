"""Commands that bring labels in and out of a project: import, export-data."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand
from app.commands.report import LISTED, Report, skipped_values, with_skipped
from app.engines.protocol import Progress
from app.errors import InputError
from app.exchange.applying import apply
from app.exchange.downloading import download
from app.exchange.exporters import EXPORTERS, export
from app.exchange.importers import IMPORTERS, understand
from app.exchange.preview import Preview, Problem
from app.project.project import Project, open_or_create
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    parser = add("import", import_labels, "bring images and labels into a project")
    parser.add_argument("path", metavar="FILE_OR_FOLDER", type=Path, help="what to import")
    parser.add_argument("--project", metavar="DIR", type=Path, help="project folder, made if there is none")
    parser.add_argument("--format", choices=list(IMPORTERS), help="default: what it looks like")
    parser.add_argument("--preview", action="store_true", help="say what was understood and write nothing")
    parser.add_argument("--to", metavar="DIR", type=Path, help="folder to download a list of addresses into")
    parser = add("export-data", export_data, "write a project's labels for other programs")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--format", choices=list(EXPORTERS), required=True, help="what to write")
    parser.add_argument("--to", metavar="PATH", type=Path, required=True, help="new file, or new or empty folder")
    parser.add_argument("--link", action="store_true", help="link the images instead of copying them")


def import_labels(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Say what a file or folder holds, and import it unless only a preview is wanted."""
    preview = understand(options.path.expanduser(), options.format, cancel)
    if options.preview:
        return _previewed(preview)
    if options.project is None:
        raise InputError("There is no project to import into.", "Name one with --project, or look with --preview.")
    if preview.downloads:
        if options.to is None:
            raise InputError(
                f"{len(preview.downloads)} images would be downloaded.", "Name a folder for them with --to."
            )

        def on_count(done: int, total: int) -> None:
            progress(Progress("download", done, total))

        preview = download(preview, options.to.expanduser(), on_count, cancel)
    if not preview.entries:
        raise InputError(f"None of the images of “{options.path.name}” is there.", _first(preview.problems))
    folder = options.project.expanduser()
    with open_or_create(folder, folder.resolve().name) as project:
        applied = apply(project, preview, progress.count, cancel)
    text = (
        f"{applied.images} images of {options.path.name} ({preview.format}): {applied.added} added, "
        f"{applied.changed} changed. One undo takes the changes back."
    )
    values = {**_values(preview), "added": applied.added, "changed": applied.changed}
    return Report(
        with_skipped(_with_problems(text, preview.problems), applied.skipped),
        {**values, **skipped_values(applied.skipped)},
    )


def export_data(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Write a project's labels."""
    target = options.to.expanduser()

    def on_count(done: int, total: int) -> None:
        progress(Progress("export", done, total))

    with Project.open(options.project.expanduser()) as project:
        exported = export(project, options.format, target, options.link, on_count, cancel)
    kind = EXPORTERS[options.format].format
    text = f"{exported.images} images written to {target}. The format carries: {', '.join(sorted(kind.carries))}."
    values = {
        "format": options.format,
        "path": str(target),
        "images": exported.images,
        "carries": sorted(kind.carries),
        "problems": _problem_values(exported.problems),
    }
    return Report(_with_problems(text, exported.problems), values)


def _previewed(preview: Preview) -> Report:
    labels = "".join(f"\n  {label}: {count}" for label, count in preview.labels.items())
    lines = [f"{preview.path} is understood as {preview.format}: {preview.images} images, nothing was written.{labels}"]
    if preview.downloads:
        lines.append(f"To download: {len(preview.downloads)}")
    if preview.splits:
        lines.append("Parts: " + ", ".join(f"{count} {split}" for split, count in preview.splits.items()))
    if preview.groups:
        lines.append(f"Groups: {preview.groups}")
    if preview.excluded:
        lines.append(f"Excluded: {preview.excluded}")
    return Report(_with_problems("\n".join(lines), preview.problems), _values(preview))


def _values(preview: Preview) -> dict[str, Any]:
    return {
        "format": preview.format,
        "images": preview.images,
        "labels": preview.labels,
        "unlabelled": preview.unlabelled,
        "splits": preview.splits,
        "groups": preview.groups,
        "excluded": preview.excluded,
        "downloads": len(preview.downloads),
        "problems": _problem_values(preview.problems),
    }


def _problem_values(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"where": one.where, "reason": one.reason} for one in problems]


def _with_problems(text: str, problems: Sequence[Problem]) -> str:
    if not problems:
        return text
    lines = [f"Problems ({len(problems)}):", *(f"  {one.where}: {one.reason}" for one in problems[:LISTED])]
    if len(problems) > LISTED:
        lines.append(f"  … and {len(problems) - LISTED} more (all of them with --json).")
    return "\n".join([text, *lines])


def _first(problems: Sequence[Problem]) -> str:
    return f"{problems[0].where}: {problems[0].reason}" if problems else "Check the paths in it."
