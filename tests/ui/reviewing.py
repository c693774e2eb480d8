"""Planted evaluations: known mistakes on the images of a trained project."""

from pathlib import Path

import numpy as np

from app.engines.snapshot import read_snapshot
from app.evaluation.metrics import evaluate
from app.evaluation.report import Evaluation, write_evaluation

SURE = 0.9
UNSURE = 0.5


def plant(run_folder: Path, mistakes: int = 4) -> Evaluation:
    """Store an evaluation of all images of a run: the first of each class are called the next class, less and less."""
    snapshot = read_snapshot(run_folder)
    truth = np.array([image.label for image in snapshot.images])
    classes = len(snapshot.classes)
    probabilities = np.empty((len(truth), classes))
    seen = [0] * classes
    for place, label in enumerate(truth.tolist()):
        wrong = seen[label] < mistakes
        best = (label + 1) % classes if wrong else label
        share = SURE - 0.02 * seen[label]
        probabilities[place] = (1 - share) / (classes - 1)
        probabilities[place, best] = share
        seen[label] += 1
    paths = [image.path for image in snapshot.images]
    found = evaluate(probabilities, truth, snapshot.classes, paths, "Planted.", temperature=1.5)
    write_evaluation(run_folder, found)
    return found
