"""Which unlabelled image to look at next. What these orders save is measured in docs/decisions/010-suggestions.md."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.assist.suggest import Floats, Suggestions

Positions = NDArray[np.int64]
Order = Callable[[Suggestions, Floats, Positions], Positions]

SPREAD_AMONG = 200  # the most uncertain images, which are put in an order that avoids look-alikes
RANDOM_SEED = 0


def margins(suggestions: Suggestions) -> Floats:
    """Return how much likelier each image's best class is than its second [N], 0 to 1."""
    best = np.partition(suggestions.probabilities, -2, axis=1)
    return np.asarray(best[:, -1] - best[:, -2])


def by_uncertainty(suggestions: Suggestions, coordinates: Floats, among: Positions) -> Positions:
    """Put what teaches most first: images between two classes, each unlike those before it.

    Label some twenty from the start, then ask for a new order: what comes later was chosen without their labels.
    """
    doubt = 1 - margins(suggestions)[among]
    most_first = np.argsort(-doubt, kind="stable")
    head = most_first[:SPREAD_AMONG]
    spread = head[_unlike_those_before(coordinates[among[head]], doubt[head])]
    return among[np.concatenate([spread, most_first[SPREAD_AMONG:]])]


def by_confidence(suggestions: Suggestions, coordinates: Floats, among: Positions) -> Positions:
    """Put the surest suggestions first, which are the quickest to accept."""
    return among[np.argsort(-suggestions.confidence[among], kind="stable")]


def at_random(suggestions: Suggestions, coordinates: Floats, among: Positions) -> Positions:
    """Shuffle, always in the same way: an image keeps its place while others are labelled."""
    places = np.random.default_rng(RANDOM_SEED).random(len(suggestions.labels))
    return among[np.argsort(places[among], kind="stable")]


ORDERS: dict[str, Order] = {"uncertainty": by_uncertainty, "confidence": by_confidence, "random": at_random}


def _unlike_those_before(coordinates: Floats, doubt: Floats) -> Positions:
    """Order images [n, P]: the most doubtful first, then always the one with most doubt · distance to those before."""
    count = len(coordinates)
    chosen: list[int] = []
    nearest = np.full(count, np.inf, np.float32)
    left = np.ones(count, np.bool_)
    following = int(doubt.argmax()) if count else 0
    for _ in range(count):
        chosen.append(following)
        left[following] = False
        difference = coordinates - coordinates[following]
        np.minimum(nearest, np.sqrt(np.einsum("np,np->n", difference, difference)), out=nearest)
        following = int(np.where(left, doubt * nearest, -1).argmax())
    return np.array(chosen, np.int64)
