"""The demo: the whole main job, from a folder of pictures to an answering server, on synthetic images."""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.commands.report import Report
from app.demo.garments import make_demo
from app.engines.process import ROOT
from app.errors import ServerError
from app.export.service import ModelService
from app.files import data_folder
from app.project.project import open_or_create
from app.terminal import ProgressLine
from app.training import RunResult, TrainingRequest, train

NEW_IMAGES_SEED = 1
NEW_IMAGES_PER_CLASS = 4
REQUEST_TIMEOUT_S = 30


def demo_images() -> Path:
    """Draw the demo images, unless they are there already, and return their folder."""
    return make_demo(data_folder() / "demo" / "garments")


def demo_project_folder() -> Path:
    """Return where the demo's project is kept."""
    return data_folder() / "demo" / "project"


def demo(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Label, train, review, predict, export and serve; report a table of what came of each."""
    progress.say("Drawing synthetic garments…")
    images = demo_images()
    with open_or_create(demo_project_folder(), "Demo garments (synthetic)") as project:
        added = project.add_folder(images, progress.count, cancel)
        result = train(project, TrainingRequest(), progress, cancel)
    rows = [
        ("Images", f"{added.added + added.known} synthetic photos in {len(result.classes)} classes"),
        ("Train", f"run {result.run} with the quick engine, {result.seconds['total']:.1f} s"),
        ("Review", _review(result)),
    ]
    values: dict[str, Any] = {"run": result.run, "model": str(result.bundle), "classes": list(result.classes)}
    if result.evaluation:
        values["test"] = {
            "accuracy": result.evaluation.accuracy,
            "interval": list(result.evaluation.interval),
        }
    service = ModelService()
    try:
        with TemporaryDirectory() as folder:
            new_images = make_demo(Path(folder), NEW_IMAGES_SEED, per_class=NEW_IMAGES_PER_CLASS)
            answers = _predict(service, result.bundle, new_images, cancel)
            right = sum(path.parent.name == answer["predictions"][0]["label"] for path, answer in answers.items())
            shutil.rmtree(data_folder() / "demo" / "exported", ignore_errors=True)  # of the demo before
            exported = service.export(result.bundle, data_folder() / "demo" / "exported", progress, cancel)
            progress.say("Starting the server…")
            url, difference = _ask_server(Path(exported["bundle"]), answers)
    finally:
        service.close()
    rows += [
        ("Predict", f"{right} of {len(answers)} pictures it has never seen are right"),
        ("Export", f"{exported['bundle']}, largest difference {exported['largest_difference']:.1e}"),
        ("Serve", f"{url}/predict gave the same answers, largest difference {difference:.1e}"),
    ]
    values |= {"predicted": len(answers), "predicted_right": right, "server_difference": difference}
    return Report("\n".join(f"{name:8} {text}" for name, text in rows), values)


def _review(result: RunResult) -> str:
    if result.evaluation is None:
        return "no images were left to test on"
    low, high = result.evaluation.interval
    return (
        f"{result.evaluation.accuracy:.1%} of {result.evaluation.images} test images right "
        f"(95% interval {low:.1%} to {high:.1%})"
    )


def _predict(service: ModelService, bundle: Path, folder: Path, cancel: threading.Event) -> dict[Path, dict[str, Any]]:
    answers: dict[Path, dict[str, Any]] = {}

    def collect(event: Any) -> None:
        for answer in event.values["results"]:
            answers[Path(answer["path"])] = answer

    service.predict(bundle, sorted(folder.rglob("*.jpg")), collect, cancel)
    return answers


def _ask_server(bundle: Path, answers: dict[Path, dict[str, Any]]) -> tuple[str, float]:
    """Serve the bundle, send every picture, and return the address and the largest difference in confidence."""
    largest = 0.0
    with _server(bundle) as url:
        for path, answer in answers.items():
            request = urllib.request.Request(f"{url}/predict", path.read_bytes(), {"Content-Type": "image/jpeg"})
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as reply:
                served = {one["label"]: one["confidence"] for one in json.load(reply)["predictions"]}
            for one in answer["predictions"]:
                largest = max(largest, abs(one["confidence"] - served[one["label"]]))
    return url, largest


@contextmanager
def _server(bundle: Path) -> Iterator[str]:
    command = [
        sys.executable,
        str(ROOT / "main.py"),
        "serve",
        str(bundle),
        "--port",
        "0",
        "--json",
        "--watch-stdin",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                raise ServerError("The server did not start.", "Look into the log file.")
            yield str(json.loads(line)["url"])
        finally:
            process.communicate()  # closes its input, at which it stops
