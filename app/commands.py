"""What each command does: it calls the stages and reports in words and as JSON."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.dataset.scan import FoundImage, Skipped, scan_folder
from app.engines import catalog
from app.errors import BundleError, Cancelled, InputError, ProjectError
from app.export.bundle import BUNDLE_FOLDER, find_bundle
from app.export.service import ModelService
from app.export.table import write_table
from app.project.project import Project, default_project_folder, open_or_create
from app.terminal import ProgressLine
from app.training import RunResult, TrainingRequest, launch_worker
from app.training import train as train_run

LISTED = 20  # skipped files named on the terminal


@dataclass(frozen=True)
class Report:
    """A command's result: words for a person, values for a script."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)


def train(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Add the folder to its project and train."""
    data = options.data.expanduser().resolve()
    scan_folder(data)  # before a project is made for a folder that has nothing to offer
    folder = (options.project or default_project_folder(data)).expanduser()
    request = TrainingRequest(options.engine, options.seed, options.head)
    with launch_worker() as worker, open_or_create(folder, data.name) as project:
        imported = project.add_folder(data, progress.count, cancel)
        result = train_run(project, request, progress, cancel, worker)
    return training_report(result, (*imported.skipped, *result.skipped))


def training_report(result: RunResult, skipped: Sequence[Skipped]) -> Report:
    """Put a finished run into words and values."""
    evaluation = result.evaluation
    test: dict[str, Any] = {"accuracy": None, "interval": None, "images": 0}
    measured = "There were no images left to test on."
    if evaluation is not None:
        low, high = evaluation.interval
        test = {"accuracy": evaluation.accuracy, "interval": [low, high], "images": evaluation.images}
        measured = (
            f"{evaluation.accuracy:.1%} of {evaluation.images} test images right "
            f"(95% interval {low:.1%} to {high:.1%}). {evaluation.protocol}"
        )
    text = f"Run {result.run}: {measured}\nModel: {result.bundle}\nTook {result.seconds['total']:.1f} s."
    values = {
        "run": result.run,
        "engine": result.engine,
        "classes": list(result.classes),
        "model": str(result.bundle),
        "test": test,
        "seconds": result.seconds,
        **_skipped_values(skipped),
    }
    return Report(_with_skipped(text, skipped), values)


def evaluate(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Measure a model on labelled images."""
    from app.evaluation.metrics import evaluate as compute_figures
    from app.export.predictor import Predictor

    predictor = Predictor(find_bundle(options.model.expanduser()))
    labels = predictor.info.labels
    scan = scan_folder(options.data.expanduser())
    known = [image for image in scan.images if image.label in labels]
    if not known:
        raise InputError(
            f"No image in “{scan.folder}” has a label of this model.",
            f"Its sub-folders must be named like the classes: {', '.join(labels)}.",
        )
    skipped = [*scan.skipped, *(_unknown(image) for image in scan.images if image.label not in labels)]
    rows: list[NDArray[np.float32]] = []
    truth: list[int] = []
    paths: list[str] = []
    for image, prediction in zip(known, predictor.predict_files(image.path for image in known), strict=True):
        _stop_if(cancel)
        progress.count(len(paths) + 1, len(known))
        if prediction.probabilities is None:
            skipped.append(Skipped(image.path, prediction.problem or ""))
        else:
            rows.append(prediction.probabilities)
            truth.append(labels.index(str(image.label)))
            paths.append(image.relative)
    if not rows:
        raise InputError("None of the images can be read.", "Check the folder.")
    protocol = f"Measured on {len(rows):,} images of “{scan.folder.name}”."
    result = compute_figures(np.stack(rows).astype(np.float64), np.array(truth), labels, paths, protocol)
    per_class = [
        {key: value for key, value in asdict(figures).items() if key not in ("pr", "roc")}
        for figures in result.per_class
    ]
    low, high = result.interval
    lines = [f"{result.accuracy:.1%} of {result.images} images right (95% interval {low:.1%} to {high:.1%})."]
    lines += [_class_line(figures) for figures in per_class]
    values = {
        "accuracy": result.accuracy,
        "interval": [low, high],
        "macro_f1": result.macro_f1,
        "images": result.images,
        **_skipped_values(skipped),
        "per_class": per_class,
    }
    return Report(_with_skipped("\n".join(lines), skipped), values)


def predict(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Classify files and folders."""
    from app.export.predictor import Predictor

    paths, skipped = image_paths([path.expanduser() for path in options.paths])
    predictor = Predictor(find_bundle(options.model.expanduser()))
    results: list[dict[str, Any]] = []
    for prediction in predictor.predict_files(paths):
        _stop_if(cancel)
        progress.count(len(results) + 1, len(paths))
        ranked = [asdict(one) for one in prediction.ranked(predictor.info.labels)]
        result = {"path": prediction.path, "predictions": ranked}
        results.append(result | ({"problem": prediction.problem} if prediction.problem else {}))
    results += [{"path": str(one.path), "predictions": [], "problem": one.reason} for one in skipped]
    if options.csv:
        write_table(options.csv.expanduser(), results, predictor.info.labels)
    lines = [_prediction_line(result) for result in results]
    return Report("\n".join(lines), {"results": results})


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
    """Write a run's bundle into a folder and check the copy."""
    project = options.project.expanduser()
    bundle = find_bundle(project) if options.run is None else _run_bundle(project, options.run)
    service = ModelService()
    try:
        values = service.export(bundle, options.to.expanduser(), progress, cancel)
    finally:
        service.close()
    if not values["agrees"]:
        raise BundleError(
            f"The exported model's answers differ from the stored ones by up to {values['largest_difference']:.1e}.",
            f"Do not use “{values['bundle']}”: train again and export that run.",
        )
    text = (
        f"Exported to {values['bundle']}\nParity: {values['images']} golden images, "
        f"largest difference {values['largest_difference']:.1e}."
    )
    return Report(text, values)


def _run_bundle(folder: Path, number: int) -> Path:
    with Project.open(folder) as project:
        for run in project.runs():
            if run.number == number and run.state == "done":
                return project.run_folder(number) / BUNDLE_FOLDER
    raise ProjectError(f"The project has no finished run {number}.", "Leave --run out to export the best one.")


def serve(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Answer over REST until interrupted; announces the address on stdout when ready."""
    from app.server.runner import run

    def announce(url: str) -> None:
        sys.stdout.write(f'{{"url": "{url}"}}\n' if options.json else f"Serving at {url} (Ctrl+C stops)\n")
        sys.stdout.flush()

    bundle = find_bundle(options.model.expanduser())
    # The server minds Ctrl+C itself; until it does, it must end the loading of the model.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _stop_if(cancel)  # it was pressed before
    try:
        run(bundle, options.host, options.port, options.token, options.watch_stdin, announce)
    except KeyboardInterrupt:
        raise Cancelled from None
    return Report("")


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


def _unknown(image: FoundImage) -> Skipped:
    reason = "It has no label." if image.label is None else f"The model has no class “{image.label}”."
    return Skipped(image.path, reason)


def _skipped_values(skipped: Sequence[Skipped]) -> dict[str, Any]:
    files = [{"path": str(one.path), "reason": one.reason} for one in skipped]
    return {"skipped": len(files), "skipped_files": files}


def _with_skipped(text: str, skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return text
    lines = [
        f"{len(skipped)} files were skipped:",
        *(f"  {one.path}: {one.reason}" for one in skipped[:LISTED]),
    ]
    if len(skipped) > LISTED:
        lines.append(f"  … and {len(skipped) - LISTED} more (all of them with --json).")
    return "\n".join([text, *lines])


def _class_line(figures: dict[str, Any]) -> str:
    precision, recall = ("–" if figures[key] is None else f"{figures[key]:.1%}" for key in ("precision", "recall"))
    return f"  {figures['label']}: precision {precision}, recall {recall} ({figures['images']} images)"


def _prediction_line(result: dict[str, Any]) -> str:
    if not result["predictions"]:
        return f"{result['path']}: {result['problem']}"
    best = result["predictions"][0]
    return f"{result['path']}: {best['label']} ({best['confidence']:.1%})"


def _stop_if(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled
