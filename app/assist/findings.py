"""What is wrong with images as images: each check gives every image a score, and a movable limit names the findings."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError

Scores = NDArray[np.float64]
Records = NDArray[np.void]
MOSTLY = 0.5  # share of grey images from which on grey is nothing special


@dataclass(frozen=True)
class Check:
    """A check: images with a score beyond `limit` are findings, above it or below it.

    `lowest` and `highest` are the ends between which moving the limit makes sense.
    """

    name: str
    title: str
    text: str
    limit: float
    above: bool
    lowest: float
    highest: float
    score: Callable[[Records, NDArray[np.bool_]], Scores]


@dataclass(frozen=True)
class Findings:
    """Positions of the images beyond the limit, the furthest first; `scores` [N], NaN where nothing was measured."""

    positions: NDArray[np.int64]
    scores: Scores


def find(name: str, appearances: Records, unreadable: NDArray[np.bool_], limit: float | None = None) -> Findings:
    """Make one check of `CHECKS` on N images; `appearances` [N] are records of `APPEARANCE`, zeros if not measured.

    Raises InputError for a check that there is not.
    """
    check = CHECKS.get(name)
    if check is None:
        raise InputError(f"There is no check “{name}”.", f"Choose one of: {', '.join(CHECKS)}.")
    return beyond(check, check.score(appearances, unreadable), limit)


def beyond(check: Check, scores: Scores, limit: float | None = None) -> Findings:
    """Return what a check finds with another limit; scores [N] are those it gave before."""
    limit = check.limit if limit is None else limit
    far = scores > limit if check.above else scores < limit
    positions = np.flatnonzero(far)
    badness = scores[positions] if check.above else -scores[positions]
    return Findings(positions[np.argsort(-badness, kind="stable")], scores)


def _measured(appearances: Records, values: NDArray[np.generic]) -> Scores:
    return np.where(appearances["width"] > 0, values, np.nan)


def _field(name: str) -> Callable[[Records, NDArray[np.bool_]], Scores]:
    return lambda appearances, unreadable: _measured(appearances, appearances[name])


def _unreadable(appearances: Records, unreadable: NDArray[np.bool_]) -> Scores:
    return unreadable.astype(np.float64)


def _shorter_side(appearances: Records, unreadable: NDArray[np.bool_]) -> Scores:
    return _measured(appearances, np.minimum(appearances["width"], appearances["height"]))


def _times_longer(appearances: Records, unreadable: NDArray[np.bool_]) -> Scores:
    sides = np.stack([appearances["width"], appearances["height"]]).astype(np.float64)
    return _measured(appearances, sides.max(axis=0) / np.maximum(sides.min(axis=0), 1))


def _colour(appearances: Records, unreadable: NDArray[np.bool_]) -> Scores:
    """Return the chroma, NaN for all where most images are grey."""
    chroma = _measured(appearances, appearances["chroma"])
    known = chroma[~np.isnan(chroma)]
    grey = len(known) and np.mean(known < GREYSCALE_LIMIT) > MOSTLY
    return np.full(len(chroma), np.nan) if grey else chroma


GREYSCALE_LIMIT = 0.03
CHECKS = {
    check.name: check
    for check in (
        Check("unreadable", "Unreadable", "the file cannot be read", 0.5, True, 0, 1, _unreadable),
        Check("blurred", "Blurred", "sharpness, 0 to 1", 0.4, False, 0, 1, _field("sharpness")),
        Check("dark", "Dark", "its light parts, 0 black to 1 white", 0.4, False, 0, 1, _field("high")),
        Check("bright", "Bright", "its dark parts, 0 black to 1 white", 0.6, True, 0, 1, _field("low")),
        Check("tiny", "Tiny", "its shorter side in pixels", 100, False, 1, 1000, _shorter_side),
        Check("odd-shape", "Odd shape", "how many times longer than wide", 3, True, 1, 20, _times_longer),
        Check("greyscale", "Greyscale", "colour, 0 grey to 1, among colour", GREYSCALE_LIMIT, False, 0, 1, _colour),
    )
}
