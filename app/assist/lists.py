"""What the assistant found, as lists of images to look through, the most important first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.assist.analysis import Analysis
from app.assist.duplicates import find_duplicates
from app.assist.findings import CHECKS, find
from app.assist.label_errors import find_label_errors
from app.assist.order import ORDERS
from app.assist.similar import most_similar
from app.assist.suggest import UNLABELLED, Suggester, Suggestions
from app.errors import InputError
from app.features.duplicates import group_near_duplicates
from app.project.records import ImageRow

SUGGESTIONS, SIMILAR, DUPLICATES, LABEL_ERRORS = "suggestions", "similar", "duplicates", "label-errors"
MOST_SIMILAR = 200
DOUBTFUL = 0.5  # a label less likely than this is listed


@dataclass(frozen=True)
class Guess:
    """A class that an image may have, and how likely that is, 0 to 1."""

    class_id: int
    confidence: float


@dataclass(frozen=True)
class ImageList:
    """Ids of images in the order to look at them.

    `guesses` are what the images may be instead of their label; `scores` are cosines of similar images, a group's
    number of near-duplicates, or what a check of findings measured; `copies` are those that say nothing new.
    """

    kind: str
    ids: tuple[int, ...]
    guesses: dict[int, Guess] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)
    copies: tuple[int, ...] = ()


@dataclass(frozen=True)
class Assistant:
    """A project's analysis with what is computed once from it."""

    analysis: Analysis
    suggester: Suggester

    def suggest(self, rows: Sequence[ImageRow]) -> tuple[Suggestions, dict[int, Guess]]:
        """Return suggestions for the images as they are labelled in `rows`, and those of unlabelled ones by id."""
        suggestions = self.suggester.suggest(self.analysis.labels(rows))
        among = self.analysis.unlabelled(rows)
        classes, confidence, ids = suggestions.classes, suggestions.confidence, self.analysis.ids
        found = zip(ids[among].tolist(), classes[among].tolist(), confidence[among].tolist(), strict=True)
        return suggestions, {key: Guess(class_id, sure) for key, class_id, sure in found}

    def suggested(self, rows: Sequence[ImageRow], order: str) -> ImageList:
        """List the unlabelled images in one of `ORDERS`; raises InputError where there are too few labels."""
        suggestions, guesses = self.suggest(rows)
        among = ORDERS[order](suggestions, self.suggester.coordinates, self.analysis.unlabelled(rows))
        return ImageList(SUGGESTIONS, tuple(self.analysis.ids[among].tolist()), guesses)

    def similar(self, selected: Sequence[int]) -> ImageList:
        """List the images most like those with the selected ids, and these before them."""
        places = {key: place for place, key in enumerate(self.analysis.ids.tolist())}
        chosen = [places[key] for key in selected if key in places]
        if not chosen:
            raise InputError("No readable image is selected.", "Select one or more, then look for similar ones.")
        found = most_similar(self.analysis.features, chosen, MOST_SIMILAR)
        ids = self.analysis.ids[found.positions].tolist()
        own = [key for key in selected if key in places]
        return ImageList(SIMILAR, (*own, *ids), scores=dict(zip(ids, found.cosines.tolist(), strict=True)))

    def duplicates(self, rows: Sequence[ImageRow]) -> ImageList:
        """List groups of images of one photo, one group after the other, the one to keep first."""
        digests = [row.digest for row in self.analysis.images]
        groups = find_duplicates(
            digests,
            self.analysis.hashes,
            self.analysis.features,
            self.analysis.appearances(),
            self.analysis.labels(rows),
        )
        ids = self.analysis.ids
        numbered = {int(ids[place]): number for number, group in enumerate(groups, 1) for place in group.positions}
        copies = tuple(int(ids[place]) for group in groups for place in group.others)
        return ImageList(
            DUPLICATES, tuple(numbered), scores={key: float(n) for key, n in numbered.items()}, copies=copies
        )

    def label_errors(self, rows: Sequence[ImageRow]) -> ImageList:
        """List labelled images whose label a model that never saw them does not believe."""
        labels = self.analysis.labels(rows)
        known = np.flatnonzero(labels != UNLABELLED)
        class_ids, truth = np.unique(labels[known], return_inverse=True)
        if len(class_ids) < 2:
            raise InputError("There are too few labels to find wrong ones.", "Label images of two classes at least.")
        features = self.analysis.features[known]
        groups = group_near_duplicates(self.analysis.hashes[known], features)
        errors = find_label_errors(features, truth, groups)
        order = [place for place in errors.order.tolist() if errors.given[place] < DOUBTFUL]
        ids = self.analysis.ids[known[order]].tolist()
        guesses = {
            key: Guess(int(class_ids[errors.likely[place]]), 1 - float(errors.given[place]))
            for key, place in zip(ids, order, strict=True)
        }
        return ImageList(LABEL_ERRORS, tuple(ids), guesses)

    def findings(self, check: str, limit: float | None) -> ImageList:
        """List the images beyond the limit of one of `CHECKS`, the furthest first."""
        found = find(check, self.analysis.appearances(), np.zeros(len(self.analysis.images), np.bool_), limit)
        ids = self.analysis.ids[found.positions].tolist()
        return ImageList(check, tuple(ids), scores=dict(zip(ids, found.scores[found.positions].tolist(), strict=True)))


FINDINGS = tuple(name for name in CHECKS if name != "unreadable")  # unreadable images are a filter of their own
