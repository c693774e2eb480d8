"""The command that measures a model on other images: evaluate."""

import argparse
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report, skipped_values, stop_if, with_skipped
from app.dataset.scan import FoundImage, Scan, Skipped, scan_folder
from app.errors import BundleError, InputError
from app.evaluation.drift import Drift, drift_of
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE
from app.evaluation.thresholds import HeldOut, price_of
from app.export.bundle import find_bundle
from app.export.held_out import read_held_out
from app.terminal import ProgressLine

if TYPE_CHECKING:
    from app.export.predictor import Prediction, Predictor


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("evaluate", evaluate, "measure a model on a folder of images, labelled or not")
    add_model(parser)
    parser.add_argument("data", metavar="DATA", type=Path, help="folder whose sub-folders are the true labels, if any")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write a page of HTML into this folder")


def evaluate(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Measure a model on labelled images, or say what it makes of unlabelled ones."""
    from app.export.predictor import Predictor

    bundle = find_bundle(options.model.expanduser())
    predictor = Predictor(bundle)
    scan = scan_folder(options.data.expanduser())
    if all(image.label is None for image in scan.images) and scan.images:
        return _unlabelled(options, bundle, predictor, scan, progress, cancel)
    return _labelled(options, bundle, predictor, scan, progress, cancel)


def _labelled(
    options: argparse.Namespace,
    bundle: Path,
    predictor: "Predictor",
    scan: Scan,
    progress: ProgressLine,
    cancel: threading.Event,
) -> Report:
    from app.evaluation.metrics import evaluate as compute_figures
    from app.export.html_report import labelled_report, write_report

    labels = predictor.info.labels
    known = [image for image in scan.images if image.label in labels]
    if not known:
        raise InputError(
            f"No image in “{scan.folder}” has a label of this model.",
            f"Its sub-folders must be named like the classes: {', '.join(labels)}.",
        )
    skipped = [*scan.skipped, *(_unknown(image) for image in scan.images if image.label not in labels)]
    scored: list[Prediction] = []
    truth: list[int] = []
    paths: list[str] = []
    for image, prediction in zip(known, predictor.predict_files(image.path for image in known), strict=True):
        stop_if(cancel)
        progress.count(len(paths) + 1, len(known))
        if prediction.probabilities is None:
            skipped.append(Skipped(image.path, prediction.problem or ""))
        else:
            scored.append(prediction)
            truth.append(labels.index(str(image.label)))
            paths.append(image.relative)
    if not scored:
        raise InputError("None of the images can be read.", "Check the folder.")
    protocol = f"Measured on {len(scored):,} images of “{scan.folder.name}”."
    rows = np.stack([one.probabilities for one in scored if one.probabilities is not None])
    result = compute_figures(rows.astype(np.float64), np.array(truth), labels, paths, protocol)
    price = price_of(predictor.info.ruled, HeldOut(rows, np.array(truth), _novelty(scored)))
    per_class = [
        {key: value for key, value in asdict(figures).items() if key not in ("pr", "roc")}
        for figures in result.per_class
    ]
    low, high = result.interval
    lines = [f"{result.accuracy:.1%} of {result.images} images right (95% interval {low:.1%} to {high:.1%})."]
    lines += [_class_line(figures) for figures in per_class]
    values: dict[str, Any] = {
        "accuracy": result.accuracy,
        "interval": [low, high],
        "macro_f1": result.macro_f1,
        "images": result.images,
        **skipped_values(skipped),
        "per_class": per_class,
        "price": asdict(price),
    }
    if predictor.info.rule is not None:
        lines.append(
            f"By the model's rule {price.coverage:.1%} are accepted, {price.unsure} unsure, {price.unknown} unknown; "
            f"of those accepted {_share(price.error)} are wrong."
        )
    if options.report:
        text = labelled_report(bundle, predictor.info, result, price, scan.folder)
        values["report"] = str(write_report(options.report.expanduser(), text))
        lines.append(f"Report: {values['report']}")
    return Report(with_skipped("\n".join(lines), skipped), values)


def _unlabelled(
    options: argparse.Namespace,
    bundle: Path,
    predictor: "Predictor",
    scan: Scan,
    progress: ProgressLine,
    cancel: threading.Event,
) -> Report:
    from app.export.html_report import drift_words, unlabelled_report, write_report

    predictions: list[Prediction] = []
    for prediction in predictor.predict_files(image.path for image in scan.images):
        stop_if(cancel)
        predictions.append(prediction)
        progress.count(len(predictions), len(scan.images))
    results: list[dict[str, Any]] = [
        {
            "path": one.path,
            "predictions": [asdict(label) for label in one.ranked(predictor.info.labels)],
            "verdict": one.verdict,
            "novelty": one.novelty,
            **({"problem": one.problem} if one.problem else {}),
        }
        for one in predictions
    ]
    read = [one for one in predictions if one.probabilities is not None]
    if not read:
        raise InputError("None of the images can be read.", "Check the folder.")
    drift = _drift(bundle, _novelty(read))
    best = [one.ranked(predictor.info.labels)[0].label for one in read]
    counts = {label: best.count(label) for label in predictor.info.labels}
    verdicts = {verdict: sum(one.verdict == verdict for one in read) for verdict in (ACCEPTED, UNSURE, UNKNOWN)}
    lines = [f"{len(read)} images without labels: nothing can be measured."]
    lines += [f"  {label}: {count}" for label, count in counts.items()]
    lines.append(", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) + ".")
    lines += [drift_words(drift)] if drift is not None else []
    values: dict[str, Any] = {
        "images": len(read),
        "accuracy": None,
        "predicted": counts,
        "verdicts": verdicts,
        "drift": None if drift is None else {**asdict(drift), "notable": drift.notable},
        **skipped_values(scan.skipped),
    }
    if options.report:
        text = unlabelled_report(bundle, predictor.info, results, drift, scan.folder.name)
        values["report"] = str(write_report(options.report.expanduser(), text))
        lines.append(f"Report: {values['report']}")
    return Report(with_skipped("\n".join(lines), scan.skipped), values)


def _novelty(predictions: "list[Prediction]") -> NDArray[np.float32] | None:
    found = [one.novelty for one in predictions if one.novelty is not None]
    return np.array(found, np.float32) if len(found) == len(predictions) else None


def _drift(bundle: Path, novelty: NDArray[np.float32] | None) -> Drift | None:
    try:
        known = read_held_out(bundle).novelty
    except BundleError:
        return None
    return None if novelty is None or known is None else drift_of(novelty, known)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _unknown(image: FoundImage) -> Skipped:
    reason = "It has no label." if image.label is None else f"The model has no class “{image.label}”."
    return Skipped(image.path, reason)


def _class_line(figures: dict[str, Any]) -> str:
    precision, recall = ("–" if figures[key] is None else f"{figures[key]:.1%}" for key in ("precision", "recall"))
    return f"  {figures['label']}: precision {precision}, recall {recall} ({figures['images']} images)"
