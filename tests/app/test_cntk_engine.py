"""Runs of the cntk engine with a fake CNTK, a real process: what the application does with it, anywhere."""

import shutil
import threading
from pathlib import Path

import pytest

from app.engines.cntk_runtime import RUNTIME_VARIABLE, default_runtime
from app.engines.cntk_training.task import FOLDER, NETWORK_FILE
from app.engines.protocol import Event, Progress
from app.errors import Cancelled, EngineError, InputError
from app.export.predictor import Predictor
from app.project.project import Project
from app.settings import Value
from app.training import TrainingRequest, finish_epoch, resumable_run, resume, train
from tests.app.engines.fake_cntk import VARIABLE

SMALL: dict[str, Value] = {"resolution": 32, "head_epochs": 3, "epochs": 2}


def ignore(*values: object) -> None:
    """Hear and do nothing."""


@pytest.fixture
def garment_project(project: Project, garments: Path, fake_cntk: None) -> Project:
    project.add_folder(garments, ignore, threading.Event())
    return project


def request(**changes: Value) -> TrainingRequest:
    return TrainingRequest("cntk", settings={**SMALL, **changes})


def test_it_makes_a_run_like_any_other(garment_project: Project, garments: Path) -> None:
    events: list[Event] = []
    result = train(garment_project, request(), events.append, threading.Event())
    folder = result.bundle.parent
    assert (folder / NETWORK_FILE).is_file()
    assert not (folder / FOLDER).exists()
    assert [event.done for event in events if isinstance(event, Progress) and event.stage == "epoch"] == [1, 2, 3]
    answers = list(Predictor(result.bundle).predict_files(sorted(garments.rglob("*.jpg"))[:4]))
    assert all(answer.probabilities is not None and answer.novelty is not None for answer in answers)
    assert resumable_run(garment_project) is None


def test_its_death_in_mid_epoch_loses_nothing(garment_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "die")
    with pytest.raises(EngineError, match="ended unexpectedly") as caught:
        train(garment_project, request(), ignore, threading.Event())
    assert caught.value.hint
    assert resumable_run(garment_project) == 1
    monkeypatch.delenv(VARIABLE)
    assert resume(garment_project, 1, ignore, threading.Event()).bundle.is_dir()


def test_what_cntk_says_is_said(garment_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "fail")
    with pytest.raises(EngineError, match="CNTK failed: the graph is odd"):
        train(garment_project, request(), ignore, threading.Event())
    assert garment_project.runs()[0].state == "failed"


def test_it_stops_and_it_finishes(garment_project: Project) -> None:
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "tune":
            cancel.set()

    with pytest.raises(Cancelled):
        train(garment_project, request(head_epochs=500), stop, cancel)
    seen: list[int] = []

    def finish(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "epoch":
            seen.append(event.done)
            finish_epoch(garment_project, 1)

    resume(garment_project, 1, finish, threading.Event())
    assert seen[-1] < 10


@pytest.mark.parametrize(
    ("network", "node", "words"),
    [
        ("nowhere.model", "", "There is no file"),
        ("photo.model", "", "is no model of CNTK 2"),
        ("cut.model", "", "is cut short"),
        ("v1.model", "", "CNTK 1"),
        ("residual.model", "z.x.x.r", "has no node “z.x.x.r”"),
    ],
)
def test_a_network_that_cannot_be_built_upon_is_a_sentence(
    garment_project: Project, stored_models: Path, garments: Path, tmp_path: Path, network: str, node: str, words: str
) -> None:
    whole = (stored_models / "residual.model").read_bytes()
    (tmp_path / "cut.model").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "v1.model").write_bytes("BCNBVersion".encode("utf-16-le") + bytes(64))
    shutil.copy(next(garments.rglob("*.jpg")), tmp_path / "photo.model")
    shutil.copy(stored_models / "residual.model", tmp_path)
    wish = request(network=str(tmp_path / network), feature_node=node)
    with pytest.raises(EngineError, match=words) as caught:
        train(garment_project, wish, ignore, threading.Event())
    assert caught.value.hint
    assert garment_project.runs()[0].state == "failed"


def test_the_graphics_card_is_refused_where_there_is_none(garment_project: Project) -> None:
    with pytest.raises(EngineError, match="cannot use a graphics card"):
        train(garment_project, request(device="gpu"), ignore, threading.Event())


def test_without_a_whole_runtime_no_run_begins(
    garment_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_runtime().forget_info()
    with pytest.raises(EngineError, match="cannot run here") as caught:
        train(garment_project, request(), ignore, threading.Event())
    assert "goes on where it ended" in caught.value.hint
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EngineError, match="cannot run here") as caught:
        train(garment_project, request(), ignore, threading.Event())
    assert "cntk-setup" in caught.value.hint
    assert garment_project.runs() == []


def test_bad_settings_start_no_run(garment_project: Project) -> None:
    for changes in ({"mode": "boost"}, {"rates": "fast"}, {"resolution": 5}):
        with pytest.raises(InputError):
            train(garment_project, request(**changes), ignore, threading.Event())
    assert garment_project.runs() == []
