"""Open MPI for CNTK on Linux: the libraries of today under the names that CNTK was linked against in 2019.

CNTK calls Open MPI only for training on several machines, which is not done here, so a newer one serves.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import EngineError

# The name CNTK asks for → names of the same library, CNTK's own first.
LIBRARIES = {
    "libmpi.so.12": ("libmpi.so.12", "libmpi.so.40", "libmpi.so.20"),
    "libmpi_cxx.so.1": ("libmpi_cxx.so.1", "libmpi_cxx.so.40", "libmpi_cxx.so.20"),
}
FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib64/openmpi/lib",
    "/usr/local/lib",
    "/usr/local/mpi/lib",
)
PATIENCE_S = 10


def link_libraries(folder: Path, places: Sequence[Path] | None = None) -> None:
    """Lay the two names into `folder`; nothing is needed on other systems. Raises EngineError without Open MPI."""
    if sys.platform != "linux":
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, choices in LIBRARIES.items():
        link = folder / name
        if link.exists():
            continue
        found = _find(choices, list(_places()) if places is None else places)
        if found is None:
            raise EngineError(
                f"The library {name} of Open MPI is missing, without which CNTK does not start.",
                "Install it (Debian 12: sudo apt install libopenmpi3; Fedora: sudo dnf install openmpi), "
                "then try again.",
            )
        link.unlink(missing_ok=True)  # a link to a library that has gone
        link.symlink_to(found)


def _find(names: Sequence[str], places: Sequence[Path]) -> Path | None:
    return next((place / name for name in names for place in places if (place / name).exists()), None)


def _places() -> Iterator[Path]:
    yield from (Path(one) for one in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if one)
    yield from (Path(one) for one in FOLDERS)
    try:
        listed = subprocess.run(
            ["/sbin/ldconfig", "-p"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return
    for line in listed.splitlines():
        path = line.partition(" => ")[2]
        if "libmpi" in path:
            yield Path(path).parent
