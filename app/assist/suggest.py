"""Suggested labels: which class an unlabelled image is likely to have, and which image to look at next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.assist.linear_model import fit, softmax
from app.assist.reduction import FeatureRows, reduced
from app.errors import InputError

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]

UNLABELLED = -1
FEWEST_CLASSES = 2
FEWEST_IMAGES = 3


@dataclass(frozen=True)
class Suggestions:
    """What N images are likely to be.

    `class_ids` [C] are the labels given, ascending. `probabilities` [N, C] sum to 1; those of a labelled image are
    what it would have got without its label. `labels` [N] are the labels that this was learnt from.
    """

    class_ids: NDArray[np.int64]
    probabilities: Floats
    labels: NDArray[np.int64]

    @property
    def unlabelled(self) -> NDArray[np.int64]:
        """Return the positions of the images that have no label, ascending."""
        return np.flatnonzero(self.labels == UNLABELLED)

    @property
    def classes(self) -> NDArray[np.int64]:
        """Return the suggested class [N]; a labelled image keeps its label."""
        best = self.class_ids[self.probabilities.argmax(axis=1)]
        return np.where(self.labels == UNLABELLED, best, self.labels)

    @property
    def confidence(self) -> Floats:
        """Return how likely the suggested class is [N], 0 to 1; 1 for a labelled image."""
        best = self.probabilities.max(axis=1)
        return np.where(self.labels == UNLABELLED, best, np.float32(1))

    @property
    def disagreement(self) -> Floats:
        """Return how unlikely each label is in the light of all others [N], 0 to 1; 0 where there is none."""
        labelled = np.flatnonzero(self.labels != UNLABELLED)
        given = np.searchsorted(self.class_ids, self.labels[labelled])
        found = np.zeros(len(self.labels), np.float32)
        found[labelled] = 1 - self.probabilities[labelled, given]
        return found


def check_labels(labels: Integers) -> None:
    """Raise InputError unless two classes have three labelled images each; labels [N], -1 for none."""
    _, counts = np.unique(labels[labels != UNLABELLED], return_counts=True)
    if np.count_nonzero(counts >= FEWEST_IMAGES) < FEWEST_CLASSES:
        raise InputError("There are too few labels to suggest others.", "Label three images in each of two classes.")


class Suggester:
    """Suggests labels for N images; features are reduced once, then every answer is computed from the labels alone."""

    def __init__(self, features: FeatureRows):
        """Take non-negative features [N, D], an array or rows of the cache."""
        self.coordinates = reduced(features)
        self._spread = float(np.mean(self.coordinates**2)) if self.coordinates.size else 0.0

    def suggest(self, labels: Integers) -> Suggestions:
        """Return suggestions for labels [N], any number from 0 upwards naming a class, -1 for none.

        Raises InputError where there are too few labels. Classes with one or two images are suggested too.
        """
        check_labels(labels)
        labelled = np.flatnonzero(labels != UNLABELLED)
        class_ids, truth = np.unique(labels[labelled], return_inverse=True)
        model = fit(self.coordinates[labelled], truth, len(class_ids), self._spread)
        logits = model.logits(self.coordinates)
        logits[labelled] = model.left_out
        return Suggestions(class_ids.astype(np.int64), softmax(logits), labels.astype(np.int64))
