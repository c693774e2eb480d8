"""The set-up, step by step; each step does nothing if it was done before."""

import platform
import sys

from installer import system
from installer.display import has_display
from installer.environment import ROOT, SetupError, prepare_environment

NEWEST_TRIED = (3, 13)


def set_up(for_tests: bool) -> None:
    """Install what is missing, system packages first; raise `SetupError` with what to do if that fails."""
    if sys.version_info[:2] > NEWEST_TRIED:
        version = platform.python_version()
        print(f"Python {version} is newer than any that Sightline was tried with; going on.", flush=True)
    _install_system_packages(for_tests)
    names = ["requirements.txt", "requirements-dev.txt"] if for_tests else ["requirements.txt"]
    prepare_environment([ROOT / name for name in names])


def _install_system_packages(for_tests: bool) -> None:
    needed = _missing_always(for_tests)
    libraries = system.missing_libraries()
    if (needed or libraries) and system.install([*needed, *libraries]):
        needed = _missing_always(for_tests)
        libraries = system.missing_libraries()
    if for_tests or has_display():
        needed += libraries
    elif libraries and not needed:
        print(f"The window cannot be opened here yet. {system.advice(libraries)}", flush=True)
    if needed:
        raise SetupError(system.advice(needed))


def _missing_always(for_tests: bool) -> list[system.Need]:
    """Return what is missing with or without a window."""
    return [*system.missing_venv(), *(system.missing_x_server() if for_tests else [])]
