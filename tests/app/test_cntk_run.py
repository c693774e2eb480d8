"""Runs of the cntk engine from end to end, with CNTK itself where its Python is."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from app.dataset.preprocess import PIXELS, preprocess_graph
from app.engines import stages
from app.engines.cntk_nodes import choose_node
from app.engines.cntk_runtime import Runtime
from app.engines.cntk_training.task import CHECKPOINT_FILE, FOLDER, NETWORK_FILE
from app.engines.process import EngineProcess
from app.engines.protocol import Checkpoint, Event, Progress
from app.engines.snapshot import read_snapshot
from app.errors import Cancelled, EngineError
from app.export.predictor import Predictor
from app.project.project import Project
from app.server.bundle_model import BundleModel
from app.settings import CntkSettings, Value
from app.training import RunResult, TrainingRequest, finish_epoch, resumable_run, resume, train
from tests.app.server.serving import serving
from tests.kept import Kept

MODES = ("softmax", "svm", "dnn", "svmDnnRefined")


def ignore(*values: object) -> None:
    """Hear and do nothing."""


@pytest.fixture
def garment_project(project: Project, garments: Path, cntk_runtime: Runtime) -> Project:
    project.add_folder(garments, ignore, threading.Event())
    return project


@pytest.fixture
def small(stored_models: Path) -> dict[str, Value]:
    """Return settings with a small network that CNTK saved once."""
    return {
        "network": str(stored_models / "residual.model"),
        "resolution": 40,
        "head_epochs": 20,
        "epochs": 3,
        "minibatch": 8,
        "dropout": 0.2,
    }


def request(settings: dict[str, Value], **changes: Value) -> TrainingRequest:
    return TrainingRequest("cntk", settings={**settings, **changes})


def go(project: Project, wish: TrainingRequest, on_event: Callable[[Event], Any] = ignore) -> RunResult:
    return train(project, wish, on_event, threading.Event())


def checkpoint_of(project: Project, run: int) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((project.run_folder(run) / CHECKPOINT_FILE).read_text(encoding="utf-8"))
    return values


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_makes_a_run_like_any_other(garment_project: Project, small: dict[str, Value], mode: str) -> None:
    events: list[Event] = []
    result = go(garment_project, request(small, mode=mode), events.append)
    folder = result.bundle.parent
    assert {path.name for path in folder.iterdir()} == {
        "spec.json", "split.json", "metrics.jsonl", NETWORK_FILE, "validation.npz", "bundle", "evaluation.json",
    }  # fmt: skip
    assert result.evaluation is not None
    assert "set aside" in result.evaluation.protocol
    told = {event.stage for event in events if isinstance(event, Progress)}
    assert {"lower", "pixels", "test"} <= told
    assert ("tune" in told, "fit" in told) == (mode != "svm", "svm" in mode)
    steps = [event for event in events if isinstance(event, Progress) and event.stage == "tune"]
    assert all(
        {"loss", "error", "learning_rate", "images_per_second", "memory_mb"} <= set(event.values) for event in steps
    )
    epochs = [event for event in events if isinstance(event, Progress) and event.stage == "epoch"]
    assert all(len(event.values["validation_recalls"]) == 3 for event in epochs)
    assert onnx.load(result.bundle / "model.onnx").opset_import[0].version >= 18


def test_bundle_and_server_answer_what_cntk_answers(
    garment_project: Project, small: dict[str, Value], cntk_runtime: Runtime, garments: Path, tmp_path: Path
) -> None:
    """Ask the native network, in CNTK, about the pixels of photos that a bundle gets whole."""
    from app.dataset.decode import read_image
    from app.onnx_sessions import open_session

    result = go(garment_project, request(small, mode="dnn"))
    paths = sorted(garments.rglob("*.jpg"))[::3]
    prepare = open_session(preprocess_graph(40).SerializeToString())
    pixels = np.concatenate([prepare.run([PIXELS], {"image": read_image(path)[None]})[0] for path in paths])
    np.save(tmp_path / "planes.npy", np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)[:, ::-1], np.float32))
    script = tmp_path / "ask.py"
    script.write_text(
        "import sys, numpy, cntk\n"
        "model = cntk.softmax(cntk.load_model(sys.argv[1]) / float(sys.argv[4]))\n"
        "numpy.save(sys.argv[3], model.eval({model.arguments[0]: numpy.load(sys.argv[2])}))\n",
        encoding="utf-8",
    )
    predictor = Predictor(result.bundle)
    asked = [str(result.bundle.parent / NETWORK_FILE), str(tmp_path / "planes.npy"), str(tmp_path / "answers.npy")]
    from app.engines.subprocesses import run_program

    command = [str(cntk_runtime.python), str(script), *asked, repr(predictor.info.temperature)]
    done = run_program(command, ignore, threading.Event(), cntk_runtime.variables())
    assert done.code == 0, done.text
    own = np.load(tmp_path / "answers.npy")
    answers = np.array([one.probabilities for one in predictor.predict_files(paths)])
    np.testing.assert_allclose(answers, own, rtol=0, atol=1e-4)
    with serving(BundleModel(result.bundle)) as served:
        for path, expected in zip(paths, own, strict=True):
            reply = served.client.post("/predict", content=path.read_bytes(), headers={"Content-Type": "image/jpeg"})
            told = {one["label"]: one["confidence"] for one in reply.json()["predictions"]}
            told_in_order = [told[label] for label in predictor.info.labels]
            np.testing.assert_allclose(told_in_order, expected, rtol=0, atol=1e-4)


def test_killed_in_mid_epoch_and_resumed_it_ends_as_if_nothing_had_been(
    garment_project: Project, small: dict[str, Value], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project, wish = garment_project, request(small, mode="dnn")
    started: list[EngineProcess] = []
    launch = stages.cntk_process

    def remembered() -> EngineProcess:
        started.append(launch())
        return started[-1]

    monkeypatch.setitem(stages.WORKERS, stages.CNTK, remembered)
    epochs: list[int] = []

    def kill(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "tune" and event.done > event.total / 3 and not epochs:
            epochs.append(checkpoint_of(project, 1)["epoch"])
            started[-1].kill()

    with pytest.raises(EngineError, match="ended unexpectedly"):
        go(project, wish, kill)
    assert epochs[0] >= 1
    assert project.runs()[0].state == "failed"
    assert resumable_run(project) == 1
    kept = [tmp_path / "resumed", tmp_path / "whole"]
    resume(project, 1, Kept(project.run_folder(1), kept[0], "network.onnx"), threading.Event())
    go(project, wish, Kept(project.run_folder(2), kept[1], "network.onnx"))
    weights = [onnx.load(folder / "network.onnx").graph.initializer for folder in kept]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(onnx.numpy_helper.to_array(one), onnx.numpy_helper.to_array(other), atol=1e-5)


def test_stopped_between_minibatches_it_goes_on_and_asked_to_finish_it_does(
    garment_project: Project, small: dict[str, Value]
) -> None:
    project, cancel = garment_project, threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "tune":
            cancel.set()

    with pytest.raises(Cancelled):
        train(project, request(small, mode="dnn", epochs=100), stop, cancel)
    assert project.runs()[0].state == "cancelled"
    seen: list[int] = []

    def finish(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "epoch":
            seen.append(event.done)
        if isinstance(event, Progress) and event.stage in ("tune", "pixels"):
            finish_epoch(project, 1)

    assert resume(project, 1, finish, threading.Event()).bundle.is_dir()
    assert 1 <= seen[-1] < 100
    assert project.runs()[0].state == "done"


def test_stopped_during_a_long_minibatch_it_does_not_wait_for_its_end(
    garment_project: Project, small: dict[str, Value], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any step counts as long here, and the worker has no time to answer: what is resumed is the last state kept."""
    monkeypatch.setattr(stages, "CNTK_PATIENCE_S", 0.0)
    project, cancel = garment_project, threading.Event()
    kept: list[Event] = []

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "epoch":
            cancel.set()

    with pytest.raises(Cancelled):
        train(project, request(small, mode="dnn", epochs=100), stop, cancel)
    assert project.runs()[0].state == "cancelled"
    epochs = checkpoint_of(project, 1)["epoch"]
    finish_epoch(project, 1)
    assert resume(project, 1, kept.append, threading.Event()).bundle.is_dir()
    told = [event.done for event in kept if isinstance(event, Progress) and event.stage == "epoch"]
    assert told[:epochs] == list(range(1, epochs + 1))


