"""Printed cloth, laid flat: dotted, leopard and striped.

Each draws an RGB picture [side, side, 3], uint8, at `scale` times its usual size. The classes come close to
each other on purpose, as real cloth does: large uneven dots, solid spots, wavy stripes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.demo.noise import smooth_field, turned_field
from app.demo.palettes import CLOTH, FUR_CORES, FUR_GROUNDS, FUR_RINGS, Colour, any_of, contrasting

Picture = NDArray[np.uint8]
Texture = Callable[[np.random.Generator, int, float], Picture]

SUBPIXEL = 4  # bits of cv2's fixed-point coordinates
ANGLES = np.linspace(0, 2 * np.pi, 28, endpoint=False)  # of the corners of a spot's outline
ORDERS = np.arange(2, 5)  # of the waves that make it uneven


def dotted(generator: np.random.Generator, side: int, scale: float) -> Picture:
    """Draw dots on plain cloth: in rows, staggered or strewn, of one size or two."""
    ground = any_of(generator, CLOTH)
    ink = [contrasting(generator, ground) for _ in range(1 if generator.random() < 0.75 else 3)]
    cloth = _plain(ground, side)
    pitch = scale * generator.uniform(20, 44)
    radius = pitch * generator.uniform(0.16, 0.36)
    strewn = generator.random() < 0.3
    staggered = generator.random() < 0.65
    jitter = pitch * (0.28 if strewn else generator.uniform(0, 0.05))
    varied = generator.uniform(0.15, 0.35) if strewn else generator.uniform(0, 0.06)
    for x, y in _grid(generator, side, pitch, staggered, jitter):
        size = radius * float(np.exp(generator.normal(0, varied)))
        _disc(cloth, x, y, size, ink[generator.integers(len(ink))])
    return cloth


def striped(generator: np.random.Generator, side: int, scale: float) -> Picture:
    """Draw stripes of one to three colours, even or uneven, across, along or slanting, straight or wavy."""
    ground = any_of(generator, CLOTH)
    period = scale * generator.uniform(16, 56)
    bands = _bands(generator, ground)
    angle = generator.choice([0.0, 90.0, generator.uniform(-60, 60)], p=[0.55, 0.3, 0.15])
    row = _repeated(bands, period, side)
    cloth = np.repeat(row[:, np.newaxis], side, axis=1)
    if generator.random() < 0.2:
        shift = smooth_field(generator, side, side, 5 / scale, 5 / scale) * period * generator.uniform(0.2, 0.5)
        grid_y, grid_x = np.mgrid[:side, :side].astype(np.float32)
        waved = cv2.remap(cloth, grid_x, grid_y + shift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        cloth = np.asarray(waved, np.uint8)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(angle), 1.0)
    return np.asarray(cv2.warpAffine(cloth, turn, (side, side), borderMode=cv2.BORDER_REFLECT), np.uint8)


def leopard(generator: np.random.Generator, side: int, scale: float) -> Picture:
    """Draw rosettes: dark broken rings around a core, on a lighter ground that varies."""
    ground, core, ring = _fur(generator)
    cloth = _plain(ground, side).astype(np.float32)
    cloth += turned_field(generator, side, side, 9, 4, 20)[:, :, np.newaxis] * 14
    fur = np.clip(cloth, 0, 255).astype(np.uint8)
    pitch = scale * generator.uniform(26, 48)
    solid = generator.uniform(0.05, 0.5)  # share of small spots without a core
    lean = generator.uniform(0, np.pi)
    places = _grid(generator, side, pitch, True, pitch * 0.22)
    spots = [_random_spot(generator, pitch * generator.uniform(0.3, 0.46), solid) for _ in places]
    centres = np.array(places)[:, np.newaxis]
    outlines = centres + _blobs(spots, lean)
    cores = _fixed(outlines * 0.84 + centres * 0.16)
    for spot, outline, inner in zip(spots, _fixed(outlines), cores, strict=True):
        if not spot.arcs:
            cv2.fillPoly(fur, [outline], ring.tolist(), cv2.LINE_AA, SUBPIXEL)
            continue
        cv2.fillPoly(fur, [inner], core.tolist(), cv2.LINE_AA, SUBPIXEL)
        arcs = [outline[np.arange(start, end) % len(outline)] for start, end in spot.arcs]
        cv2.polylines(fur, arcs, False, ring.tolist(), spot.thickness, cv2.LINE_AA, SUBPIXEL)
    return fur


def _fur(generator: np.random.Generator) -> tuple[Colour, Colour, Colour]:
    if generator.random() < 0.8:
        return any_of(generator, FUR_GROUNDS), any_of(generator, FUR_CORES), any_of(generator, FUR_RINGS)
    ground = any_of(generator, CLOTH)
    ring = contrasting(generator, ground, 90)
    return ground, (0.55 * ground + 0.45 * ring).astype(np.float32), ring


@dataclass(frozen=True)
class _Spot:
    """A leopard's spot: its size, height and phase of its outline's waves [2, 3], and, unless it is solid, its ring.

    `arcs` are the corners of the outline from which, and up to which, the ring is drawn.
    """

    size: float
    waves: NDArray[np.float64]
    thickness: int = 0
    arcs: tuple[tuple[int, int], ...] = ()


def _random_spot(generator: np.random.Generator, size: float, solid: float) -> _Spot:
    """Return a rosette, or, with the chance `solid`, a small spot."""
    small = generator.random() < solid
    waves = np.array([generator.normal(0, 0.13, 3) / ORDERS, generator.uniform(0, 2 * np.pi, 3)])
    if small:
        return _Spot(size * 0.55, waves)
    corners = len(ANGLES)
    start = int(generator.integers(corners))
    thickness = max(1, round(size * generator.uniform(0.26, 0.46)))
    arcs = []
    for _ in range(int(generator.integers(2, 5))):
        end = start + int(generator.integers(corners // 7, corners // 3))
        arcs.append((start, end))
        start = end + int(generator.integers(2, corners // 6))
    return _Spot(size, waves, thickness, tuple(arcs))


def _blobs(spots: Sequence[_Spot], lean: float) -> NDArray[np.float64]:
    """Return uneven round outlines [N, corners, 2] around 0, a little longer along `lean`."""
    heights, phases = np.array([one.waves for one in spots]).swapaxes(0, 1)[:, :, np.newaxis]
    uneven = 1 + np.sum(heights * np.cos(ORDERS * ANGLES[:, np.newaxis] + phases), axis=2)
    sizes = np.array([one.size for one in spots])[:, np.newaxis]
    radius = sizes * uneven * (1 + 0.18 * np.cos(2 * (ANGLES - lean)))
    return np.stack([radius * np.cos(ANGLES), radius * np.sin(ANGLES)], 2)


def _bands(generator: np.random.Generator, ground: Colour) -> list[tuple[float, Colour]]:
    """Return the bands of one period: their share of it and their colour."""
    ink = contrasting(generator, ground)
    share = generator.uniform(0.2, 0.6)
    if generator.random() < 0.6:
        return [(1 - share, ground), (share, ink)]
    third = contrasting(generator, ink, 30)
    thin = generator.uniform(0.08, 0.2)
    return [(1 - share, ground), (share * 0.6, ink), (share * 0.2 + thin, ground), (thin, third)]


def _repeated(bands: list[tuple[float, Colour]], period: float, side: int) -> Picture:
    """Return one column [side, 3] of repeated bands, with soft edges."""
    shares = np.array([share for share, _ in bands])
    edges = np.cumsum(shares / shares.sum())
    fine = 4
    at = (np.arange(side * fine) / fine / period) % 1.0
    which = np.minimum(np.searchsorted(edges, at, side="right"), len(bands) - 1)
    colours = np.array([colour for _, colour in bands])[which]
    return colours.reshape(side, fine, 3).mean(axis=1).astype(np.uint8)


def _grid(
    generator: np.random.Generator, side: int, pitch: float, staggered: bool, jitter: float
) -> list[tuple[float, float]]:
    rise = pitch * (0.866 if staggered else 1.0)
    places = []
    for row, y in enumerate(np.arange(0, side + rise, rise)):
        for x in np.arange(pitch / 2 * (row % 2) * staggered, side + pitch, pitch):
            moved = generator.uniform(-jitter, jitter, 2)
            places.append((float(x + moved[0]), float(y + moved[1])))
    return places


def _disc(cloth: Picture, x: float, y: float, radius: float, colour: Colour) -> None:
    one = 1 << SUBPIXEL
    centre = (round(x * one), round(y * one))
    cv2.circle(cloth, centre, max(one, round(radius * one)), colour.tolist(), -1, cv2.LINE_AA, SUBPIXEL)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.round(points * (1 << SUBPIXEL)).astype(np.int32)


def _plain(colour: Colour, side: int) -> Picture:
    return np.full((side, side, 3), colour, np.uint8)


TEXTURES: dict[str, Texture] = {"dotted": dotted, "leopard": leopard, "striped": striped}
