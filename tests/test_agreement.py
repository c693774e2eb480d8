"""Pictures get the same answers everywhere: exported file, library, command, window's worker and server."""

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from app.dataset.decode import read_image
from app.engines.process import ROOT
from app.engines.protocol import Event, Progress
from app.export.predictor import Predictor
from app.export.service import ModelService
from benchmarks.result import PHOTOS as TRAINING_PHOTOS

PHOTOS = TRAINING_PHOTOS.with_name("validation")
COUNT = 100
SAME = 1e-5

Answers = NDArray[np.float64]


def from_worker(bundle: Path, paths: list[Path], labels: tuple[str, ...]) -> Answers:
    heard: list[dict[str, float]] = []

    def collect(event: Event) -> None:
        assert isinstance(event, Progress)
        for result in event.values["results"]:
            heard.append({one["label"]: one["confidence"] for one in result["predictions"]})

    service = ModelService()
    service.predict(bundle, paths, collect, threading.Event())
    service.close()
    return np.array([[one[label] for label in labels] for one in heard])


def from_server(bundle: Path, paths: list[Path], labels: tuple[str, ...]) -> Answers:
    command = [sys.executable, str(ROOT / "main.py"), "serve", str(bundle), "--port", "0", "--json", "--watch-stdin"]
    rows = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        for path in paths:
            request = urllib.request.Request(f"{url}/predict", path.read_bytes(), {"Content-Type": "image/jpeg"})
            with urllib.request.urlopen(request) as reply:
                answer = {one["label"]: one["confidence"] for one in json.load(reply)["predictions"]}
            rows.append([answer[label] for label in labels])
        process.communicate()
    return np.array(rows)


def from_file(bundle: Path, paths: list[Path]) -> Answers:
    """Answer as any program with ONNX Runtime would, with its usual options."""
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    return np.array([session.run(["probabilities"], {"image": read_image(path)[None]})[0][0] for path in paths])


def from_command(bundle: Path, paths: list[Path], labels: tuple[str, ...]) -> Answers:
    command = [sys.executable, str(ROOT / "main.py"), "predict", str(bundle), *map(str, paths), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    results = json.loads(done.stdout.splitlines()[-1])["results"]
    assert [one["path"] for one in results] == [str(path) for path in paths]
    answers = [{each["label"]: each["confidence"] for each in one["predictions"]} for one in results]
    return np.array([[one[label] for label in labels] for one in answers])


def check_all_ways(bundle: Path, paths: list[Path]) -> None:
    predictor = Predictor(bundle)
    labels = predictor.info.labels
    expected = np.array([one.probabilities for one in predictor.predict_files(paths)], np.float64)
    assert expected.shape == (len(paths), len(labels))
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=SAME)
    np.testing.assert_allclose(from_file(bundle, paths), expected, atol=SAME)
    np.testing.assert_allclose(from_command(bundle, paths, labels), expected, atol=SAME)
    np.testing.assert_allclose(from_worker(bundle, paths, labels), expected, atol=SAME)
    np.testing.assert_allclose(from_server(bundle, paths, labels), expected, atol=SAME)


def test_drawn_garments_get_the_same_answers_everywhere(bundle: Path, garments: Path) -> None:
    check_all_ways(bundle, sorted(garments.rglob("*.jpg")))


@pytest.mark.photos
@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"there are no photos in {PHOTOS.name} beside the repository")
def test_a_hundred_photos_get_the_same_answers_everywhere(bundle: Path) -> None:
    photos = sorted(PHOTOS.rglob("*.jpg"))
    check_all_ways(bundle, photos[:: len(photos) // COUNT][:COUNT])
