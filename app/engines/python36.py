"""Find a Python 3.6 of 64 bits, the newest that CNTK was made for."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import EngineError

WANTED = "3.6 64"
QUESTION = (
    "import struct, sys; print('%d.%d %d' % (sys.version_info[0], sys.version_info[1], 8 * struct.calcsize('P')))"
)
PATIENCE_S = 20
CONDA_HOMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
ADVICE = {
    "win32": "Install Python 3.6.8 (64 bit) from python.org/downloads/release/python-368, then try again.",
    "darwin": "CNTK was never made for macOS: train with the quick engine.",
}
OTHER_ADVICE = (
    "Get one with conda (conda create -n cntk python=3.6) or pyenv (pyenv install 3.6.15), then try again, "
    "or name it with --python."
)


def find_python36(chosen: Path | None = None) -> Path:
    """Return a Python 3.6: the one chosen, or the first found; raises EngineError."""
    if chosen is not None:
        if _answers([str(chosen)]) != WANTED:
            raise EngineError(
                f"“{chosen}” is not a Python 3.6 of 64 bits.", f"Name another, or none. {advice()}".strip()
            )
        return chosen
    for command in candidates():
        if _answers(command) == WANTED:
            return _location(command)
    raise EngineError("There is no Python 3.6 on this computer, which CNTK needs.", advice())


def advice() -> str:
    """Say how to get a Python 3.6 on this system."""
    return ADVICE.get(sys.platform, OTHER_ADVICE)


def candidates(home: Path | None = None) -> Iterator[list[str]]:
    """Yield commands that may start a Python 3.6: on the path, the Windows launcher, pyenv's and conda's."""
    home = home or Path.home()
    for name in ("python3.6", "python3", "python"):
        found = shutil.which(name)
        if found:
            yield [found]
    launcher = shutil.which("py") if sys.platform == "win32" else None
    if launcher:
        yield [launcher, "-3.6"]
    for folder in _folders(home):
        python = folder / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"
        if python.is_file():
            yield [str(python)]


def _folders(home: Path) -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    for versions in (pyenv / "versions", pyenv / "pyenv-win" / "versions"):
        yield from sorted(versions.glob("3.6.*"), reverse=True)
    for conda in (home / name for name in CONDA_HOMES):
        yield from sorted((conda / "envs").glob("*"))
    try:
        listed = (home / ".conda" / "environments.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        listed = []
    yield from (Path(line.strip()) for line in listed if line.strip())
    if sys.platform == "win32":
        yield Path(os.environ.get("LOCALAPPDATA", str(home)), "Programs", "Python", "Python36")


def _answers(command: Sequence[str]) -> str:
    return _asked(command, QUESTION)


def _location(command: Sequence[str]) -> Path:
    return Path(_asked(command, "import sys; print(sys.executable)") or command[0])


def _asked(command: Sequence[str], question: str) -> str:
    try:
        done = subprocess.run(
            [*command, "-c", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
