"""What `run.py` and `test.py` do, once the Python that runs them is known to be new enough."""

import subprocess
from collections.abc import Callable, Sequence

from installer.checks import run_checks
from installer.display import has_display
from installer.environment import ROOT, SetupError, environment_python
from installer.setup import set_up

INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Set up and start the program; return its exit code."""
    return _set_up_and(_start, arguments, for_tests=False)


def test(arguments: Sequence[str]) -> int:
    """Set up and run every check; return 0 only if all of them passed."""
    return _set_up_and(run_checks, arguments, for_tests=True)


def _set_up_and(action: Callable[[Sequence[str]], int], arguments: Sequence[str], for_tests: bool) -> int:
    try:
        set_up(for_tests)
        return action(arguments)
    except SetupError as error:
        print(error, flush=True)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _start(arguments: Sequence[str]) -> int:
    command = list(arguments) or ["--demo"]
    if not arguments and not has_display():
        print("There is no display here, so the demo runs without a window.", flush=True)
        command = ["demo"]
    return subprocess.call([str(environment_python()), str(ROOT / "main.py"), *command])
