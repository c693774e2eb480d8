"""The container's build context: installed into an empty environment, it serves the golden answers from there."""

import json
import os
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.export.container import pinned, server_modules, service_name
from app.export.exporters import CONTAINER
from app.export.exporting import export

TOKEN = "a-secret-of-the-test"


@pytest.fixture(scope="module")
def context(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(export(bundle, tmp_path_factory.mktemp("cloud"), CONTAINER)["bundle"])


def test_it_holds_the_server_and_nothing_that_trains() -> None:
    modules, packages = server_modules()
    assert {"app", "app.server.api", "app.server.worker", "app.export.predictor", "app.dataset.decode"} <= set(modules)
    assert not any(name.startswith(("app.engines", "app.assist", "app.demo")) for name in modules)
    assert packages >= {"fastapi", "uvicorn", "onnxruntime", "numpy", "cv2"}
    assert not packages & {"torch", "sklearn", "PyQt5", "cntk"}


def test_what_it_needs_is_pinned_with_all_below() -> None:
    lines = pinned(["fastapi", "cv2"])
    assert all("==" in line for line in lines)
    names = [line.split("==")[0] for line in lines]
    assert {"fastapi", "starlette", "pydantic", "opencv-python-headless", "numpy"} <= set(names)
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Garments", "garments"),
        ("Étoffes & Co. (2)", "toffes-co-2"),
        ("7 fabrics", "model-7-fabrics"),
        ("日本", "model"),
    ],
)
def test_names_suit_docker_and_kubernetes(name: str, plain: str) -> None:
    assert service_name(name) == plain


def test_the_instructions_are_filled_in(context: Path) -> None:
    folder = context / "container"
    docker = (folder / "Dockerfile").read_text(encoding="utf-8")
    assert f"FROM python:{sys.version_info.major}.{sys.version_info.minor}-slim" in docker
    assert "\nUSER 10001\n" in docker
    assert "\nHEALTHCHECK " in docker
    for line in (line for line in docker.splitlines() if line.startswith("COPY ")):
        assert all((context / source).exists() for source in line.split()[1:-1])
    for file in ("Dockerfile", "README.md", "kubernetes.yaml", "kserve.yaml"):
        assert "$name" not in (folder / file).read_text(encoding="utf-8")
    assert "az acr build --registry REGISTRY --image garments:1" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_manifests_are_what_kubernetes_reads(context: Path) -> None:
    yaml = pytest.importorskip("yaml")
    deployment, service = yaml.safe_load_all((context / "container/kubernetes.yaml").read_text(encoding="utf-8"))
    pod = deployment["spec"]["template"]
    assert pod["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    container = pod["spec"]["containers"][0]
    assert container["ports"][0]["containerPort"] == service["spec"]["ports"][0]["targetPort"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    kserve = yaml.safe_load((context / "container/kserve.yaml").read_text(encoding="utf-8"))
    assert (kserve["kind"], kserve["apiVersion"]) == ("InferenceService", "serving.kserve.io/v1beta1")
    assert kserve["spec"]["predictor"]["containers"][0]["name"] == "kserve-container"


def test_an_export_can_be_exported_again(context: Path, tmp_path: Path) -> None:
    again = Path(export(context, tmp_path, CONTAINER)["bundle"]) / "container"
    for file in ("Dockerfile", "requirements.txt", "app/server/api.py"):
        assert (again / file).read_bytes() == (context / "container" / file).read_bytes()


@pytest.fixture
def empty_python(tmp_path: Path) -> Path:
    """Make an environment in which nothing is installed."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.fixture
def address(context: Path, empty_python: Path, tmp_path: Path) -> Iterator[str]:
    """Install the context and serve from it, as the Dockerfile says; yield where it answers."""
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "container/requirements.txt"]
    subprocess.run([str(empty_python), *install], cwd=context, check=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    told = {"PORT": "0", "HOST": "127.0.0.1", "SIGHTLINE_TOKEN": TOKEN, "SIGHTLINE_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        [str(empty_python), "container/serve.py"], cwd=context, env=kept | told, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_empty_environment_serves_the_golden_answers(context: Path, address: str) -> None:
    expected = json.loads((context / "golden/expected.json").read_text(encoding="utf-8"))
    labels = (context / "labels.txt").read_text(encoding="utf-8").splitlines()
    for name, probabilities in expected.items():
        request = urllib.request.Request(
            f"{address}/predict",
            (context / "golden" / name).read_bytes(),
            {"Content-Type": "image/png", "Authorization": f"Bearer {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            found = {one["label"]: one["confidence"] for one in json.load(reply)["predictions"]}
        assert [found[label] for label in labels] == pytest.approx(probabilities, abs=1e-5)
