"""What the network sees of each picture, computed once and kept for the run."""

import os
import time
from typing import Any

import numpy as np

from app.engines.cntk_training.channel import Channel
from app.engines.cntk_training.networks import Base
from app.engines.cntk_training.task import ASKED_AT_ONCE, FEATURES_FILE, Pictures, Task, batches, replace_file

STAGE = "lower"


def compute_features(base: Base, pictures: Pictures, on_count: Any) -> Any:
    """Return the features [N, D] of pictures; `on_count` hears of each batch, and may raise."""
    rows = np.zeros((len(pictures), base.width), np.float32)
    for places in batches(len(pictures), ASKED_AT_ONCE):
        rows[places] = base.features.eval({base.image: pictures.planes(places)}).reshape(len(places), -1)
        on_count(int(places[-1]) + 1)
    return rows


def stored_features(task: Task, base: Base, part: str, channel: Channel) -> Any:
    """Return the features of a part, "training" or "validation"; those of a run that goes on are there already."""
    path = task.path(FEATURES_FILE.format(part))
    if os.path.exists(path):
        return np.load(path)
    pictures = task.training if part == "training" else task.validation
    start = time.time()

    def on_count(done: int) -> None:
        channel.stop_if_asked()
        speed = done / max(time.time() - start, 1e-9)
        channel.progress(STAGE, done, len(pictures), images_per_second=speed)

    rows = compute_features(base, pictures, on_count)
    replace_file(path, lambda part_path: _save(part_path, rows))
    return rows


def _save(path: str, rows: Any) -> None:
    with open(path, "wb") as stream:
        np.save(stream, rows)
