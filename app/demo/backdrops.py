"""What a garment lies on or hangs before: wall, sheet, planks, tiles, carpet."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from app.demo.noise import Field, smooth_field, turned_field
from app.demo.palettes import any_of

Canvas = NDArray[np.float32]  # RGB [height, width, 3], 0 to 255

WALLS = ((228, 226, 220), (206, 204, 200), (190, 198, 204), (214, 206, 190), (170, 176, 172), (120, 124, 130))
WOODS = ((176, 132, 88), (140, 98, 62), (200, 166, 124), (104, 74, 52))
CARPETS = ((150, 140, 126), (112, 116, 124), (92, 82, 76), (178, 168, 150), (84, 98, 96))


def random_backdrop(generator: np.random.Generator, height: int, width: int) -> Canvas:
    """Draw a random backdrop."""
    backdrop = BACKDROPS[generator.integers(len(BACKDROPS))](generator, height, width)
    return np.ascontiguousarray(np.clip(backdrop, 0, 255))


def _wall(generator: np.random.Generator, height: int, width: int) -> Canvas:
    stains = smooth_field(generator, height, width, 3, 4) * generator.uniform(2, 9)
    rough = smooth_field(generator, height, width, width / 3, height / 3) * generator.uniform(0, 4)
    canvas = _flat(any_of(generator, WALLS), height, width) + (stains + rough)[:, :, np.newaxis]
    if generator.random() < 0.35:  # the floor begins
        floor = int(height * generator.uniform(0.75, 0.95))
        canvas[floor:] = _planks(generator, height - floor, width)
        canvas[floor - 6 : floor] *= 0.86
    return canvas


def _sheet(generator: np.random.Generator, height: int, width: int) -> Canvas:
    bumps = generator.uniform(5, 9), generator.uniform(1, 2.5)
    ridges = 1 - np.abs(turned_field(generator, height, width, *bumps, generator.uniform(0, 180)))
    shade = 1 + _slope(ridges**2, generator.uniform(4, 12)) + 0.08 * smooth_field(generator, height, width, 5, 5)
    return _flat(any_of(generator, WALLS), height, width) * np.clip(shade, 0.6, 1.2)[:, :, np.newaxis]


def _planks(generator: np.random.Generator, height: int, width: int) -> Canvas:
    colour = any_of(generator, WOODS)
    pitch = generator.uniform(45, 110)
    grain = smooth_field(generator, height, width, 3, height / 2) * 12
    canvas = _flat(colour, height, width) + grain[:, :, np.newaxis]
    for top in np.arange(-generator.uniform(0, pitch), height, pitch):
        low, high = max(0, int(top)), max(0, int(top + pitch))
        canvas[low:high] *= generator.uniform(0.86, 1.1)
        canvas[low : low + 2] *= 0.55
    return canvas


def _tiles(generator: np.random.Generator, height: int, width: int) -> Canvas:
    canvas = _flat(any_of(generator, WALLS), height, width)
    pitch = int(generator.uniform(60, 130))
    left, top = generator.integers(0, pitch, 2)
    for x in range(int(left), width, pitch):
        canvas[:, x : x + 3] *= 0.8
    for y in range(int(top), height, pitch):
        canvas[y : y + 3] *= 0.8
    return canvas + smooth_field(generator, height, width, 4, 4)[:, :, np.newaxis] * 6


def _carpet(generator: np.random.Generator, height: int, width: int) -> Canvas:
    pile = generator.normal(0, generator.uniform(6, 16), (height, width)).astype(np.float32)
    patches = smooth_field(generator, height, width, 12, 12) * 8
    return (
        _flat(any_of(generator, CARPETS), height, width)
        + (cv2.GaussianBlur(pile, (0, 0), 0.8) + patches)[..., np.newaxis]
    )


def _turned_planks(generator: np.random.Generator, height: int, width: int) -> Canvas:
    side = int(np.hypot(height, width)) + 2
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), generator.choice([90.0, generator.uniform(0, 180)]), 1.0)
    planks = np.asarray(cv2.warpAffine(_planks(generator, side, side), turn, (side, side)), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    return planks[top : top + height, left : left + width]


def _flat(colour: NDArray[np.float32], height: int, width: int) -> Canvas:
    return np.broadcast_to(colour, (height, width, 3)).astype(np.float32)


def _slope(field: Field, strength: float) -> Field:
    """Return the field's slope along the light, from the upper left."""
    return np.asarray(np.gradient(field, axis=1) + np.gradient(field, axis=0), np.float32) * strength


BACKDROPS: tuple[Callable[[np.random.Generator, int, int], Canvas], ...] = (
    _wall, _wall, _sheet, _planks, _turned_planks, _tiles, _carpet,
)  # fmt: skip
