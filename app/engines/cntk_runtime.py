"""CNTK's own Python: where it is, and how a program is started in it.

A folder holds `environment`, a virtual environment of Python 3.6 with cntk in it, and on Linux `libraries`, in which
Open MPI stands under the names that CNTK was linked against.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from app.files import data_folder, read_json, write_json

RUNTIME_VARIABLE = "SIGHTLINE_CNTK"
FOLDER = "cntk"
ENVIRONMENT_FOLDER = "environment"
LIBRARIES_FOLDER = "libraries"
INFO_FILE = "runtime.json"
FORMAT = 1


@dataclass(frozen=True)
class RuntimeInfo:
    """What was proved of a runtime; `gpu_problem` says why the graphics card is not used, if one was wished for."""

    package: str
    version: str
    devices: tuple[str, ...]
    gpu_problem: str = ""


@dataclass(frozen=True)
class Runtime:
    """A folder with CNTK's Python; it may not be there, or be half installed."""

    folder: Path

    @property
    def environment_folder(self) -> Path:
        """The virtual environment."""
        return self.folder / ENVIRONMENT_FOLDER

    @property
    def libraries_folder(self) -> Path:
        """Open MPI under CNTK's names; used on Linux only."""
        return self.folder / LIBRARIES_FOLDER

    @property
    def python(self) -> Path:
        """The interpreter."""
        inside = Path("Scripts", "python.exe") if sys.platform == "win32" else Path("bin", "python")
        return self.environment_folder / inside

    @property
    def packages(self) -> Path:
        """The folder with the package cntk."""
        inside = Path("Lib") if sys.platform == "win32" else Path("lib", "python3.6")
        return self.environment_folder / inside / "site-packages"

    @property
    def exists(self) -> bool:
        """Tell whether the interpreter and the package are there."""
        return self.python.is_file() and (self.packages / "cntk").is_dir()

    def info(self) -> RuntimeInfo | None:
        """Return what was proved when it was set up, or None where that was not finished."""
        try:
            values = read_json(self.folder / INFO_FILE)
            if values.pop("format") != FORMAT or not self.exists:
                return None
            return RuntimeInfo(**{**values, "devices": tuple(values["devices"])})
        except (AttributeError, KeyError, OSError, TypeError, ValueError):
            return None

    def write_info(self, info: RuntimeInfo) -> None:
        """Note that the runtime works."""
        write_json(self.folder / INFO_FILE, {"format": FORMAT, **asdict(info)})

    def forget_info(self) -> None:
        """Note that the runtime may be half made."""
        (self.folder / INFO_FILE).unlink(missing_ok=True)

    def variables(self) -> dict[str, str]:
        """Return the environment variables to start the interpreter with, all of this process's among them."""
        variables = {**os.environ, "MKL_DEBUG_CPU_TYPE": "5", "PYTHONWARNINGS": "ignore"}
        for name in ("PYTHONPATH", "PYTHONHOME"):  # they are meant for this process's Python
            variables.pop(name, None)
        if sys.platform == "linux":
            folders = [self.libraries_folder, self._base() / "lib", self.packages / "cntk" / "libs"]
            variables["LD_LIBRARY_PATH"] = os.pathsep.join(str(folder) for folder in folders)
        return variables

    def _base(self) -> Path:
        """Return the folder of the Python that the environment was made from."""
        values = _settings(self.environment_folder / "pyvenv.cfg")
        return Path(values["home"]).parent if "home" in values else self.environment_folder


def default_runtime() -> Runtime:
    """Return where the runtime is, or would be, for this user."""
    folder = os.environ.get(RUNTIME_VARIABLE)
    return Runtime(Path(folder) if folder else data_folder() / FOLDER)


def _settings(path: Path) -> Mapping[str, str]:
    """Read `name = value` lines; there are none in a file that is missing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}
