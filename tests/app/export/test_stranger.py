"""Somebody who has nothing but the exported zip gets the golden answers by doing what its README says."""

import json
import os
import shutil
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from app.export.exporters import ZIP
from app.export.exporting import export
from tests.app.export.stranger import (
    SEE_THROUGH,
    answers_said,
    assert_golden,
    assert_laid_on_white,
    commands,
    follow,
    run,
    write_see_through,
    write_turned,
)
from tests.test_readme import server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a shell"),
]
# This package has ONNX Runtime's headers for C++ and its library for Linux, both of one version.
CPP_PACKAGE = "com.github.asus4.onnxruntime@0.4.9"
OPENCV_PACKAGES = ("/usr/lib*/*/cmake/opencv4", "/usr/lib*/cmake/opencv4", "/usr/local/lib*/cmake/opencv4")


@pytest.fixture
def unpacked(bundle: Path, tmp_path: Path) -> Path:
    made = Path(export(bundle, tmp_path / "out", ZIP)["bundle"])
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "unpacked")
    folder = tmp_path / "unpacked" / "Garments"
    write_see_through(folder)
    write_turned(folder / "golden" / "000.png", folder / "turned.jpg")
    return folder


def test_in_python(unpacked: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "environment", with_pip=True)
    path = str(tmp_path / "environment" / "bin")
    assert follow(unpacked, "Check this copy", path).rstrip().endswith("agrees")
    assert_golden(unpacked, follow(unpacked, "Python", path))
    assert_laid_on_white(unpacked, run(["python", "examples/python/predict.py", SEE_THROUGH], unpacked, path))


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
def test_in_node(unpacked: Path) -> None:
    said = follow(unpacked, "JavaScript")
    assert said.rstrip().endswith("agrees")
    assert_golden(unpacked, said)
    folder = unpacked / "examples" / "javascript"
    assert_laid_on_white(unpacked, run(["node", "predict.mjs", f"../../{SEE_THROUGH}"], folder))
    upright, turned = answers_said(said), answers_said(run(["node", "predict.mjs", "../../turned.jpg"], folder))
    best = max(turned, key=lambda label: turned[label])
    assert turned[best] == pytest.approx(upright[best], abs=0.05)  # JPEG loses a little


@pytest.fixture(scope="session")
def onnxruntime_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out ONNX Runtime for C++ as its releases are: `include` and `lib`."""
    folder = tmp_path_factory.mktemp("onnxruntime")
    run(["npm", "pack", "--silent", CPP_PACKAGE], folder)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        for member in archive:
            path = Path(member.name)
            headers = path.suffix == ".h" and "ios-arm64" in path.parts
            if headers or path.suffix == ".so" and "Linux" in path.parts:
                member.name = f"{'include' if headers else 'lib'}/{path.name}"
                archive.extract(member, folder, filter="data")
    (folder / "lib" / "libonnxruntime.so.1").symlink_to("libonnxruntime.so")
    packed.unlink()
    return folder


def _missing_for_cpp() -> str:
    missing = [tool for tool in ("cmake", "c++", "npm") if shutil.which(tool) is None]
    if not any(list(Path("/").glob(place[1:])) for place in OPENCV_PACKAGES):
        missing.append("OpenCV's headers (libopencv-dev)")
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        missing.append("Linux on x86-64, for which the package has a library")
    return ", ".join(missing)


@pytest.mark.skipif(bool(_missing_for_cpp()), reason=f"C++ needs {_missing_for_cpp()}")
def test_in_cpp(unpacked: Path, onnxruntime_release: Path) -> None:
    assert_golden(unpacked, follow(unpacked, "C++", places={"/path/to/onnxruntime": str(onnxruntime_release)}))
    predict = ["./build/predict", "model.onnx", "labels.txt"]
    assert_laid_on_white(unpacked, run([*predict, SEE_THROUGH], unpacked))
    golden = [str(path.relative_to(unpacked)) for path in sorted((unpacked / "golden").glob("*.png"))]
    said = run([*predict, *golden], unpacked)
    for path in golden:
        assert_golden(unpacked, said, Path(path).name)
    upright, turned = answers_said(said.splitlines()[0]), answers_said(run([*predict, "turned.jpg"], unpacked))
    best = max(turned, key=lambda label: turned[label])
    assert turned[best] == pytest.approx(upright[best], abs=0.05)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_with_curl(unpacked: Path) -> None:
    start, ask = commands(unpacked, "A server, and curl")
    with server(start.replace("/path/to/this/folder", str(unpacked)), unpacked.parent) as url:
        said = json.loads(run(["sh", "-ec", ask.replace("http://127.0.0.1:8000", url)], unpacked))
    said = ", ".join(f"{one['label']} {one['confidence']:.4f}" for one in said["predictions"])
    assert_golden(unpacked, f"golden/000.png {said}")
