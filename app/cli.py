"""The command line: arguments, words for the user, exit codes. What commands do is in `app/commands.py`.

Progress goes to stderr; with `--json` the last line on stdout is one JSON object. Exit 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from app import __version__, commands, tour
from app.commands import Report
from app.engines.catalog import ENGINES
from app.errors import AppError, Cancelled
from app.logs import set_up_logging
from app.server.options import DEFAULT_HOST, DEFAULT_PORT, TOKEN_VARIABLE
from app.terminal import ProgressLine

DONE, FAILED = 0, 1
HEADS = ("logistic", "svm")
Command = Callable[[argparse.Namespace, ProgressLine, threading.Event], Report]


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
            print(json.dumps(report.values, ensure_ascii=False))
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
    _train_arguments(add("train", commands.train, "train on a folder of images"))
    evaluate = add("evaluate", commands.evaluate, "measure a model on a folder of labelled images")
    _model_argument(evaluate)
    evaluate.add_argument("data", metavar="DATA", type=Path, help="folder whose sub-folders are the true labels")
    predict = add("predict", commands.predict, "classify images")
    _model_argument(predict)
    predict.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="image files or folders")
    predict.add_argument("--csv", metavar="FILE", type=Path, help="write the results as a table")
    export = add("export", commands.export, "write a model bundle and check that it gives the same answers")
    export.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    export.add_argument("--run", metavar="N", type=int, help="run to export (default: the best)")
    export.add_argument("--to", metavar="DIR", type=Path, required=True, help="folder to write the bundle into")
    _serve_arguments(add("serve", commands.serve, "answer over REST on this computer"))
    add("engines", commands.engines, "list the engines and whether they can run here")
    return parser


def _model_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", type=Path, help="model bundle, or project folder (its best run)")


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", type=Path, help="folder whose sub-folders are the labels")
    parser.add_argument("--project", metavar="DIR", type=Path, help="project folder (default: one kept for DATA)")
    parser.add_argument("--engine", choices=list(ENGINES), default="quick", help="default: quick")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")
    parser.add_argument("--head", choices=HEADS, default="logistic", help="quick's classifier (default: logistic)")


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    _model_argument(parser)
    parser.add_argument("--host", metavar="H", default=DEFAULT_HOST, help="address (default: this computer only)")
    parser.add_argument(
        "--port", metavar="P", type=_port, default=DEFAULT_PORT, help="default: 8000; 0 takes a free one"
    )
    parser.add_argument(
        "--token",
        metavar="T",
        default=os.environ.get(TOKEN_VARIABLE) or None,
        help=f"secret that requests must carry, needed for other addresses (or set {TOKEN_VARIABLE}: others on this "
        "computer can see a command's arguments)",
    )
    parser.add_argument("--watch-stdin", action="store_true", help="stop when standard input is closed")


def _port(text: str) -> int:
    if not (text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _cancel_on_interrupt(cancel: threading.Event) -> None:
    def on_interrupt(number: int, frame: FrameType | None) -> None:
        cancel.set()

    signal.signal(signal.SIGINT, on_interrupt)
