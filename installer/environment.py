"""The program's own Python environment, `.venv`: made once, rebuilt when half-made, skipped when complete."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP_NAME = "sightline-setup.json"
PIP_OPTIONS = ("--disable-pip-version-check", "--no-input")


class SetupError(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def environment_python(folder: Path = VENV) -> Path:
    """Return where the environment's interpreter is."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def prepare_environment(requirements: Sequence[Path], folder: Path = VENV) -> None:
    """Make `folder` an environment that has everything in `requirements`; do nothing if it has already."""
    wanted = {path.name: _digest(path) for path in requirements}
    stamp = _read_stamp(folder)
    if stamp and stamp["files"].items() >= wanted.items():
        return
    if not stamp:
        _make(folder)
    (folder / STAMP_NAME).unlink(missing_ok=True)  # An interrupted pip leaves no stamp, so the next start rebuilds.
    _install(requirements, folder)
    _write_stamp(folder, {**(stamp["files"] if stamp else {}), **wanted})


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _identity(folder: Path) -> list[str]:
    """Tell this interpreter and this place from others: an environment works for one of them only."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [version, sys.base_prefix, platform.machine(), str(folder)]


def _read_stamp(folder: Path) -> dict[str, Any] | None:
    """Return the stamp of a complete environment of this interpreter, or None."""
    try:
        stamp = json.loads((folder / STAMP_NAME).read_text(encoding="utf-8"))
        usable = stamp["identity"] == _identity(folder) and isinstance(stamp["files"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stamp if usable and environment_python(folder).exists() else None


def _write_stamp(folder: Path, files: dict[str, str]) -> None:
    text = json.dumps({"identity": _identity(folder), "files": files}, indent=1)
    unfinished = folder / (STAMP_NAME + ".new")
    unfinished.write_text(text + "\n", encoding="utf-8")
    os.replace(unfinished, folder / STAMP_NAME)


def _make(folder: Path) -> None:
    if Path(sys.prefix).resolve() == folder.resolve():
        raise SetupError(f"{folder} has to be rebuilt, so it cannot be in use: start this with another Python.")
    print(f"Rebuilding {folder}" if folder.exists() else f"Making {folder}", flush=True)
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            f"Could not make {folder}: {error}\nClose every Sightline window, check the free space, then start again."
        ) from error


def _install(requirements: Sequence[Path], folder: Path) -> None:
    print("Installing " + " and ".join(path.name for path in requirements), flush=True)
    command = [str(environment_python(folder)), "-m", "pip", "install", *PIP_OPTIONS]
    if not sys.stdout.isatty():
        command.append("--quiet")
    for path in requirements:
        command += ["-r", str(path)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SetupError(
            "Some packages could not be installed; pip says above why.\n"
            "Check the network connection and the free space (about 3 GB), then start again."
        )