def test_stopped_while_features_are_computed_it_computes_the_others_alone(
    garment_project: Project, small: dict[str, Value]
) -> None:
    project, cancel = garment_project, threading.Event()
    seen: list[Progress] = []

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "lower":
            cancel.set()

    def see(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "lower":
            seen.append(event)

    wish = request(small, mode="svm", resolution=600)  # takes so long that it hears in time
    with pytest.raises(Cancelled):
        train(project, wish, stop, cancel)
    (kept,) = (project.run_folder(1) / FOLDER).glob("features-*.npy")
    known = np.load(kept)
    assert resumable_run(project) == 1
    resumed = resume(project, 1, see, threading.Event())
    assert 0 < len(known) < seen[0].total
    assert seen[0].done > len(known)
    whole = go(project, wish)
    rows = [np.load(run.bundle.parent / "validation.npz") for run in (resumed, whole)]
    for name in rows[0].files:
        np.testing.assert_allclose(rows[0][name], rows[1][name], atol=1e-6)


def test_a_network_of_an_earlier_run_is_built_upon(garment_project: Project, small: dict[str, Value]) -> None:
    first = go(garment_project, request(small, mode="softmax")).bundle.parent / NETWORK_FILE
    node = choose_node(first, CntkSettings())
    assert (node.name, node.colour, node.subtract) == ("features", "bgr", 0.0)
    again = go(garment_project, request(small, network=str(first), mode="svm", resolution=48))
    snapshot = read_snapshot(again.bundle.parent)
    assert snapshot.settings["network"] == str(first)
    assert again.bundle.is_dir()


def test_a_checkpoint_that_was_damaged_is_a_sentence(garment_project: Project, small: dict[str, Value]) -> None:
    project, cancel = garment_project, threading.Event()
    with pytest.raises(Cancelled):
        train(
            project, request(small, mode="dnn"), lambda e: cancel.set() if isinstance(e, Checkpoint) else None, cancel
        )
    (project.run_folder(1) / CHECKPOINT_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(EngineError, match="checkpoint of this run is damaged"):
        resume(project, 1, ignore, threading.Event())
