"""Ways to ask a bundle without the server: worker, command, ONNX Runtime alone, its own check, and JavaScript."""

import csv
import json
import shutil
import subprocess
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from sys import executable
from typing import Any
from venv import create

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from app.dataset.decode import read_image
from app.engines.process import ROOT
from app.engines.protocol import Event, Progress
from app.export.asking import ask
from app.export.service import ModelService

Answers = NDArray[np.float64]
Rows = list[dict[str, Any]]
CHECK_NEEDS = ("onnxruntime", "numpy", "opencv-python-headless")


def from_tab(bundle: Path, folder: Path) -> Rows:
    """Ask as the Predict tab does: its question, its worker."""
    heard: Rows = []

    def collect(event: Event) -> None:
        if isinstance(event, Progress):
            heard.extend(event.values["results"])

    service = ModelService()
    try:
        ask(service, bundle, [folder], collect, threading.Event())
    finally:
        service.close()
    return heard


def from_command(bundle: Path, folder: Path, table: Path) -> Rows:
    """Ask as the command does, which also writes the table."""
    command = [executable, str(ROOT / "main.py"), "predict", str(bundle), str(folder), "--json", "--csv", str(table)]
    done = subprocess.run(command, capture_output=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1])["results"])


def from_table(table: Path) -> Rows:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def from_file(bundle: Path, paths: Sequence[Path], threads: int) -> Answers:
    """Ask as any program with ONNX Runtime would, with so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(bundle / "model.onnx", options, providers=["CPUExecutionProvider"])
    return np.array([session.run(["probabilities"], {"image": read_image(path)[None]})[0][0] for path in paths])


def from_check(bundle: Path, paths: Sequence[Path], folder: Path) -> Rows:
    """Ask the bundle's own check, in an environment that has nothing but what it needs."""
    create(folder, with_pip=True)
    python = next(one for one in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if one.exists())
    needs = [f"{name}=={version(name)}" for name in CHECK_NEEDS]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *needs], check=True, capture_output=True)
    command = [str(python), "-I", str(bundle / "check.py"), "--json", *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return [json.loads(line) for line in done.stdout.splitlines()]


def from_node(bundle: Path, paths: Sequence[Path], folder: Path) -> Answers:
    """Ask ONNX Runtime from JavaScript, about the same pixels."""
    npm, node = shutil.which("npm"), shutil.which("node")
    assert npm
    assert node
    folder.mkdir()
    shutil.copy(bundle / "examples" / "javascript" / "package.json", folder)
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    sizes = []
    with (folder / "pixels.bin").open("wb") as stream:
        for path in paths:
            image = read_image(path)
            sizes.append(image.shape[:2])
            stream.write(np.ascontiguousarray(image).tobytes())
    (folder / "sizes.json").write_text(json.dumps(sizes), encoding="utf-8")
    script = Path(__file__).with_name("pixels.mjs")
    command = [node, str(script), str(bundle / "model.onnx"), "pixels.bin", "sizes.json"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return np.array(json.loads(done.stdout))
