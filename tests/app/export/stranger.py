"""Somebody who has nothing but the exported zip, and does what its README says, word by word."""

import json
import os
import re
import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset.decode import read_image
from app.export.predictor import Predictor

SECTION = re.compile(r"^## (?P<title>[^\n]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)```$", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"([a-z]+) ([01]\.\d{4})")
ROUNDED = 1e-4 + 5e-5  # between runtimes, and as four digits
SEE_THROUGH = "see through.png"


def commands(folder: Path, title: str) -> list[str]:
    """Return the blocks of commands of a section of the README."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    (found,) = (one["text"] for one in SECTION.finditer(text) if one["title"].startswith(title))
    return COMMANDS.findall(found)


def follow(folder: Path, title: str, path: str = "", places: dict[str, str] | None = None) -> str:
    """Run a section's commands in a shell that knows nothing of this program, and return what they print."""
    (block,) = commands(folder, title)
    for name, place in (places or {}).items():
        assert name in block
        block = block.replace(name, place)
    return run(["sh", "-ec", block], folder, path)


def run(command: list[str], folder: Path, path: str = "") -> str:
    """Run a command without what this program's environment would give it; return what it prints."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SIGHTLINE", "VIRTUAL"))}
    kept["PATH"] = f"{path}{os.pathsep}{kept['PATH']}" if path else kept["PATH"]
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers_said(line: str) -> dict[str, float]:
    """Return what an example printed of one picture: its best labels and their probabilities."""
    return {label: float(probability) for label, probability in SAID.findall(line.partition("png")[2] or line)}


def assert_golden(folder: Path, printed: str, name: str = "000.png") -> None:
    """Check that an example printed the stored answer for a golden picture."""
    (line,) = (line for line in printed.splitlines() if f"golden/{name} " in line)
    expected = json.loads((folder / "golden" / "expected.json").read_text(encoding="utf-8"))[name]
    labels = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert answers_said(line) == pytest.approx(dict(zip(labels, expected, strict=True)), abs=ROUNDED)


def assert_laid_on_white(folder: Path, printed: str) -> None:
    """Check that an example printed this program's own answer for the transparent picture."""
    own = Predictor(folder).predict_image(read_image(folder / SEE_THROUGH))
    labels = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert answers_said(printed) == pytest.approx(dict(zip(labels, own.tolist(), strict=True)), abs=ROUNDED)


def write_see_through(folder: Path) -> None:
    """Write a golden picture with a middle that can be seen through."""
    rgb = read_image(folder / "golden" / "000.png")
    height, width = rgb.shape[:2]
    opacity = np.full((height, width, 1), 255, np.uint8)
    opacity[height // 4 : -height // 4, width // 4 : -width // 4] = 40
    cv2.imwrite(str(folder / SEE_THROUGH), np.concatenate([rgb[:, :, ::-1], opacity], axis=2))


def write_turned(picture: Path, to: Path) -> None:
    """Write a picture as a camera that was held sideways does: turned, with an EXIF orientation that says so."""
    sideways = cv2.rotate(read_image(picture), cv2.ROTATE_90_COUNTERCLOCKWISE)
    data = cv2.imencode(".jpg", sideways[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    to.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
