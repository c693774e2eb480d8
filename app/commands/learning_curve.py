"""The command that says whether more images would help: learning-curve."""

import argparse
import threading
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.errors import InputError
from app.learning_curve import PROTOCOL, forecast_words, measure_learning_curve
from app.project.project import Project
from app.terminal import ProgressLine

MORE = 200


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("learning-curve", run, "accuracy against the number of images, and what more of them would bring")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--more", metavar="N", type=int, default=MORE, help=f"additional images (default: {MORE})")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")


def run(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Measure the curve and carry it on."""
    if options.more < 1:
        raise InputError(f"{options.more} more images are none.", "Ask for at least one.")
    with Project.open(options.project.expanduser()) as project:
        curve = measure_learning_curve(project, options.seed, progress, cancel)
    known = curve.grows and options.more <= curve.furthest
    gain, interval = curve.gain(options.more) if known else (None, None)
    lines = [forecast_words(curve, options.more)]
    lines += [
        f"  {size:>7,} images: {accuracy:.1%} ({low:.1%} to {high:.1%})"
        for size, accuracy, (low, high) in zip(curve.sizes, curve.accuracy, curve.intervals, strict=True)
    ]
    lines.append(PROTOCOL.format(curve.images))
    values = {
        "images": curve.images,
        "sizes": curve.sizes,
        "accuracy": curve.accuracy,
        "intervals": curve.intervals,
        "more": options.more,
        "gain": gain,
        "interval": interval,
        "forecast": lines[0],
    }
    return Report("\n".join(lines), values)
