"""The job `join`: base and classifier become one network, which is saved, loaded, and asked."""

import os
from typing import Any, Dict

import cntk as C  # noqa: N812
import numpy as np

from app.engines.cntk_training.channel import Channel
from app.engines.cntk_training.learning import choose_device, evaluated
from app.engines.cntk_training.networks import Head
from app.engines.cntk_training.task import (
    ANSWERS_FILE,
    ASKED_AT_ONCE,
    BASE_FILE,
    HEAD_FILE,
    NETWORK_FILE,
    ROOTED_FILE,
    Task,
    batches,
    replace_file,
)

ASKED = 50  # photos


def join(run: str, channel: Channel) -> Dict[str, Any]:
    """Save `network.model` in the `run` folder, and what it answers to photos and to the validation part."""
    task = Task(run)
    choose_device(task)
    features = C.load_model(task.path(BASE_FILE))
    with np.load(task.path(HEAD_FILE)) as stored, np.load(task.path(ROOTED_FILE)) as seen:
        weights, bias, judged = stored["weights"], stored["bias"], seen["features"]
    head = Head(len(weights), task.classes)
    head.take(weights, bias)
    path = os.path.join(run, NETWORK_FILE)
    replace_file(path, head.logits(features).save)
    given = C.input_variable(len(weights))
    validation = evaluated(head.logits(given), {given: judged})
    answers = _answers(task, C.load_model(path), channel)
    with open(task.path(ANSWERS_FILE), "wb") as stream:
        np.savez(stream, validation=validation, photos=answers)
    return {"network": path}


def _answers(task: Task, network: Any, channel: Channel) -> Any:
    """Ask the saved network about photos: of the validation part, then of the training part."""
    rows = [np.empty((0, task.classes), np.float32)]
    wanted = ASKED
    for pictures in (task.validation, task.training):
        count = min(wanted, len(pictures))
        wanted -= count
        for places in batches(count, ASKED_AT_ONCE):
            channel.stop_if_asked()
            rows.append(network.eval({network.arguments[0]: pictures.planes(places)}).reshape(len(places), -1))
    return np.concatenate(rows)
