"""A bundle that an older Sightline wrote answers as it did then: one stored sample per format number."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.dataset.decode import read_image
from app.export.bundle import FORMAT, read_bundle_info
from app.export.exporters import BUNDLE
from app.export.exporting import export
from app.export.golden import check_golden
from app.export.predictor import Predictor

SAMPLES = Path(__file__).parent / "samples"
MOST_BYTES = 500_000
numbers = pytest.mark.parametrize("number", range(1, FORMAT + 1))


@pytest.fixture
def sample(number: int, tmp_path: Path) -> Path:
    with zipfile.ZipFile(SAMPLES / f"format-{number}.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "sample"


def test_every_format_has_a_small_sample() -> None:
    names = sorted(path.name for path in SAMPLES.iterdir())
    assert names == [f"format-{number}.zip" for number in range(1, FORMAT + 1)]
    assert all(path.stat().st_size < MOST_BYTES for path in SAMPLES.iterdir())


@numbers
def test_it_is_read_and_answers(number: int) -> None:
    path = SAMPLES / f"format-{number}.zip"
    info = read_bundle_info(path)
    assert info.format == number
    assert info.name == f"Sample {number}"
    assert info.labels == ("dotted", "leopard", "striped")
    assert check_golden(path).agrees
    assert len(info.ruled.thresholds) == 3


@numbers
def test_its_own_check_agrees(sample: Path) -> None:
    done = subprocess.run([sys.executable, str(sample / "check.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@numbers
def test_it_is_exported_in_todays_format(sample: Path, tmp_path: Path) -> None:
    made = Path(export(sample, tmp_path / "out", BUNDLE)["bundle"])
    info = read_bundle_info(made)
    assert info.format == FORMAT
    golden = sorted((made / "golden").glob("*.png"))
    one, other = (Predictor(folder).predict_image(read_image(golden[0])) for folder in (made, sample))
    assert one.tolist() == other.tolist()
