"""Somebody who has nothing but the exported zip gets the golden answers by doing what its README says."""

import os
import re
import shutil
import struct
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import cv2
import pytest

from app.dataset.decode import read_image
from app.export.exporters import ZIP
from app.export.exporting import export

BLOCK = re.compile(r"^## (?P<title>[^\n]+)\n\n```sh\n(?P<commands>.*?)```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def unpacked(bundle: Path, tmp_path: Path) -> Path:
    made = Path(export(bundle, tmp_path / "out", ZIP)["bundle"])
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked" / "Garments"


def commands(folder: Path, title: str) -> str:
    text = (folder / "README.md").read_text(encoding="utf-8")
    (found,) = (one["commands"] for one in BLOCK.finditer(text) if one["title"].startswith(title))
    return found


def follow(folder: Path, title: str, path: str) -> str:
    """Run a section's commands in a shell that knows nothing of this program, and return what they print."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SIGHTLINE", "VIRTUAL"))}
    done = subprocess.run(
        ["sh", "-ec", commands(folder, title)],
        cwd=folder,
        env=kept | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a shell")
def test_in_python(unpacked: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "environment", with_pip=True)
    path = str(tmp_path / "environment" / "bin")
    assert follow(unpacked, "Check this copy", path).rstrip().endswith("agrees")
    assert re.search(r"golden/000.png (dotted|leopard|striped) [01]\.\d{4}", follow(unpacked, "Python", path))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("npm") is None or os.name == "nt", reason="Node is not installed")
def test_in_node(unpacked: Path) -> None:
    said = follow(unpacked, "JavaScript", str(Path(sys.executable).parent))
    assert said.rstrip().endswith("agrees")
    upright = re.search(r"golden/000.png (\w+) ([01]\.\d{4})", said)
    assert upright
    write_turned(unpacked / "golden" / "000.png", unpacked / "turned.jpg")
    node = ["node", "predict.mjs", "../../turned.jpg"]
    folder = unpacked / "examples" / "javascript"
    turned = subprocess.run(node, cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    assert turned[1] == upright[1]
    assert float(turned[2].rstrip(",")) == pytest.approx(float(upright[2]), abs=0.05)  # JPEG loses a little


def write_turned(picture: Path, to: Path) -> None:
    """Write a picture as a camera that was held sideways does: turned, with an EXIF orientation that says so."""
    sideways = cv2.rotate(read_image(picture), cv2.ROTATE_90_COUNTERCLOCKWISE)
    data = cv2.imencode(".jpg", sideways[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    to.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
