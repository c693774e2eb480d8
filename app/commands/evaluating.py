"""The command that measures a model on other images: evaluate."""

import argparse
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report, skipped_values, with_skipped
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE
from app.export.bundle import BundleInfo, find_bundle, read_bundle_info
from app.terminal import ProgressLine

if TYPE_CHECKING:
    from app.export.trying import Looked, Measured


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("evaluate", evaluate, "measure a model on a folder of images, labelled or not")
    add_model(parser)
    parser.add_argument("data", metavar="DATA", type=Path, help="folder whose sub-folders are the true labels, if any")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write a page of HTML into this folder")


def evaluate(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Measure a model on labelled images, or say what it makes of unlabelled ones."""
    from app.export.trying import Measured, try_folder

    bundle = find_bundle(options.model.expanduser())
    data = options.data.expanduser()
    found = try_folder(bundle, data, progress.count, cancel)
    if isinstance(found, Measured):
        report = _labelled(bundle, read_bundle_info(bundle), data, found, options.report)
    else:
        report = _unlabelled(bundle, read_bundle_info(bundle), data, found, options.report)
    return Report(with_skipped(report.text, found.skipped), {**report.values, **skipped_values(found.skipped)})


def _labelled(bundle: Path, info: BundleInfo, data: Path, found: "Measured", to: Path | None) -> Report:
    from app.export.html_report import labelled_report, price_words, write_report

    result, price = found.evaluation, found.price
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
        "protocol": result.protocol,
        "per_class": per_class,
        "price": asdict(price),
    }
    if info.rule is not None:
        lines.append(
            f"By the model's rule {price.coverage:.1%} are accepted, {price.unsure} unsure, {price.unknown} unknown; "
            f"of those accepted {_share(price.error)} are wrong."
        )
    lines.append(result.protocol)
    if to is not None:
        rule = price_words(price) if info.rule is not None else ""
        text = labelled_report(info.name, result, data.resolve(), bundle, rule)
        values["report"] = str(write_report(to.expanduser(), text))
        lines.append(f"Report: {values['report']}")
    return Report("\n".join(lines), values)


def _unlabelled(bundle: Path, info: BundleInfo, data: Path, found: "Looked", to: Path | None) -> Report:
    from app.export.html_report import drift_words, unlabelled_report, write_report

    read, drift = found.value.read, found.value.drift
    best = [one["predictions"][0]["label"] for one in read]
    counts = {label: best.count(label) for label in info.labels}
    verdicts = {verdict: sum(one["verdict"] == verdict for one in read) for verdict in (ACCEPTED, UNSURE, UNKNOWN)}
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
    }
    if to is not None:
        text = unlabelled_report(bundle, info, found.value.results, drift, data.resolve().name)
        values["report"] = str(write_report(to.expanduser(), text))
        lines.append(f"Report: {values['report']}")
    return Report("\n".join(lines), values)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _class_line(figures: dict[str, Any]) -> str:
    precision, recall = ("–" if figures[key] is None else f"{figures[key]:.1%}" for key in ("precision", "recall"))
    return f"  {figures['label']}: precision {precision}, recall {recall} ({figures['images']} images)"
