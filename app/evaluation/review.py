"""A run's test images with the labels that they have now: every figure follows, and the images behind it are found."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from app.engines.snapshot import TRAIN, VALIDATION, SnapshotImage, read_snapshot, read_split
from app.errors import EngineError, InputError, ProjectError
from app.evaluation.curves import Booleans, Floats, Integers
from app.evaluation.metrics import LEFT_OUT, Scoreboard
from app.evaluation.report import Evaluation, Figures, ScoredImage, load_evaluation
from app.evaluation.subjects import Subject, run_subject
from app.project.project import Project
from app.project.records import ClassRow, ImageRow

MOST_WRONG, MARGIN, LEAST_SURE, MOST_SURE = "wrong", "margin", "least sure", "most sure"
NO_IMAGE = -1
Positions = Integers


@dataclass(frozen=True)
class Changes:
    """How the labels of now differ from those the run was measured with."""

    relabelled: int = 0
    left_out: int = 0

    def __bool__(self) -> bool:
        return bool(self.relabelled or self.left_out)


class Review:
    """The scores of N test images, and what is true of each now; positions are those of the evaluation's images."""

    def __init__(
        self, evaluation: Evaluation, trained_on: Sequence[SnapshotImage] = (), subject: Subject | None = None
    ):
        """Review an evaluation; out of fold, `trained_on` are the evaluation's own images in their order."""
        self.evaluation = evaluation
        self.subject = subject
        self.trained_on = tuple(trained_on)
        self.labels = evaluation.labels
        self.probabilities: Floats = np.array([image.probabilities for image in evaluation.predictions], np.float64)
        self.board = Scoreboard(self.probabilities, self.labels, np.array(evaluation.groups or range(self.count)))
        self.measured: Integers = np.array([image.truth for image in evaluation.predictions], np.int64)
        self.truth = self.measured.copy()
        self.image_ids: Integers = np.full(self.count, NO_IMAGE, np.int64)
        self.excluded: Booleans = np.zeros(self.count, bool)
        self.class_ids: dict[int, int] = {}  # of the project, by the run's number of the class
        self._places: dict[int, int] = {}
        self._images = list(evaluation.predictions)
        self._figures: Figures | None = evaluation

    @property
    def count(self) -> int:
        """Return how many images the run was measured on."""
        return len(self.evaluation.predictions)

    @property
    def predicted(self) -> Integers:
        """Return the predicted classes [N]."""
        return self.board.predicted

    @cached_property
    def confidence(self) -> Floats:
        """Return the probability of each prediction [N]."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def margin(self) -> Floats:
        """Return by how much the best guess leads the second [N]."""
        best = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        return np.asarray(best[:, 1] - best[:, 0])

    @property
    def used(self) -> Booleans:
        """Return which images [N] have a label of the model's now, and are not excluded."""
        return np.asarray(self.truth != LEFT_OUT)

    @property
    def figures(self) -> Figures:
        """Return every figure for the labels of now; raises InputError where no image has one any more."""
        if self._figures is None:
            self._figures = self.board.measure(self.truth)
        return self._figures

    def prepare(self) -> None:
        """Measure for the first time, which takes ten times as long as it does after a corrected label."""
        with suppress(InputError):  # without images, which `figures` says
            _ = self.figures

    @property
    def changes(self) -> Changes:
        """Return how the labels differ from those that the run was measured with."""
        left_out = int((~self.used).sum())
        return Changes(int((self.truth != self.measured).sum()) - left_out, left_out)

    @property
    def evaluation_of_now(self) -> Evaluation:
        """Return the evaluation with the labels of now, without the images that are left out, and a word of both."""
        used = np.flatnonzero(self.used)
        changes, groups = self.changes, self.evaluation.groups
        words = f" Since then labels corrected: {changes.relabelled:,}; images left out: {changes.left_out:,}."
        values = {
            **vars(self.figures),
            "labels": self.labels,
            "predictions": tuple(self.images(used)),
            "protocol": self.evaluation.protocol + (words if changes else ""),
            "groups": tuple(groups[place] for place in used.tolist()) if groups else (),
            "temperature": self.evaluation.temperature,
        }
        return Evaluation(**{one.name: values[one.name] for one in fields(Evaluation)})

    def image(self, position: int) -> ScoredImage:
        """Return an image with its label of now; one that is left out has that of the measurement."""
        return self._images[position]

    def trained_for(self, path: str) -> Sequence[SnapshotImage]:
        """Return the images that the model which answered for an image had learnt from."""
        if self.subject is None or not self.subject.out_of_fold:
            return self.trained_on
        groups = self.evaluation.groups or tuple(range(len(self.trained_on)))
        own = {group for image, group in zip(self.trained_on, groups, strict=True) if image.path == path}
        return [image for image, group in zip(self.trained_on, groups, strict=True) if group not in own]

    # -- what the project says now

    def connect_to(self, rows: Sequence[ImageRow], classes: Sequence[ClassRow]) -> None:
        """Take ids, labels and exclusion from the project; images that are not in it stay as they were measured."""
        by_path = {str(row.path): row for row in rows}
        found = [by_path.get(image.path) for image in self.evaluation.predictions]
        self.image_ids = np.array([NO_IMAGE if row is None else row.id for row in found], np.int64)
        self._places = {row.id: place for place, row in enumerate(found) if row is not None}
        self.class_ids = self._named_now(found, classes)
        self.update([row for row in found if row is not None])

    def update(self, rows: Iterable[ImageRow]) -> bool:
        """Take labels and exclusion of these images as they are now; tell whether anything changed."""
        numbers = {class_id: number for number, class_id in self.class_ids.items()}
        truth = self.truth.copy()
        for row in rows:
            place = self._places.get(row.id)
            if place is not None:
                self.excluded[place] = row.excluded
                usable = len(row.class_ids) == 1 and not row.excluded
                truth[place] = numbers.get(row.class_ids[0], LEFT_OUT) if usable else LEFT_OUT
        return self._set_truth(truth)

    def _set_truth(self, truth: Integers) -> bool:
        changed = np.flatnonzero(truth != self.truth)
        for place in changed.tolist():
            label = int(truth[place]) if truth[place] != LEFT_OUT else int(self.measured[place])
            self._images[place] = replace(self._images[place], truth=label)
        if len(changed):
            self.truth = truth
            self._figures = None
        return bool(len(changed))

    def _named_now(self, rows: Sequence[ImageRow | None], classes: Sequence[ClassRow]) -> dict[int, int]:
        """Return the project's class of each of the run's; one that was renamed is the one most of its images have."""
        ids = {row.name: row.id for row in classes}
        known = {number: ids[label] for number, label in enumerate(self.labels) if label in ids}
        for number in range(len(self.labels)):
            if number not in known:
                mine = [row for row, truth in zip(rows, self.measured, strict=True) if row and truth == number]
                counts = Counter(row.class_ids[0] for row in mine if len(row.class_ids) == 1)
                best = counts.most_common(1)
                if best and best[0][0] not in known.values() and 2 * best[0][1] > len(mine):
                    known[number] = best[0][0]
        return known

    # -- the images behind a figure

    def of_cell(self, true: int, predicted: int) -> Positions:
        """Return the images of one class that were given another, or the same."""
        return np.flatnonzero((self.truth == true) & (self.predicted == predicted))

    def of_class(self, number: int) -> Positions:
        """Return the images that are of a class, or were called so."""
        return np.flatnonzero(self.used & ((self.truth == number) | (self.predicted == number)))

    def mistakes(self) -> Positions:
        """Return the images that were given another class than their own."""
        return np.flatnonzero(self.used & (self.truth != self.predicted))

    def false_alarms(self, number: int, threshold: float) -> Positions:
        """Return the images of other classes whose score for this one reaches the threshold."""
        accepted = self.probabilities[:, number] >= threshold
        return np.flatnonzero(self.used & accepted & (self.truth != number))

    def missed(self, number: int, threshold: float) -> Positions:
        """Return the images of a class whose score for it is below the threshold."""
        accepted = self.probabilities[:, number] >= threshold
        return np.flatnonzero(self.used & ~accepted & (self.truth == number))

    def together(self, *some: Positions) -> Positions:
        """Return images that are in any of these."""
        return np.unique(np.concatenate(some))

    def wrong_at(self, threshold: float) -> Positions:
        """Return the images that miss their class, or raise a false alarm, where one threshold holds for all."""
        own = np.arange(len(self.labels)) == self.truth[:, np.newaxis]
        return np.flatnonzero(self.used & ((self.probabilities >= threshold) != own).any(axis=1))

    def wrong_from(self, threshold: float) -> Positions:
        """Return the mistakes among the images that are answered where confidence must reach a threshold."""
        return np.flatnonzero(self.used & (self.truth != self.predicted) & (self.confidence >= threshold))

    def between(self, scores: Floats, low: float, high: float) -> Positions:
        """Return the images whose score [N] is at least `low` and below `high`; 1 belongs to the last range."""
        return np.flatnonzero(self.used & (scores >= low) & ((scores < high) | (high >= 1)))

    def ordered(self, positions: Positions, order: str) -> Positions:
        """Return positions by one of MOST_WRONG, MARGIN, LEAST_SURE, MOST_SURE; equals as they were."""
        if order == MOST_WRONG:
            given = np.where(self.used, self.truth, self.measured)[positions]
            keys = self.probabilities[positions, given]
        else:
            keys = {MARGIN: self.margin, LEAST_SURE: self.confidence, MOST_SURE: -self.confidence}[order][positions]
        return positions[np.argsort(keys, kind="stable")]

    def images(self, positions: Positions) -> list[ScoredImage]:
        """Return images with their labels of now."""
        return [self._images[position] for position in positions.tolist()]


