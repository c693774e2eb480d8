"""Commands that make and use models: train, evaluate, predict, export, serve, engines."""

import argparse
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report, stop_if
from app.dataset.scan import Skipped, scan_folder
from app.engines import catalog
from app.errors import InputError, ProjectError
from app.evaluation.rule import ACCEPTED
from app.export.bundle import BUNDLE_FOLDER, find_bundle
from app.export.exporters import BUNDLE, EXPORTERS
from app.export.service import ModelService
from app.export.sorting import sort_into
from app.export.table import write_table
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
    predict_parser = add("predict", predict, "classify images")
    add_model(predict_parser)
    predict_parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="image files or folders")
    predict_parser.add_argument("--csv", metavar="FILE", type=Path, help="write the results as a table")
    predict_parser.add_argument("--sort-into", metavar="DIR", type=Path, help="copy images to a folder per class")
    predict_parser.add_argument("--link", action="store_true", help="with --sort-into: link instead of copying")
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


def predict(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Classify files and folders, write a table of the answers and sort the images by them."""
    from app.export.predictor import Predictor

    if options.link and not options.sort_into:
        raise InputError("--link goes with --sort-into.", "Name the folder to sort into.")
    paths, skipped = image_paths([path.expanduser() for path in options.paths])
    predictor = Predictor(find_bundle(options.model.expanduser()))
    results: list[dict[str, Any]] = []
    for prediction in predictor.predict_files(paths):
        stop_if(cancel)
        progress.count(len(results) + 1, len(paths))
        ranked = [asdict(one) for one in prediction.ranked(predictor.info.labels)]
        said = {"verdict": prediction.verdict, "novelty": prediction.novelty}
        result = {"path": prediction.path, "predictions": ranked, **said}
        results.append(result | ({"problem": prediction.problem} if prediction.problem else {}))
    results += [{"path": str(one.path), "predictions": [], "problem": one.reason} for one in skipped]
    if options.csv:
        write_table(options.csv.expanduser(), results, predictor.info.labels)
    values: dict[str, Any] = {"results": results}
    if options.sort_into:

        def on_count(done: int, total: int) -> None:
            stop_if(cancel)
            progress.count(done, total)

        folder = options.sort_into.expanduser()
        values["sorted"] = sort_into(folder, results, predictor.info.labels, options.link, on_count)
    lines = [_prediction_line(result) for result in results]
    return Report("\n".join(lines), values)


def image_paths(paths: Sequence[Path]) -> tuple[list[Path], list[Skipped]]:
    """Return files as they are, the images of folders, and what was left out of those.

    Raises InputError for a path that is not there.
    """
    found: list[Path] = []
    skipped: list[Skipped] = []
    for path in paths:
        if path.is_dir():
            scan = scan_folder(path)
            found += [image.path for image in scan.images]
            skipped += scan.skipped
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"There is no file “{path}”.", "Check the path.")
    return found, skipped


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
        f"{one.name:6} {'available' if one.available else 'not available: ' + one.reason} {one.version}".rstrip()
        for one in statuses
    ]
    keys = ("name", "available", "version", "devices", "reason")
    values = {"engines": [{key: getattr(one, key) for key in keys} for one in statuses]}
    return Report("\n".join(lines), values)


def _prediction_line(result: dict[str, Any]) -> str:
    if not result["predictions"]:
        return f"{result['path']}: {result['problem']}"
    best = result["predictions"][0]
    rejected = "" if result["verdict"] == ACCEPTED else f", {result['verdict']}"
    return f"{result['path']}: {best['label']} ({best['confidence']:.1%}{rejected})"
