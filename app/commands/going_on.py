"""Says with which command a run of training that was not finished goes on."""

import argparse
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Cancelled
from app.project.project import Project
from app.terminal import ProgressLine
from app.training import resumable_run


@contextmanager
def way_on_told(project: Project, options: argparse.Namespace, progress: ProgressLine) -> Iterator[None]:
    """Say how to go on where what `train` does in the block is stopped, and its run can go on."""
    try:
        yield
    except Cancelled:
        number = resumable_run(project) if options.resume is None else options.resume
        if number is not None:
            progress.say(f"Run {number} can go on: {resume_command(options, number)}")
        raise


def tell_of_unfinished(project: Project, options: argparse.Namespace, progress: ProgressLine) -> None:
    """Say, before a new run, that the newest one was not finished and can go on."""
    number = resumable_run(project)
    if number is not None:
        command = resume_command(options, number)
        progress.say(f"This is a new run. Run {number} was not finished and can go on: {command}")


def resume_command(options: argparse.Namespace, number: int) -> str:
    """Return what to type to go on with a run, for the shell of this system."""
    project = ["--project", str(options.project)] if options.project else []
    words = ["python", "main.py", "train", str(options.data), *project, "--resume", str(number)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
