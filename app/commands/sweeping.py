"""The command that trains with many settings: sweep."""

import argparse
import threading
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.engines.protocol import Event, Note, Progress
from app.errors import Cancelled, InputError
from app.project.project import Project
from app.settings import PRESETS, QUICK, parse_setting
from app.sweeps.log import Sweep, find_sweep, sweeps
from app.sweeps.plan import Plan, grid_plan, parse_axis, random_plan
from app.sweeps.results import PointResult, point_words, ranked, results_of, verdict
from app.sweeps.running import STAGE, begin_sweep, run_sweep
from app.terminal import ProgressLine

PROTOCOL = "Chosen by the accuracy on validation images; test images play no part in it."


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("sweep", sweep, "train with many settings, one run after another, and rank them; or list the sweeps")
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--preset", choices=list(PRESETS), default=QUICK, help="what the settings start from")
    parser.add_argument(
        "--vary",
        metavar="NAME=VALUES",
        action="append",
        default=[],
        help="a setting to vary: values with commas between, or LOW..HIGH with --random; repeatable",
    )
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a setting for all runs")
    parser.add_argument("--random", metavar="N", type=int, help="draw N points instead of taking every combination")
    parser.add_argument("--repeats", metavar="N", type=int, default=1, help="seeds for each point (default: 1)")
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="first seed, also of the division (default: 0)"
    )
    parser.add_argument("--resume", metavar="SWEEP", type=int, help="go on with a sweep that was stopped")
    parser.add_argument("--show", metavar="SWEEP", type=int, help="show what a sweep has come to")


def sweep(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Begin a sweep, go on with one, show one, or list them."""
    with Project.open(options.project.expanduser()) as project:
        if options.show is not None:
            return _report(project, find_sweep(project, options.show))
        if options.resume is not None:
            chosen = find_sweep(project, options.resume)
        elif options.vary or options.repeats != 1:
            chosen = begin_sweep(project, plan_of(options))
        else:
            return _list(project)
        try:
            run_sweep(project, chosen.number, _told(progress), cancel)
        except Cancelled:
            progress.say(f"Sweep {chosen.number} was stopped; --resume {chosen.number} goes on with it.")
            raise
        return _report(project, chosen)


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the plan that was asked for; raises InputError."""
    axes = [parse_axis(text, options.preset) for text in options.vary]
    names = [axis.name for axis in axes]
    if len(set(names)) < len(names):
        raise InputError("A setting is to vary twice.", "Name all its values in one --vary.")
    fixed = dict(parse_setting(PRESETS[options.preset].engine, text) for text in options.set)
    if options.random is not None:
        return random_plan(options.preset, axes, options.random, options.repeats, options.seed, fixed)
    return grid_plan(options.preset, axes, options.repeats, options.seed, fixed)


def _told(progress: ProgressLine) -> Any:
    """Return what shows how many runs are done, and says what went wrong, but not all that every run tells."""

    def on_event(event: Event) -> None:
        if isinstance(event, Note) or (isinstance(event, Progress) and event.stage == STAGE):
            progress(event)

    return on_event


def _list(project: Project) -> Report:
    found = sweeps(project)
    lines = [
        f"{one.number:>4}  {one.created[:16].replace('T', ' ')}  {one.plan.preset}, {len(one.plan.trials())} runs"
        for one in found
    ]
    text = "\n".join(lines) or "There are no sweeps yet; --vary NAME=VALUES begins one."
    return Report(
        text, {"sweeps": [{"sweep": one.number, "created": one.created, **one.plan.to_json()} for one in found]}
    )


def _report(project: Project, chosen: Sweep) -> Report:
    results, plan = results_of(project, chosen), chosen.plan
    order = ranked(results)
    order += [one for one in results if one.mean is None]
    lines = [f"Sweep {chosen.number}. {verdict(plan, results)}", PROTOCOL, *(_words(plan, one) for one in order)]
    values = [_values(one) for one in order]
    return Report("\n".join(lines), {"sweep": chosen.number, "verdict": verdict(plan, results), "points": values})


def _words(plan: Plan, one: PointResult) -> str:
    interval = one.interval
    known = "" if interval is None else f" ({interval[0]:.1%} to {interval[1]:.1%} over {len(one.scores)} seeds)"
    score = "–" if one.mean is None else f"{one.mean:.1%}{known}"
    runs = ", ".join(str(run.number) for run in one.runs if run is not None) or "none yet"
    reasons = "".join(f"; run {run.number}: {run.reason}" for run in one.failed)
    return f"  {score}  {point_words(plan, one.settings)}; runs {runs}{reasons}"


def _values(one: PointResult) -> dict[str, Any]:
    return {
        "settings": one.settings,
        "validation": one.mean,
        "interval": one.interval,
        "runs": [None if run is None else run.number for run in one.runs],
        "failed": {run.number: run.reason for run in one.failed},
    }
