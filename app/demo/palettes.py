"""Colours of cloth: what people wear rather than every colour there is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]  # RGB, 0 to 255

CLOTH = (
    (242, 240, 234), (226, 214, 190), (28, 28, 32), (44, 52, 84), (96, 30, 38), (196, 44, 48),
    (214, 120, 126), (238, 196, 190), (234, 190, 70), (62, 96, 70), (120, 146, 112), (70, 122, 168),
    (150, 186, 210), (108, 76, 128), (186, 160, 200), (128, 88, 58), (150, 150, 148), (206, 110, 52),
)  # fmt: skip
FUR_GROUNDS = ((214, 168, 104), (196, 146, 88), (226, 196, 150), (180, 128, 76), (222, 180, 122))
FUR_CORES = ((160, 100, 48), (138, 84, 44), (170, 120, 70), (120, 76, 44))
FUR_RINGS = ((34, 24, 20), (52, 34, 26), (24, 22, 24))
LEAST_CONTRAST = 60.0  # in luminance, so that a pattern can be seen


def any_of(generator: np.random.Generator, colours: Sequence[tuple[int, int, int]], spread: float = 8) -> Colour:
    """Pick a colour and vary it a little."""
    picked = np.array(colours[int(generator.integers(len(colours)))], np.float32)
    return np.clip(picked + generator.normal(0, spread, 3), 0, 255).astype(np.float32)


def contrasting(generator: np.random.Generator, other: Colour, least: float = LEAST_CONTRAST) -> Colour:
    """Pick a cloth colour that differs from another in brightness by at least `least`."""
    for _ in range(30):
        picked = any_of(generator, CLOTH)
        if abs(luminance(picked) - luminance(other)) >= least:
            return picked
    return np.full(3, 245 if luminance(other) < 128 else 25, np.float32)


def luminance(colour: Colour) -> float:
    """Return the brightness of a colour, 0 to 255 (Rec. 601)."""
    return float(colour @ np.array([0.299, 0.587, 0.114], np.float32))
