"""Fixtures for all tests: a home of its own, drawn images, and one really trained project."""

import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo.garments import make_demo
from app.engines.cntk_runtime import RUNTIME_VARIABLE, Runtime, RuntimeInfo, default_runtime
from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import Event
from app.engines.snapshot import NETWORK_FILE
from app.engines.stages import CNTK, WORKERS
from app.files import HOME_VARIABLE
from app.project.project import Project
from app.training import RunResult, TrainingRequest, train
from installer.display import PrivateDisplay
from tests.kept import Kept

PER_CLASS = 14
STORED_MODELS = Path(__file__).resolve().parent / "app" / "engines" / "data" / "cntk_models.zip"
FAKE_CNTK = "tests.app.engines.fake_cntk"


@dataclass(frozen=True)
class Trained:
    """A project folder with one finished run, what was heard while it trained, and a copy of the engine's network."""

    project: Path
    images: Path
    result: RunResult
    events: tuple[Event, ...]
    network: Path


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several processes that test side by side a display of its own, with a focus of its own."""
    if hasattr(config, "workerinput") and sys.platform.startswith("linux"):
        display = PrivateDisplay()
        os.environ["DISPLAY"] = display.__enter__()
        config.add_cleanup(lambda: display.__exit__(None, None, None))


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep everything the program writes away from the user's own folders."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder))
        if "XDG_RUNTIME_DIR" not in os.environ:  # Qt warns where a bare system has none
            patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        yield folder


@pytest.fixture(scope="session")
def garments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw three classes of fourteen pictures."""
    return make_demo(tmp_path_factory.mktemp("garments"), seed=3, per_class=PER_CLASS)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, garments: Path) -> Trained:
    """Train the quick engine on the drawn garments, once for all tests. Treat it as read-only."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    kept = tmp_path_factory.mktemp("kept") / "run"
    events: list[Event] = []
    with Project.create(folder, "Garments") as project:
        project.add_folder(garments, lambda done, total: None, threading.Event())
        keep = Kept(project.run_folder(1), kept, NETWORK_FILE)

        def on_event(event: Event) -> None:
            events.append(event)
            keep(event)

        result = train(project, TrainingRequest(), on_event, threading.Event())
    return Trained(folder, garments, result, tuple(events), kept / NETWORK_FILE)


@pytest.fixture(scope="session")
def bundle(trained: Trained) -> Path:
    """Return the bundle of the trained run."""
    return trained.result.bundle


@pytest.fixture
def fake_cntk(tmp_path_factory: pytest.TempPathFactory, stored_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a real process that learns nothing in the place of CNTK's own Python, and let it count as set up."""
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path_factory.mktemp("cntk")))
    runtime = default_runtime()
    runtime.python.parent.mkdir(parents=True)
    runtime.python.touch()
    (runtime.packages / "cntk").mkdir(parents=True)
    runtime.write_info(RuntimeInfo("cntk", "2.7", ("cpu",)))
    monkeypatch.setenv("FAKE_CNTK_MODEL", str(stored_models / "any_size.model"))
    monkeypatch.setitem(WORKERS, CNTK, lambda: EngineProcess(worker_command(FAKE_CNTK)))


@pytest.fixture(scope="session")
def cntk_runtime() -> Runtime:
    """Return CNTK's Python, or skip where there is none."""
    folder = os.environ.get(RUNTIME_VARIABLE)
    if not folder:
        pytest.skip(f"{RUNTIME_VARIABLE} does not name a folder with CNTK's Python 3.6")
    runtime = Runtime(Path(folder))
    assert runtime.exists, f"{RUNTIME_VARIABLE} names {folder}, where CNTK's Python is not"
    return runtime


@pytest.fixture(scope="session")
def stored_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack networks that CNTK saved once, and what it answered."""
    folder = tmp_path_factory.mktemp("stored")
    with zipfile.ZipFile(STORED_MODELS) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a new, empty project."""
    with Project.create(tmp_path / "project", "Test") as project:
        yield project
