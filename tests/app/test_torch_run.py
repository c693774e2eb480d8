"""Fine-tuning from end to end, with real workers: what it leaves, and that it survives being killed."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from app.dataset.decode import read_image
from app.dataset.preprocess import preprocess_graph
from app.engines.checkpoint import read_checkpoint
from app.engines.metrics import METRICS_FILE
from app.engines.outlook import REMAINING
from app.engines.protocol import Checkpoint, Event, Progress
from app.engines.snapshot import CHECKPOINT_FILE, NETWORK_FILE, VALIDATION_FILE, read_snapshot
from app.errors import Cancelled, EngineError, InputError
from app.export.bundle import read_bundle_info
from app.export.explaining import Explainer
from app.export.heat_methods import ACTIVATION
from app.export.onnx_model import feature_views, network_side
from app.export.predictor import Predictor
from app.export.torch_forms import in_torch
from app.onnx_sessions import open_session
from app.project.project import Project
from app.settings import Value
from app.training import TrainingRequest, finish_epoch, launch_worker, resumable_run, resume, train
from tests.kept import Kept

SETTINGS: dict[str, Value] = {
    "epochs": 3,
    "side": 160,
    "views": 2,
    "batch_size": 8,
    "deterministic": True,
    "patience": 100,
    "second_network": "none",
}
REQUEST = TrainingRequest("torch", preset="balanced", settings=SETTINGS)
LATE = ["lower", "tune", "epoch", "unknown", "test"]
TOLD = LATE[1:]  # stages whose events always tell what is left; what comes before may be over too soon to be measured


def ignore(*values: object) -> None:
    """Hear and do nothing."""


@pytest.fixture
def garment_project(project: Project, garments: Path) -> Project:
    project.add_folder(garments, ignore, threading.Event())
    return project


def losses(folder: Path) -> list[float]:
    return read_checkpoint(folder / CHECKPOINT_FILE).state.losses


def on_checkpoint(number: int, act: Callable[[], object]) -> Callable[[Event], None]:
    seen: list[Event] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Checkpoint):
            seen.append(event)
            if len(seen) == number:
                act()

    return on_event


@pytest.mark.slow
def test_killed_and_resumed_the_loss_goes_on_as_if_nothing_had_been(garment_project: Project, tmp_path: Path) -> None:
    project = garment_project
    with launch_worker("torch") as worker, pytest.raises(EngineError, match="ended unexpectedly"):
        train(project, REQUEST, on_checkpoint(1, worker.kill), threading.Event(), worker)
    assert project.runs()[0].state == "failed"
    assert resumable_run(project) == 1
    before = losses(project.run_folder(1))
    keep = Kept(project.run_folder(1), tmp_path / "resumed", CHECKPOINT_FILE)
    result = resume(project, 1, keep, threading.Event())
    assert project.runs()[0].state == "done"
    assert resumable_run(project) is None
    assert result.evaluation is not None
    assert not (project.run_folder(1) / CHECKPOINT_FILE).exists()
    heard: list[Event] = []
    keep_whole = Kept(project.run_folder(2), tmp_path / "whole", CHECKPOINT_FILE)

    def hear(event: Event) -> None:
        heard.append(event)
        keep_whole(event)

    train(project, REQUEST, hear, threading.Event())
    progress = [event for event in heard if isinstance(event, Progress)]
    assert [stage for stage in dict.fromkeys(event.stage for event in progress) if stage in LATE] == LATE
    assert all(event.values[REMAINING] >= 0 for event in progress if event.stage in TOLD)
    assert progress[-1].values[REMAINING] == pytest.approx(0, abs=1e-6)
    expected = losses(tmp_path / "whole")
    assert 0 < len(before) < len(expected)
    np.testing.assert_allclose(losses(tmp_path / "resumed"), expected, rtol=0, atol=1e-6)
    lines = (project.run_folder(1) / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["done"] for line in lines] == [1, 2, 3]
    with pytest.raises(InputError, match="finished already"):
        resume(project, 1, ignore, threading.Event())


@pytest.mark.slow
def test_stopped_it_can_go_on_and_asked_to_finish_it_makes_its_model(garment_project: Project) -> None:
    project = garment_project
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        train(project, REQUEST, on_checkpoint(1, cancel.set), cancel)
    assert project.runs()[0].state == "cancelled"
    assert resumable_run(project) == 1
    stopped_after_s = project.runs()[0].seconds
    assert stopped_after_s
    epochs: list[int] = []

    def finish(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "epoch":
            epochs.append(event.done)
        if isinstance(event, Progress) and event.stage in ("pixels", "epoch", "tune"):
            finish_epoch(project, 1)

    result = resume(project, 1, finish, threading.Event())
    assert result.bundle.is_dir()
    assert epochs[-1] < 3 or epochs == [1, 2, 3]
    assert project.runs()[0].state == "done"
    assert result.seconds["total"] > stopped_after_s + result.seconds["fit"]
    assert project.runs()[0].seconds == result.seconds["total"]


@pytest.mark.slow
@pytest.mark.parametrize("head", ["svm", "logistic"])
def test_best_trains_the_whole_network_and_a_second_one_has_its_share(
    garment_project: Project, tmp_path: Path, head: str
) -> None:
    project = garment_project
    changes: dict[str, Value] = {"epochs": 1, "head_epochs": 1, "batch_size": 8, "side": 160}
    request = TrainingRequest("torch", head=head, preset="best", settings=changes)
    keep = Kept(project.run_folder(1), tmp_path / "kept", NETWORK_FILE)
    result = train(project, request, keep, threading.Event())
    snapshot = read_snapshot(result.bundle.parent)
    assert (snapshot.preset, snapshot.settings["trained"], snapshot.settings["epochs"]) == ("best", "whole", 1)
    assert result.evaluation is not None
    assert "set aside" in result.evaluation.protocol
    run = result.bundle.parent
    assert not (run / "activations.npy").exists()
    assert not any((run / name).exists() for name in ("features.onnx", CHECKPOINT_FILE, NETWORK_FILE))
    network = onnx.load(tmp_path / "kept" / NETWORK_FILE)
    assert feature_views(network) == ["features", "second_features"]
    scores = np.load(run / VALIDATION_FILE)
    images = [read_image(Path(snapshot.images[place].path)) for place in scores["positions"].tolist()]
    prepare = open_session(preprocess_graph(network_side(network)).SerializeToString())
    pixels = np.concatenate([prepare.run(["pixels"], {"image": image[np.newaxis]})[0] for image in images])
    (logits,) = open_session(tmp_path / "kept" / NETWORK_FILE).run(["logits"], {"pixels": pixels})
    np.testing.assert_allclose(scores["logits"], logits, atol=1e-2)
    explainer = Explainer(result.bundle)
    assert explainer.explain(images[0], 0, ACTIVATION).values.shape == (5, 5)
    info = read_bundle_info(result.bundle)
    with torch.no_grad():
        answer = in_torch(result.bundle, info)(torch.from_numpy(images[0].copy())[None])["probabilities"][0].numpy()
    np.testing.assert_allclose(answer, Predictor(result.bundle).predict_image(images[0]), atol=1e-4)


def test_bad_settings_start_no_run(garment_project: Project) -> None:
    with pytest.raises(InputError, match="“Epochs” cannot be 0"):
        train(garment_project, replace(REQUEST, settings={"epochs": 0}), ignore, threading.Event())
    assert garment_project.runs() == []


def test_a_run_without_a_checkpoint_cannot_go_on(garment_project: Project) -> None:
    assert resumable_run(garment_project) is None
    with pytest.raises(InputError, match="no checkpoint"):
        resume(garment_project, 1, ignore, threading.Event())
