"""Pictures get the same answers everywhere: exported file, library, command, window's worker and server.

So does the rule: each of them, the table and the bundle's own check accept and reject the same pictures.
"""

import csv
import json
import shutil
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
from app.evaluation.rule import Rule
from app.export.bundle import read_bundle_info
from app.export.predictor import Predictor
from app.export.ruling import set_rule
from app.export.service import ModelService
from benchmarks.result import PHOTOS as TRAINING_PHOTOS

PHOTOS = TRAINING_PHOTOS.with_name("validation")
COUNT = 100
SAME = 1e-5

Answers = NDArray[np.float64]


def from_worker(bundle: Path, paths: list[Path], labels: tuple[str, ...]) -> tuple[Answers, list[str]]:
    heard: list[dict[str, float]] = []
    verdicts: list[str] = []

    def collect(event: Event) -> None:
        assert isinstance(event, Progress)
        for result in event.values["results"]:
            heard.append({one["label"]: one["confidence"] for one in result["predictions"]})
            verdicts.append(result["verdict"])

    service = ModelService()
    service.predict(bundle, paths, collect, threading.Event())
    service.close()
    return np.array([[one[label] for label in labels] for one in heard]), verdicts


def from_server(bundle: Path, paths: list[Path], labels: tuple[str, ...]) -> tuple[Answers, list[str]]:
    command = [sys.executable, str(ROOT / "main.py"), "serve", str(bundle), "--port", "0", "--json", "--watch-stdin"]
    rows, verdicts = [], []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        for path in paths:
            request = urllib.request.Request(f"{url}/predict", path.read_bytes(), {"Content-Type": "image/jpeg"})
            with urllib.request.urlopen(request) as reply:
                said = json.load(reply)
            answer = {one["label"]: one["confidence"] for one in said["predictions"]}
            rows.append([answer[label] for label in labels])
            verdicts.append(said["verdict"])
            assert said["accepted"] == (said["verdict"] == "accepted")
        process.communicate()
    return np.array(rows), verdicts


def from_file(bundle: Path, paths: list[Path]) -> Answers:
    """Answer as any program with ONNX Runtime would, with its usual options."""
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    return np.array([session.run(["probabilities"], {"image": read_image(path)[None]})[0][0] for path in paths])


def from_command(bundle: Path, paths: list[Path], labels: tuple[str, ...], table: Path) -> tuple[Answers, list[str]]:
    """Answer as the command does, which also writes the table."""
    command = [sys.executable, str(ROOT / "main.py"), "predict", str(bundle), *map(str, paths), "--json"]
    command += ["--csv", str(table)]
    done = subprocess.run(command, capture_output=True, check=True)
    results = json.loads(done.stdout.splitlines()[-1])["results"]
    assert [one["path"] for one in results] == [str(path) for path in paths]
    answers = [{each["label"]: each["confidence"] for each in one["predictions"]} for one in results]
    return np.array([[one[label] for label in labels] for one in answers]), [one["verdict"] for one in results]


def from_table(table: Path) -> list[str]:
    with table.open(encoding="utf-8", newline="") as stream:
        return [row["verdict"] for row in csv.DictReader(stream)]


def from_check(bundle: Path, paths: list[Path]) -> list[str]:
    command = [sys.executable, str(bundle / "check.py"), "--json", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=True)
    return [json.loads(line)["verdict"] for line in done.stdout.splitlines()]


def with_strict_rule(bundle: Path, paths: list[Path], folder: Path) -> Path:
    """Copy a bundle and give it a rule that rejects about half of these pictures, for both reasons."""
    copy = Path(shutil.copytree(bundle, folder / "strict"))
    predictions = list(Predictor(bundle).predict_files(paths))
    confidence = sorted(float(one.probabilities.max()) for one in predictions if one.probabilities is not None)
    novelty = sorted(one.novelty for one in predictions if one.novelty is not None)
    thresholds = (confidence[len(confidence) // 4],) * len(read_bundle_info(bundle).labels)
    set_rule(copy, Rule(thresholds, novelty[len(novelty) * 3 // 4], "to reject about half"))
    return copy


def check_all_ways(bundle: Path, paths: list[Path], folder: Path) -> None:
    bundle = with_strict_rule(bundle, paths, folder)
    predictor = Predictor(bundle)
    labels = predictor.info.labels
    predictions = list(predictor.predict_files(paths))
    expected = np.array([one.probabilities for one in predictions], np.float64)
    verdicts = [one.verdict for one in predictions]
    assert set(verdicts) == {"accepted", "unsure", "unknown"}
    assert expected.shape == (len(paths), len(labels))
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=SAME)
    np.testing.assert_allclose(from_file(bundle, paths), expected, atol=SAME)
    table = folder / "table.csv"
    for answers, said in (
        from_command(bundle, paths, labels, table),
        from_worker(bundle, paths, labels),
        from_server(bundle, paths, labels),
    ):
        np.testing.assert_allclose(answers, expected, atol=SAME)
        assert said == verdicts
    assert from_table(table) == from_check(bundle, paths) == verdicts


def test_drawn_garments_get_the_same_answers_everywhere(bundle: Path, garments: Path, tmp_path: Path) -> None:
    check_all_ways(bundle, sorted(garments.rglob("*.jpg")), tmp_path)


@pytest.mark.photos
@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"there are no photos in {PHOTOS.name} beside the repository")
def test_a_hundred_photos_get_the_same_answers_everywhere(bundle: Path, tmp_path: Path) -> None:
    photos = sorted(PHOTOS.rglob("*.jpg"))
    check_all_ways(bundle, photos[:: len(photos) // COUNT][:COUNT], tmp_path)
