"""A temporary folder in which a benchmark works, and in which the program keeps its own files meanwhile."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.features.backbones import NETWORKS
from app.files import HOME_VARIABLE, cache_folder


@contextmanager
def own_home() -> Iterator[Path]:
    """Yield the folder, which is deleted afterwards; pretrained networks come along from a home that was named."""
    converted = cache_folder() / NETWORKS if HOME_VARIABLE in os.environ else None
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = str(Path(temporary) / "home")
        if converted is not None and converted.is_dir():
            shutil.copytree(converted, cache_folder() / NETWORKS)
        yield Path(temporary)
