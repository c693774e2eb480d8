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
    """Put what teaches most first: images between two classes, each as unlike those before it as can be.

    Label some twenty from the start, then ask for a new order: what comes later was chosen without their labels.
    """
    most_first = among[np.argsort(margins(suggestions)[among], kind="stable")]
    spread = _farthest_first(coordinates[most_first[:SPREAD_AMONG]])
    return np.concatenate([most_first[:SPREAD_AMONG][spread], most_first[SPREAD_AMONG:]])


def by_confidence(suggestions: Suggestions, coordinates: Floats, among: Positions) -> Positions:
    """Put the surest suggestions first, which are the quickest to accept."""
    return among[np.argsort(-suggestions.confidence[among], kind="stable")]


def at_random(suggestions: Suggestions, coordinates: Floats, among: Positions) -> Positions:
    """Shuffle, always in the same way: an image keeps its place while others are labelled."""
    places = np.random.default_rng(RANDOM_SEED).random(len(suggestions.labels))
    return among[np.argsort(places[among], kind="stable")]


ORDERS: dict[str, Order] = {"uncertainty": by_uncertainty, "confidence": by_confidence, "random": at_random}


def _farthest_first(coordinates: Floats) -> Positions:
    """Order images [n, P]: the first one, then always the one whose nearest image before it is the farthest away."""
    order = np.zeros(len(coordinates), np.int64)
    nearest = np.full(len(coordinates), np.inf, np.float32)
    for place in range(1, len(coordinates)):
        before = order[place - 1]
        difference = coordinates - coordinates[before]
        np.minimum(nearest, np.einsum("np,np->n", difference, difference), out=nearest)
        nearest[before] = -1
        order[place] = nearest.argmax()
    return order
