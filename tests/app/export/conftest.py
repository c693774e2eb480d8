"""A trained bundle in other forms: copied, to be damaged, and zipped."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Trained


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """Copy the bundle, so that a test may damage it."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


@pytest.fixture
def zipped(bundle: Path, tmp_path: Path) -> Path:
    """Zip the bundle with its folder, as most programs do."""
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in bundle.rglob("*"):
            archive.write(file, Path("my model") / file.relative_to(bundle))
    return path


@pytest.fixture
def photos(trained: Trained) -> list[Path]:
    """Return every third of the drawn pictures, of all classes."""
    return sorted(trained.images.rglob("*.jpg"))[::3][:12]
