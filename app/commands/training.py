"""The command that trains."""

import argparse
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand
from app.commands.going_on import tell_of_unfinished, way_on_told
from app.commands.report import Report, measured_words, skipped_values, with_skipped
from app.dataset.scan import Skipped, scan_folder
from app.engines.catalog import ENGINES
from app.errors import InputError
from app.features.backbones import DEFAULT_BACKBONE
from app.project.project import Project, default_project_folder, open_or_create
from app.repetition import request_like
from app.settings import CNTK, MODES, PRESETS, QUICK, Value, parse_setting, settings_table
from app.terminal import ProgressLine
from app.training import RunResult, TrainingRequest, check_engine, launch_worker, resume
from app.training import train as train_run

HEADS = ("logistic", "svm")


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("train", train, "train on a folder of images")
    parser.add_argument("data", metavar="DATA", type=Path, help="folder whose sub-folders are the labels")
    parser.add_argument("--project", metavar="DIR", type=Path, help="project folder (default: one kept for DATA)")
    parser.add_argument("--engine", choices=list(ENGINES), default="", help="default: quick, or the preset's")
    parser.add_argument("--mode", choices=MODES, help="how CNTK trains (default: softmax)")
    parser.add_argument("--preset", choices=list(PRESETS), default="", help="engine and settings at once")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="change a setting of the engine; repeatable"
    )
    parser.add_argument("--resume", metavar="RUN", type=int, help="go on with a run that was stopped")
    parser.add_argument("--like", metavar="RUN", type=int, help="train anew with the settings of a run")
    parser.add_argument("--seed", metavar="N", type=int, help="default: 0, or that of the run of --like")
    parser.add_argument("--backbone", metavar="NAME", help=f"see “backbones” (default: {DEFAULT_BACKBONE})")
    parser.add_argument("--head", choices=HEADS, help="quick's classifier (default: logistic)")


def train(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Add the folder to its project and train, or go on with a run."""
    if options.resume is not None and options.like is None:
        training_request(options)
        return _go_on(options, progress, cancel)
    data = options.data.expanduser().resolve()
    folder = (options.project or default_project_folder(data)).expanduser()
    request = training_request(options) if options.like is None else request_again(options, folder)
    check_engine(request.engine)
    scan_folder(data)  # before a project is made for a folder that has nothing to offer
    with launch_worker(request.engine) as worker, open_or_create(folder, data.name) as project:
        tell_of_unfinished(project, options, progress)
        with way_on_told(project, options, progress):
            imported = project.add_folder(data, progress.count, cancel)
            result = train_run(project, request, progress, cancel, worker)
    return training_report(result, (*imported.skipped, *result.skipped))


def _go_on(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    data = options.data.expanduser().resolve()
    folder = (options.project or default_project_folder(data)).expanduser()
    with open_or_create(folder, data.name) as project, way_on_told(project, options, progress):
        result = resume(project, options.resume, progress, cancel)
    return training_report(result, result.skipped)


def training_request(options: argparse.Namespace) -> TrainingRequest:
    """Return what was asked for; raises InputError where engine, preset and settings do not belong together."""
    preset = options.preset
    engine = options.engine or (PRESETS[preset].engine if preset else CNTK if options.mode else QUICK)
    if preset and PRESETS[preset].engine != engine:
        raise InputError(f"The preset “{preset}” is not one of the engine “{engine}”.", "Leave one of the two out.")
    if options.set and not settings_table(engine):
        raise InputError(f"The engine “{engine}” has no settings to change.", "Choose another preset or engine.")
    if options.mode and engine != CNTK:
        raise InputError(f"The engine “{engine}” has no modes.", "Leave --mode out, or use --engine cntk.")
    settings: dict[str, Value] = dict(parse_setting(engine, text) for text in options.set)
    if options.mode:
        settings["mode"] = options.mode
    seed, head, backbone = options.seed or 0, options.head or HEADS[0], options.backbone or DEFAULT_BACKBONE
    return TrainingRequest(engine, seed, head, preset, settings, backbone=backbone)


def request_again(options: argparse.Namespace, folder: Path) -> TrainingRequest:
    """Return what a run was asked for, perhaps with another seed; raises InputError beside other choices."""
    others = (options.engine, options.preset, options.set, options.head, options.mode, options.backbone)
    if any(others) or options.resume is not None:
        raise InputError("--like takes every setting from a run.", "Only --seed goes with it.")
    with Project.open(folder) as project:
        request = request_like(project, options.like)
    return request if options.seed is None else replace(request, seed=options.seed)


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
    held_out = measured_words(result.validation)
    text = (
        f"Run {result.run}: {measured}\nHeld out while training: {held_out}\n"
        f"Model: {result.bundle}\nTook {result.seconds['total']:.1f} s."
    )
    values = {
        "run": result.run,
        "engine": result.engine,
        "classes": list(result.classes),
        "model": str(result.bundle),
        "test": test,
        "validation": None if result.validation is None else asdict(result.validation),
        "seconds": result.seconds,
        "processor_seconds": result.processor_seconds,
        **skipped_values(skipped),
    }
    return Report(with_skipped(text, skipped), values)
