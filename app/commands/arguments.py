"""How groups of commands add themselves to the command line."""

import argparse
import threading
from collections.abc import Callable
from pathlib import Path

from app.commands.report import Report
from app.terminal import ProgressLine

Command = Callable[[argparse.Namespace, ProgressLine, threading.Event], Report]
AddCommand = Callable[[str, Command, str], argparse.ArgumentParser]


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model a command uses."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="model bundle, or project folder (its best run)")