def open_review(project: Project, number: int) -> tuple[Review, Mapping[str, str]]:
    """Read what a run came to; see `open_subject`."""
    return open_subject(project, run_subject(project, number))


def open_subject(project: Project, subject: Subject) -> tuple[Review, Mapping[str, str]]:
    """Read what was measured and what its images are now, and each one's content hash by path.

    Raises ProjectError where nothing was measured, or a score is not a number. Without its snapshot only hashes
    and training images are missed.
    """
    evaluation = load_evaluation(subject.folder)
    if not all(math.isfinite(share) for image in evaluation.predictions for share in image.probabilities):
        raise ProjectError("The scores of this run are not all numbers, so no figure is shown.", "Train again.")
    rows = project.images()
    digests, trained = (
        _of_project(evaluation, rows) if subject.run is None else _learnt(project.run_folder(subject.run))
    )
    review = Review(evaluation, trained, subject)
    review.connect_to(rows, project.classes())
    review.prepare()
    return review, digests


Learnt = tuple[Mapping[str, str], Sequence[SnapshotImage]]  # content hashes by path, images that were learnt from


def _of_project(evaluation: Evaluation, rows: Sequence[ImageRow]) -> Learnt:
    digests = {str(row.path): row.digest for row in rows}
    own = [(image.path, digests.get(image.path, ""), image.truth) for image in evaluation.predictions]
    return digests, [SnapshotImage(path, digest, truth, None) for path, digest, truth in own]


def _learnt(run_folder: Path) -> Learnt:
    try:
        images = read_snapshot(run_folder).images
        return {image.path: image.digest for image in images}, [
            images[place] for place in read_split(run_folder).positions(TRAIN, VALIDATION)
        ]
    except (EngineError, KeyError):
        return {}, []
