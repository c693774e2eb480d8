"""The cuts: outlines of the parts a garment is sewn from.

Garment space: y from 0 at the top to 1 at the hem, x from −0.6 to 0.6 with 0 in the middle.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]  # [N, 2]
Half = list[tuple[float, float]]

SMOOTHING = 3  # rounds of corner cutting
CUT_OFF = 0.12  # of either end of an edge, in each round
INSIDE = 0.5  # brightness of the inner back, seen through the neck


@dataclass(frozen=True)
class Part:
    """A piece of cloth: its closed outline, its pattern's turn in degrees, and how bright it lies."""

    outline: Points
    turn: float = 0.0
    brightness: float = 1.0


@dataclass(frozen=True)
class Cut:
    """A garment: its parts from back to front, seams to draw on top, and buttons."""

    name: str
    parts: tuple[Part, ...]
    seams: tuple[Points, ...] = ()
    buttons: tuple[tuple[float, float], ...] = ()


def random_cut(generator: np.random.Generator) -> Cut:
    """Draw the measures of a random garment."""
    return CUTS[generator.integers(len(CUTS))](generator)


def smoothed(points: Points, rounds: int = SMOOTHING) -> Points:
    """Cut the corners of a closed outline (Chaikin 1974)."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        points = np.stack(
            [points + CUT_OFF * (following - points), following + CUT_OFF * (points - following)], 1
        ).reshape(-1, 2)
    return points.astype(np.float32)


def _mirrored(right: Half) -> Points:
    """Close an outline from its right half, top to bottom."""
    points = np.array(right, np.float32)
    return smoothed(np.concatenate([points, points[::-1] * np.array([-1, 1], np.float32)]))


def _back(neck: float) -> Part:
    """Return the inner back that the neck's opening shows."""
    return Part(_mirrored([(0.02, 0.005), (neck, 0.0), (neck + 0.02, 0.2), (0.02, 0.2)]), brightness=INSIDE)


def _sleeve(points: Half, side: int, turn: float) -> Part:
    return Part(smoothed(np.array(points, np.float32) * np.array([side, 1], np.float32), 2), side * turn)


def _between(generator: np.random.Generator, low: float, high: float) -> float:
    return float(generator.uniform(low, high))


def _torso(generator: np.random.Generator, width: float, neck: float, depth: float, hem: float) -> Points:
    waist = width * _between(generator, 0.86, 1.0)
    return _mirrored(
        [(0.02, depth), (neck * 0.75, depth * 0.75), (neck, 0.0), (width * 0.98, 0.07), (width * 0.94, 0.2),
         (width, 0.36), (waist, 0.62), (width * hem, 0.985), (0.02, 1.0)]
    )  # fmt: skip


def _sleeves(generator: np.random.Generator, width: float, length: float, opening: float) -> list[Part]:
    """Return both sleeves, hanging a little differently."""
    parts = []
    for side in (-1, 1):
        lean = np.deg2rad(_between(generator, 18, 52) if length < 0.4 else _between(generator, 6, 26))
        along = np.array([np.sin(lean), np.cos(lean)])
        over = np.array([along[1], -along[0]]) * opening
        shoulder, end = np.array([width * 0.86, 0.06]), np.array([width * 0.86, 0.1]) + along * length
        inner = np.array([width * 0.8, 0.37])
        points = [shoulder, shoulder + over * 0.9 + along * 0.1, end + over, end - over, inner]
        parts.append(_sleeve([(float(x), float(y)) for x, y in points], side, -float(np.rad2deg(lean))))
    return parts


def _t_shirt(generator: np.random.Generator) -> Cut:
    width, neck = _between(generator, 0.3, 0.37), _between(generator, 0.11, 0.15)
    torso = _torso(generator, width, neck, _between(generator, 0.05, 0.14), _between(generator, 0.94, 1.06))
    sleeves = _sleeves(generator, width, _between(generator, 0.18, 0.32), _between(generator, 0.09, 0.12))
    return Cut("t-shirt", (*sleeves, _back(neck), Part(torso)))


