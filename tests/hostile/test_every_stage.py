"""Whatever lies in a folder, each stage shows it or lists it with a reason, and the stages agree."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.scan import IMAGE_SUFFIXES, Scan, scan_folder
from app.dataset.thumbnails import thumbnail
from app.export.predictor import Predictor
from app.project.project import Project
from tests.hostile.images import Hostile, readable, unreadable, write_hostile_folder

FEWEST_KINDS = 60
SIDE = 128
DIGEST = "{:032x}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the folder; what may not be read may be deleted afterwards."""
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile_folder(folder)
    yield folder
    (folder / "forbidden").chmod(0o755)


@pytest.fixture(scope="module")
def scan(folder: Path) -> Scan:
    return scan_folder(folder)


def sentence(text: str | None) -> bool:
    """Tell whether a text is a reason that can be shown."""
    return bool(text) and str(text)[0].isupper() and str(text).endswith((".", ".)")) and "\n" not in str(text)


def problems(scan: Scan) -> dict[Path, str]:
    """Return why images cannot be shown."""
    found: dict[Path, str] = {}
    for image in scan.images:
        try:
            pixels = read_image(image.path)
        except UnreadableImage as error:
            found[image.path] = error.message
        else:
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
    return found


def test_there_are_enough_kinds() -> None:
    names = [hostile.name for hostile in (*readable(), *unreadable())]
    assert len(set(names)) == len(names)
    assert len(names) >= FEWEST_KINDS


def test_scanning_finds_or_lists_every_file(folder: Path, scan: Scan) -> None:
    known = {image.path for image in scan.images} | {one.path for one in scan.skipped}
    files = [
        Path(where, name)
        for where, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES
    ]
    assert len(files) > FEWEST_KINDS
    assert {Path(os.fsencode(path).decode(errors="replace")).name.replace("\ufffd", "?") for path in files} <= {
        path.name for path in known
    }
    assert all(sentence(one.reason) for one in scan.skipped)
    assert {"empty.jpg", "itself.jpg", "nowhere.jpg"} <= {one.path.name for one in scan.skipped}


def test_decoding_shows_or_lists_every_image(scan: Scan) -> None:
    hostile: dict[str, Hostile] = {one.name: one for one in (*readable(), *unreadable())}
    broken = problems(scan)
    assert all(map(sentence, broken.values()))
    for image in scan.images:
        if image.path.name in hostile:
            assert (image.path in broken) == (hostile[image.path.name].size is None), image.path.name


def test_thumbnails_show_or_list_the_same(scan: Scan, tmp_path: Path) -> None:
    found: dict[Path, str] = {}
    for number, image in enumerate(scan.images):
        try:
            small = thumbnail(image.path, DIGEST.format(number), tmp_path / "cache", SIDE)
        except UnreadableImage as error:
            found[image.path] = error.message
        else:
            assert max(small.shape[:2]) <= SIDE
    assert found == problems(scan)


def test_a_project_takes_or_lists_every_file(scan: Scan, folder: Path, project: Project) -> None:
    result = project.add_folder(folder, lambda done, total: None, threading.Event())
    listed = {one.path for one in result.skipped}
    assert {row.path for row in project.images()} == {image.path for image in scan.images} - listed
    assert {one.path for one in scan.skipped} <= listed
    assert all(sentence(one.reason) for one in result.skipped)
    again = project.add_folder(folder, lambda done, total: None, threading.Event())
    assert (again.added, again.known) == (0, result.added)


def test_predicting_answers_or_says_why_not(scan: Scan, bundle: Path) -> None:
    broken = problems(scan)
    predictor = Predictor(bundle)
    for image, prediction in zip(
        scan.images, predictor.predict_files(image.path for image in scan.images), strict=True
    ):
        assert prediction.problem == broken.get(image.path)
        if prediction.probabilities is not None:
            assert np.isfinite(prediction.probabilities).all()
            assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-4)
