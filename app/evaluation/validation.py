"""How good a run is on the images that training held out: what settings are chosen by, never the test images."""

from pathlib import Path

import numpy as np

from app.engines.snapshot import TRAIN, VALIDATION, VALIDATION_FILE, Split
from app.evaluation.intervals import share_interval
from app.project.records import Measured


def validation_figure(folder: Path, split: Split) -> Measured | None:
    """Return the accuracy on a run's held-out images, near-duplicates counted together; None without any.

    Of quick these are all images but the test images, each predicted out of fold; of fine-tuning a part set aside.
    """
    with np.load(folder / VALIDATION_FILE) as values:
        logits, truth = values["logits"], values["truth"]
        positions = values["positions"].tolist() if "positions" in values else split.positions(TRAIN, VALIDATION)
    if not len(truth):
        return None
    right = logits.argmax(axis=1) == truth
    groups = np.array([split.groups[position] for position in positions], np.int64)
    return Measured(float(right.mean()), share_interval(right, groups), len(right))
