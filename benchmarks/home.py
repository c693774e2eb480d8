"""A temporary folder in which a benchmark works, and in which the program keeps its own files meanwhile."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.files import HOME_VARIABLE


@contextmanager
def own_home() -> Iterator[Path]:
    """Yield the folder, which is deleted afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = str(Path(temporary) / "home")
        yield Path(temporary)
