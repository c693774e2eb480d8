"""The command line: arguments, words for the user, exit codes. What commands do is in `app/commands/`.

Progress goes to stderr; with `--json` the last line on stdout is one JSON object. Exit 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from app import __version__, tour
from app.commands import (
    assist,
    backbones,
    cntk,
    comparing,
    cross_validation,
    data,
    evaluating,
    explaining,
    find,
    grouping,
    learning_curve,
    models,
    predicting,
    runs,
    safekeeping,
    serving,
    sweeping,
    thresholds,
    training,
)
from app.commands.arguments import Command
from app.commands.report import Report
from app.errors import AppError, Cancelled
from app.logs import set_up_logging
from app.terminal import ProgressLine

DONE, FAILED = 0, 1

log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; wrong usage leaves with 2."""
    options = build_parser().parse_args(arguments)
    cancel = threading.Event()
    _cancel_on_interrupt(cancel)
    progress = ProgressLine(sys.stderr)
    try:
        set_up_logging()
        report = options.command(options, progress, cancel)
    except AppError as error:
        progress.clear()
        print(f"Error: {error.message}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return FAILED
    except OSError as error:  # what no stage has words for: a disk that is full, or gone
        progress.clear()
        log.exception("failed")
        print(f"Error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}.", file=sys.stderr)
        print("Check that the disk is connected, may be written to, and has space.", file=sys.stderr)
        return FAILED
    except Cancelled:
        progress.clear()
        print("Stopped.", file=sys.stderr)
        return FAILED
    progress.clear()
    return _print(report, options.json)


def _print(report: Report, as_json: bool) -> int:
    """Print words, or the JSON line with words on stderr; a name that cannot be written is escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if as_json else None, errors="backslashreplace")
    try:
        if report.text:
            print(report.text, file=sys.stderr if as_json else sys.stdout)
        if as_json and report.values:
            # Piece by piece: a `Lazy` list in it is never whole in memory.
            for piece in json.JSONEncoder(ensure_ascii=False).iterencode(report.values):
                sys.stdout.write(piece)
            print()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; what is left in the buffer goes nowhere, and quietly
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return DONE


def build_parser() -> argparse.ArgumentParser:
    """Describe every command."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Sightline makes image classifiers on this computer. Without a command: the window.",
        epilog="The window: main.py [--project DIR | --demo | --self-test]. Help on a command: main.py COMMAND --help.",
    )
    parser.add_argument("--version", action="version", version=f"Sightline {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        subparser = subparsers.add_parser(name, help=text, description=text)
        subparser.add_argument("--json", action="store_true", help="print the result as one JSON line")
        subparser.set_defaults(command=command)
        return subparser

    add("demo", tour.demo, "do the whole main job on synthetic data and print what came of it")
    for group in (
        training,
        data,
        grouping,
        assist,
        backbones,
        find,
        evaluating,
        runs,
        comparing,
        sweeping,
        learning_curve,
        models,
        predicting,
        thresholds,
        cross_validation,
        explaining,
        serving,
        safekeeping,
        cntk,
    ):
        group.add_commands(add)
    return parser


def _cancel_on_interrupt(cancel: threading.Event) -> None:
    def on_interrupt(number: int, frame: FrameType | None) -> None:
        cancel.set()

    signal.signal(signal.SIGINT, on_interrupt)
