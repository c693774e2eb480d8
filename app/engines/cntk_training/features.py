"""What the network sees of each picture, computed once and kept for the run."""

import os
import time
from typing import Any

import numpy as np

from app.engines.cntk_training.channel import Channel, Failure
from app.engines.cntk_training.checkpoints import EVERY_S, UNSAVED
from app.engines.cntk_training.networks import Base
from app.engines.cntk_training.task import ASKED_AT_ONCE, FEATURES_FILE, Pictures, Task, replace_file

STAGE = "lower"


def compute_features(base: Base, pictures: Pictures, known: Any, on_rows: Any) -> Any:
    """Return the features [N, D] of pictures, of which the first are `known` [K, D].

    `on_rows` hears of all rows that are there after each batch, and may raise.
    """
    rows = np.zeros((len(pictures), base.width), np.float32)
    rows[: len(known)] = known
    for start in range(len(known), len(pictures), ASKED_AT_ONCE):
        places = np.arange(start, min(start + ASKED_AT_ONCE, len(pictures)))
        rows[places] = base.features.eval({base.image: pictures.planes(places)}).reshape(len(places), -1)
        on_rows(rows[: int(places[-1]) + 1])
    return rows


def stored_features(task: Task, base: Base, part: str, channel: Channel) -> Any:
    """Return the features of a part, "training" or "validation".

    A run that goes on computes those alone that are not there yet: they are kept once a minute, and when it is stopped.
    """
    path = task.path(FEATURES_FILE.format(part))
    pictures = task.training if part == "training" else task.validation
    known = np.load(path) if os.path.exists(path) else np.zeros((0, base.width), np.float32)
    if len(known) == len(pictures):
        return known
    kept = Kept(path)
    start = time.time()

    def on_rows(rows: Any) -> None:
        if channel.cancel.is_set() or kept.due:
            kept.save(rows)
        channel.stop_if_asked()
        speed = (len(rows) - len(known)) / max(time.time() - start, 1e-9)
        channel.progress(STAGE, len(rows), len(pictures), images_per_second=speed)

    rows = compute_features(base, pictures, known, on_rows)
    kept.save(rows)
    return rows


class Kept:
    """Rows in a file that is replaced as a whole."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._saved_at = time.time()

    @property
    def due(self) -> bool:
        """Tell whether what is in the file is old."""
        return time.time() - self._saved_at > EVERY_S

    def save(self, rows: Any) -> None:
        """Keep these rows; raises Failure where the disk takes no more."""
        try:
            replace_file(self._path, lambda part: _write(part, rows))
        except OSError as error:
            raise Failure(*UNSAVED) from error
        self._saved_at = time.time()


def _write(path: str, rows: Any) -> None:
    with open(path, "wb") as stream:
        np.save(stream, rows)
