"""A CNTK worker that learns nothing: today's Python, run as a real process in the place of CNTK's own.

`learn` tells what a training tells, stops and finishes as one does, and fails as FAKE_CNTK asks it to. `join` leaves a
network that CNTK once saved, and what it answers.
"""

import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from app.engines.cntk_model import read_model
from app.engines.cntk_to_onnx import PixelForm, convert
from app.engines.cntk_training.task import ANSWERS_FILE, CHECKPOINT_FILE, NETWORK_FILE, ROOTED_FILE, Task
from app.engines.protocol import Checkpoint, Hello, OnEvent, Progress
from app.engines.worker import Job
from app.errors import Cancelled, EngineError
from app.onnx_sessions import open_session

VARIABLE, MODEL = "FAKE_CNTK", "FAKE_CNTK_MODEL"  # how to behave; a .model file for three classes and any size
STEPS, STEP_S = 5, 0.01


def hello() -> Hello:
    """Say which engine this pretends to be."""
    return Hello("cntk", "2.7")


def learn(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Tell of epochs and minibatches."""
    run = Path(job["run"])
    task = Task(str(run))
    epochs = int(task.settings["epochs" if task.refines else "head_epochs"])
    (run / CHECKPOINT_FILE).write_text(json.dumps({"format": 1}), encoding="utf-8")
    for epoch in range(epochs):
        for step in range(STEPS):
            if cancel.is_set():
                raise Cancelled
            _behave(epoch)
            values = {"loss": 1 / (epoch + 1), "error": 0.5, "learning_rate": 0.01, "images_per_second": 9.0}
            on_event(Progress("tune", epoch * STEPS + step + 1, epochs * STEPS, {**values, "epochs": epochs}))
            time.sleep(STEP_S)
        validation = {"validation_loss": 1 / (epoch + 1), "validation_accuracy": 0.5}
        on_event(Progress("epoch", epoch + 1, epochs, {"loss": 1 / (epoch + 1), "error": 0.5, **validation}))
        on_event(Checkpoint(str(run / CHECKPOINT_FILE)))
        if task.finishing:
            break
    _leave_features(task)
    return {"epochs": epochs}


def _behave(epoch: int) -> None:
    wish = os.environ.get(VARIABLE, "")
    if wish == "fail":
        raise EngineError("CNTK failed: the graph is odd.", "The details say where.")
    if wish == "die" and epoch == 1:
        os._exit(3)


def _leave_features(task: Task) -> None:
    chance = np.random.default_rng(0)
    arrays = {
        part: chance.random((len(pictures), 8), np.float32)
        for part, pictures in (("training", task.training), ("validation", task.validation))
    }
    np.savez(task.path(ROOTED_FILE), **arrays)  # type: ignore[arg-type]


def join(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Leave the stored network, and its answers."""
    task = Task(job["run"])
    path = Path(job["run"]) / NETWORK_FILE
    shutil.copyfile(os.environ[MODEL], path)
    form = PixelForm(task.network["colour"], subtract=0.0)
    session = open_session(convert(read_model(path), form, side=task.side).network.SerializeToString())
    planes = {part: _planes(pictures) for part, pictures in (("v", task.validation), ("t", task.training))}
    answers = {
        part: session.run(["logits"], {"pixels": np.ascontiguousarray(pixels)})[0] for part, pixels in planes.items()
    }
    np.savez(task.path(ANSWERS_FILE), validation=answers["v"], photos=np.concatenate([answers["v"], answers["t"]])[:50])
    return {}


def _planes(pictures: Any) -> Any:
    """Return pixels [N, S, S, 3] as the application stores them."""
    planes = pictures.planes(range(len(pictures)))
    planes = planes[:, ::-1] if pictures._reverse else planes
    return planes.transpose(0, 2, 3, 1).astype(np.uint8)


HANDLERS = {"learn": learn, "join": join}
