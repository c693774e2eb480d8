"""States of a training on disk: each in a folder of its own, and a pointer that is replaced when it is whole."""

import json
import os
import shutil
import time
from typing import Any, Dict, List, Optional

import numpy as np

from app.engines.cntk_training.channel import Channel, Failure
from app.engines.cntk_training.task import CHECKPOINT_FILE, Task, replace_file

FORMAT = 1
EVERY_S = 60.0
STATE, BEST = "state", "best.npz"
UNSAVED = (
    "The state of the training could not be saved.",
    "Check that the project's disk is connected and has space, then resume the run.",
)
DAMAGED = ("The checkpoint of this run is damaged.", "Train anew.")


class Progress:
    """Where training is. Chance is drawn anew from seed, epoch and step, so these are its state."""

    def __init__(self) -> None:
        self.number = 0
        self.epoch = 0
        self.place = 0  # images of this epoch that were trained on
        self.loss_sum = 0.0  # over these images
        self.error_sum = 0.0
        self.best_epoch = 0
        self.best_loss = float("inf")
        self.losses: List[float] = []  # of every step
        self.history: List[Dict[str, Any]] = []  # of every epoch


class Checkpoints:
    """The newest state of a run, of which there is one at any time."""

    def __init__(self, task: Task, channel: Channel) -> None:
        self._task = task
        self._channel = channel
        self._pointer = os.path.join(task.run, CHECKPOINT_FILE)
        self._saved_at = time.time()

    @property
    def due(self) -> bool:
        """Tell whether the last state is old."""
        return time.time() - self._saved_at > EVERY_S

    @property
    def restorable(self) -> bool:
        """Tell whether there is a state in which something was learnt already."""
        return os.path.exists(self._pointer) and self._read().number > 0

    def mark_start(self) -> None:
        """Make the run one that can go on, with what is computed once, though nothing was learnt yet."""
        if not os.path.exists(self._pointer):
            self._point(Progress())

    def save(self, progress: Progress, trainer: Any, best: List[Any]) -> None:
        """Keep the state; raises Failure where the disk takes no more."""
        before = self._folder(progress.number)
        progress.number += 1
        folder = self._folder(progress.number)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            trainer.save_checkpoint(os.path.join(folder, STATE))
            np.savez(os.path.join(folder, BEST), *best)
            self._point(progress)
        except (OSError, RuntimeError) as error:
            raise Failure(*UNSAVED) from error
        shutil.rmtree(before, ignore_errors=True)
        self._saved_at = time.time()
        self._channel.send("checkpoint", path=self._pointer)

    def restore(self, trainer: Any) -> Optional[Any]:
        """Return the progress and the best values of a run that goes on, and set the trainer; or None."""
        if not self.restorable:
            return None
        progress = self._read()
        try:
            folder = self._folder(progress.number)
            trainer.restore_from_checkpoint(os.path.join(folder, STATE))
            with np.load(os.path.join(folder, BEST)) as stored:
                best = [stored["arr_{}".format(number)] for number in range(len(stored.files))]
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise Failure(*DAMAGED) from error
        return progress, best

    def _read(self) -> Progress:
        progress = Progress()
        try:
            with open(self._pointer, encoding="utf-8") as stream:
                values = json.load(stream)
            version = values.pop("format")
            if version == FORMAT and set(values) != set(vars(progress)):
                raise ValueError("not a checkpoint")
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise Failure(*DAMAGED) from error
        if version != FORMAT:
            raise Failure("The checkpoint was written by another version of Sightline.", "Train anew.")
        vars(progress).update(values)
        return progress

    def _folder(self, number: int) -> str:
        return self._task.path("checkpoint-{}".format(number))

    def _point(self, progress: Progress) -> None:
        values = dict(vars(progress), format=FORMAT)

        def write(path: str) -> None:
            with open(path, "w", encoding="utf-8") as stream:
                json.dump(values, stream)
                stream.flush()
                os.fsync(stream.fileno())

        replace_file(self._pointer, write)
