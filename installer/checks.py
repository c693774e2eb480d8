"""Every check of the sources and every test, one after the other; all of them run even if one fails."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from installer.display import PrivateDisplay
from installer.environment import ROOT, environment_python

# pytest comes last, so that its own last line stays near the end of the output.
CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import-linter": ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
    "pytest": ("-m", "pytest", "--numprocesses", "2", "--dist", "loadfile"),
}
# Numerical libraries' threads wait for each other in circles, which takes time from the other process.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Outcome:
    """How one check ended."""

    name: str
    code: int
    seconds: float

    def line(self) -> str:
        """Return the check's line in the summary."""
        verdict = "ok" if self.code == 0 else f"FAILED (exit code {self.code})"
        return f"{self.name:<14} {self.seconds:7.1f} s  {verdict}"


def run_checks(pytest_arguments: Sequence[str]) -> int:
    """Run all checks, print a summary, and return 0 only if all of them passed."""
    with ExitStack() as stack:
        environment = _environment(stack)
        outcomes = [
            _run(name, [*command, *(pytest_arguments if name == "pytest" else ())], environment)
            for name, command in CHECKS.items()
        ]
    print()
    for outcome in outcomes:
        print(outcome.line(), flush=True)
    return 1 if any(outcome.code for outcome in outcomes) else 0


def _environment(stack: ExitStack) -> dict[str, str]:
    """Give the tests a display and a runtime folder of their own on Linux; elsewhere the real ones do.

    Two processes test side by side, so that each computes with one thread.
    """
    environment = {**dict.fromkeys(ONE_THREAD, "1"), **os.environ}
    if sys.platform.startswith("linux"):
        environment.pop("WAYLAND_DISPLAY", None)
        environment["DISPLAY"] = stack.enter_context(PrivateDisplay())
        environment["QT_QPA_PLATFORM"] = "xcb"
        environment["XDG_RUNTIME_DIR"] = stack.enter_context(tempfile.TemporaryDirectory())
    return environment


def _run(name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    command = [str(environment_python()), *arguments]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return Outcome(name, code, time.monotonic() - started)
