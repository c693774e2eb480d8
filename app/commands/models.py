"""Commands about finished models: export, engines."""

import argparse
import threading
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.engines import catalog
from app.errors import ProjectError
from app.export.bundle import BUNDLE_FOLDER, find_bundle
from app.export.exporters import BUNDLE, EXPORTERS
from app.export.service import ModelService
from app.project.project import Project
from app.terminal import ProgressLine


def _run_bundle(folder: Path, number: int) -> Path:
    with Project.open(folder) as project:
        for run in project.runs():
            if run.number == number and run.state == "done":
                return project.run_folder(number) / BUNDLE_FOLDER
    raise ProjectError(f"The project has no finished run {number}.", "Leave --run out to export the best one.")


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    export_parser = add("export", export, "write a model bundle and check that it gives the same answers")
    export_parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    export_parser.add_argument("--run", metavar="N", type=int, help="run to export (default: the best)")
    place = export_parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--to", metavar="DIR", type=Path, help="folder to write into")
    place.add_argument("--costs", action="store_true", help="measure what smaller forms cost, and write nothing")
    export_parser.add_argument(
        "--format", choices=list(EXPORTERS), default=BUNDLE, help="what to write (default: bundle)"
    )
    add("engines", engines, "list the engines and whether they can run here")


def export(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Write a run's bundle into a folder and check it, or measure what its smaller forms cost."""
    project = options.project.expanduser()
    bundle = find_bundle(project) if options.run is None else _run_bundle(project, options.run)
    service = ModelService()
    try:
        if options.costs:
            return _costs_report(service.costs(bundle, progress, cancel))
        values = service.export(bundle, options.to.expanduser(), progress, cancel, options.format)
    finally:
        service.close()
    text = (
        f"Exported to {values['bundle']}\nParity: {values['images']} golden images, "
        f"largest difference {values['largest_difference']:.1e}."
    )
    return Report(text, values)


def _costs_report(values: dict[str, Any]) -> Report:
    lines = [f"{'form':14} {'MB':>6} {'images/s':>9} {'accuracy':>9} {'same answers':>13}"]
    for cost in values["costs"]:
        accuracy = "–" if cost["accuracy"] is None else f"{cost['accuracy']:.1%}"
        lines.append(
            f"{cost['form']:14} {cost['bytes'] / 1e6:6.1f} {cost['images_per_second']:9.0f} {accuracy:>9} "
            f"{cost['agreement']:13.1%}"
        )
    return Report("\n".join(lines), values)


def engines(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List the engines."""
    statuses = catalog.engines()
    lines = [
        f"{one.name:6} available: version {one.version} on {', '.join(one.devices)}"
        if one.available
        else f"{one.name:6} not available: {one.reason}"
        for one in statuses
    ]
    keys = ("name", "available", "version", "devices", "reason")
    values = {"engines": [{key: getattr(one, key) for key in keys} for one in statuses]}
    return Report("\n".join(lines), values)
