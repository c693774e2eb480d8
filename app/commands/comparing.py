"""The command that sets two or more runs of a project side by side: compare."""

import argparse
import threading
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import LISTED, Report, stop_if
from app.evaluation.compared_runs import ComparedRuns, open_compared
from app.evaluation.comparison import ClassChange, Comparison, image_count, verdict
from app.project.project import Project
from app.settings import PRESETS, settings_table
from app.sweeps.results import value_words
from app.terminal import ProgressLine

NOTHING = "–"
TITLES = {
    "engine": "Engine",
    "preset": "Preset",
    "backbone": "Network",
    "head": "Classifier",
    "seed": "Seed",
    "data": "Data",
    "images": "Images",
    "classes": "Classes",
}


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("compare", compare, "compare runs: settings, classes, images, and whether the difference is chance")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("runs", metavar="RUN", type=int, nargs="+", help="numbers of two or more finished runs")


def compare(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Compare every two of the runs, on the images that both were tested on."""
    with Project.open(options.project.expanduser()) as project:
        compared = open_compared(project, options.runs)
    numbers, settings = list(compared.runs), compared.differing
    texts, values = [_settings_words(compared)], []
    for a, b in combinations(numbers, 2):
        stop_if(cancel)
        comparison = compared.pair(a, b)
        texts.append(comparison_words(comparison, a, b))
        values.append({"runs": [a, b], "verdict": verdict(comparison, a, b), **asdict(comparison)})
    return Report("\n\n".join(texts), {"runs": numbers, "settings": settings, "comparisons": values})


def _settings_words(compared: ComparedRuns) -> str:
    if not compared.differing:
        return "The runs have the same settings."
    engines = {str(run.settings["engine"]) for run in compared.runs.values()}
    titles = {one.name: one.title for engine in engines for one in settings_table(engine)} | TITLES
    rows = {titles.get(name, name): _value_words(name, values) for name, values in compared.differing.items()}
    if any(compared.alone):
        rows["Settings that only its engine has"] = [str(count) for count in compared.alone]
    lines = [f"  {title}: {' / '.join(values)}" for title, values in rows.items()]
    return "\n".join([f"Settings that differ, run {' / '.join(map(str, compared.runs))}:", *lines])


def _value_words(name: str, values: Sequence[object]) -> list[str]:
    presets = {preset.name: preset.title for preset in PRESETS.values()} if name == "preset" else {}
    return [NOTHING if value in (None, "") else presets.get(str(value), value_words(value)) for value in values]


def comparison_words(comparison: Comparison, a: int, b: int) -> str:
    """Write how run B does beside run A, and where they disagree."""
    low, high = comparison.gain_interval
    tested = f"{comparison.tested[0]} and {comparison.tested[1]}"
    lines = [
        verdict(comparison, a, b),
        f"Compared on {image_count(comparison.images)}; the runs were tested on {tested}.",
        f"Accuracy, run {b} minus run {a}: {100 * comparison.gain:+.1f} points "
        f"({100 * low:+.1f} to {100 * high:+.1f}).",
        *(_class_words(change) for change in comparison.classes),
        f"They disagree on {image_count(len(comparison.disagreements))}.",
        *(f"  {one.path}: {one.label}; {' / '.join(one.predicted)}" for one in comparison.disagreements[:LISTED]),
    ]
    if len(comparison.disagreements) > LISTED:
        lines.append(f"  … and {len(comparison.disagreements) - LISTED} more (all of them with --json).")
    return "\n".join(lines)


def _class_words(change: ClassChange) -> str:
    figures = {"recall": change.recall, "precision": change.precision, "F1": change.f1}
    words = [f"{name} {_share(one)} → {_share(other)}" for name, (one, other) in figures.items()]
    return f"  {change.label} ({change.images}): {', '.join(words)}"


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"
