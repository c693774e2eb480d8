"""The job `learn`: features once, then the classifier, or the whole network."""

from typing import Any, Dict

import cntk as C  # noqa: N812
import numpy as np

from app.engines.cntk_training.channel import Channel, Failure
from app.engines.cntk_training.checkpoints import Checkpoints, Progress
from app.engines.cntk_training.features import STAGE, compute_features, stored_features
from app.engines.cntk_training.loop import Lesson, Loop
from app.engines.cntk_training.networks import Base, Head, make_base, parameters_of, rooted
from app.engines.cntk_training.task import ASKED_AT_ONCE, BASE_FILE, HEAD_FILE, ROOTED_FILE, Task, batches, replace_file

MANY = 256  # rows of features at once


def learn(run: str, channel: Channel) -> Dict[str, Any]:
    """Train as the task in the `run` folder says, and leave its base, features and classifier there."""
    task = Task(run)
    choose_device(task)
    checkpoints = Checkpoints(task, channel)
    base = make_base(task.network, task.side)
    head = Head(base.width, task.classes)
    checkpoints.mark_start()
    training, validation = (stored_features(task, base, part, channel) for part in ("training", "validation"))
    progress = Progress()
    if task.refines:
        if not checkpoints.restorable:
            _train_head(task, head, training, validation, channel, None)
        progress = _refine(task, base, head, channel, checkpoints)
        training, validation = (_seen(base, part, channel) for part in (task.training, task.validation))
    elif task.settings["mode"] == "softmax":
        progress = _train_head(task, head, training, validation, channel, checkpoints)
    _save(task, base, head, training, validation)
    return {"epochs": progress.epoch, "best_epoch": progress.best_epoch, "history": progress.history}


def choose_device(task: Task) -> None:
    """Use the device and the threads that the task names; raises Failure without the graphics card."""
    C.cntk_py.set_max_num_cputhreads(int(task.settings["threads"]))
    device = C.device.gpu(0) if task.device == "gpu" else C.device.cpu()
    if not C.device.try_set_default_device(device):
        raise Failure("CNTK cannot use the graphics card now.", "Close what uses it, or choose the device cpu.")


def _train_head(task: Task, head: Head, training: Any, validation: Any, channel: Channel, checkpoints: Any) -> Progress:
    """Train the classifier on stored features."""
    width = training.shape[1]
    given, kept = C.input_variable(width), C.input_variable(width)
    logits = head.logits(given, kept)

    def batch(places: Any, chance: Any) -> Any:
        return training[places]

    def validate() -> Any:
        channel.stop_if_asked()
        return evaluated(logits, {given: validation, kept: np.ones_like(validation)})

    lesson = Lesson(given, kept, logits, [head.weights, head.bias], [], batch, validate)
    settings = task.settings
    return Loop(task, lesson, settings["head_rates"], settings["head_epochs"], channel, checkpoints).run()


def _refine(task: Task, base: Base, head: Head, channel: Channel, checkpoints: Checkpoints) -> Progress:
    """Train the whole network."""
    kept = C.input_variable(base.width)
    logits = head.logits(base.features, kept)

    def batch(places: Any, chance: Any) -> Any:
        mirrored = chance.uniform(size=len(places)) < 0.5 if task.settings["flip"] else None
        return task.training.planes(places, mirrored)

    def validate() -> Any:
        rows = [np.empty((0, task.classes), np.float32)]
        for places in batches(len(task.validation), ASKED_AT_ONCE):
            channel.stop_if_asked()
            values = {base.image: task.validation.planes(places), kept: np.ones((len(places), base.width), np.float32)}
            rows.append(logits.eval(values).reshape(len(places), -1))
        return np.concatenate(rows)

    statistics = [one for one in base.features.constants if len(one.shape) == 1]
    lesson = Lesson(base.image, kept, logits, parameters_of([base.features, logits]), statistics, batch, validate)
    settings = task.settings
    return Loop(task, lesson, settings["rates"], settings["epochs"], channel, checkpoints).run()


def _seen(base: Base, pictures: Any, channel: Channel) -> Any:
    def on_rows(rows: Any) -> None:
        channel.stop_if_asked()
        channel.progress(STAGE, len(rows), len(pictures))

    return compute_features(base, pictures, np.zeros((0, base.width), np.float32), on_rows)


def evaluated(function: Any, values: Dict[Any, Any]) -> Any:
    """Evaluate a function of rows, many at a time; there may be none."""
    count = len(next(iter(values.values())))
    rows = [np.empty((0,) + tuple(function.shape), np.float32)]
    for places in batches(count, MANY):
        rows.append(function.eval({name: value[places] for name, value in values.items()}).reshape(len(places), -1))
    return np.concatenate(rows)


def _save(task: Task, base: Base, head: Head, training: Any, validation: Any) -> None:
    given = C.input_variable(base.width)
    root = rooted(given)
    weights, bias = head.values()
    arrays = {
        ROOTED_FILE: {
            "training": evaluated(root, {given: training}),
            "validation": evaluated(root, {given: validation}),
            "features": validation,
        },
        HEAD_FILE: {"weights": weights, "bias": bias},
    }
    for name, values in arrays.items():
        with open(task.path(name), "wb") as stream:
            np.savez(stream, **values)
    replace_file(task.path(BASE_FILE), base.features.save)