def _long_sleeve(generator: np.random.Generator) -> Cut:
    width, neck = _between(generator, 0.27, 0.33), _between(generator, 0.1, 0.14)
    torso = _torso(generator, width, neck, _between(generator, 0.04, 0.12), _between(generator, 0.92, 1.04))
    sleeves = _sleeves(generator, width, _between(generator, 0.6, 0.8), _between(generator, 0.06, 0.08))
    return Cut("long sleeve", (*sleeves, _back(neck), Part(torso)))


def _shirt(generator: np.random.Generator) -> Cut:
    cut = _long_sleeve(generator) if generator.random() < 0.7 else _t_shirt(generator)
    edge = 0.025
    collar = [
        smoothed(
            np.array([(0, 0.13), (side * 0.05, 0.005), (side * 0.15, -0.01), (side * 0.13, 0.12)], np.float32),
            2,
        )
        for side in (-1, 1)
    ]
    seams = tuple(np.array([(x, 0.12), (x, 0.985)], np.float32) for x in (-edge, edge))
    buttons = tuple((0.0, y) for y in np.arange(0.2, 0.95, _between(generator, 0.1, 0.15)))
    return Cut("shirt", (*cut.parts, *(Part(half, 30.0) for half in collar)), seams, buttons)


def _dress(generator: np.random.Generator) -> Cut:
    bust, waist = _between(generator, 0.17, 0.21), _between(generator, 0.13, 0.17)
    hem, strap = _between(generator, 0.2, 0.42), _between(generator, 0.08, 0.13)
    belt = _between(generator, 0.38, 0.46)
    top = [(0.02, _between(generator, 0.06, 0.16)), (strap * 0.8, 0.06), (strap, 0.0), (strap + 0.05, 0.0)]
    flare = 0.5 * (waist + hem) + 0.02
    below = [(bust * 0.9, 0.12), (bust, 0.2), (waist, belt), (flare, 0.7), (hem, 0.97), (0.02, 1.0)]
    outline = _mirrored([*top, *below])
    parts = [_back(strap), Part(outline)]
    if generator.random() < 0.4:
        parts = [*_sleeves(generator, bust, _between(generator, 0.12, 0.3), 0.06), *parts]
    seams = (np.array([(-waist, belt), (0, belt + 0.01), (waist, belt)], np.float32),)
    return Cut("dress", tuple(parts), seams if generator.random() < 0.7 else ())


def _skirt(generator: np.random.Generator) -> Cut:
    waist, hem = _between(generator, 0.17, 0.23), _between(generator, 0.24, 0.5)
    band, low = 0.09, _between(generator, 0.72, 1.0)
    top = [(0.02, band), (waist, band), (0.5 * (waist + hem) + 0.03, low * 0.55), (hem, low - 0.035)]
    skirt = _mirrored([*top, (hem * 0.96, low - 0.015), (hem * 0.5, low + 0.01), (0.02, low + 0.015)])
    waistband = _mirrored([(0.02, 0.03), (waist, 0.02), (waist + 0.005, band + 0.01), (0.02, band + 0.02)])
    return Cut("skirt", (Part(skirt), Part(waistband, 90.0)))


def _trousers(generator: np.random.Generator) -> Cut:
    waist, hip = _between(generator, 0.19, 0.23), _between(generator, 0.24, 0.29)
    low, leg = _between(generator, 0.5, 1.0), _between(generator, 0.1, 0.16)
    parts = []
    for side in (-1, 1):
        out = hip + _between(generator, -0.02, 0.05)
        points = [(-0.01, 0.02), (waist, 0.02), (hip, 0.25), (out, low), (out - 2 * leg * 0.95, low + 0.01),
                  (0.0, 0.4)]  # fmt: skip
        parts.append(_sleeve(points, side, -4.0))
    band = _mirrored([(0.02, 0.0), (waist, 0.0), (waist + 0.005, 0.06), (0.02, 0.065)])
    return Cut("trousers", (*parts, Part(band, 90.0)))


CUTS: tuple[Callable[[np.random.Generator], Cut], ...] = (
    _t_shirt,
    _long_sleeve,
    _shirt,
    _dress,
    _skirt,
    _trousers,
)
