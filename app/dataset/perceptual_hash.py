"""A 64-bit hash of how a picture looks: copies, resized, compressed or slightly cropped, differ in few bits."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32  # pixels of the grey picture that is transformed
SAMPLED = 128  # pixels of a side that are looked at: enough for 32, and as quick on large photos as on small ones
FAINT = 0.01  # below it a frequency is rounding error of a plain picture
# The signs of the lowest frequencies are kept: row and column of each, without the mean, (0, 0).
FREQUENCIES = [(row, column) for row in range(8) for column in range(8)][1:] + [(0, 8)]
ROWS, COLUMNS = (np.array(axis) for axis in zip(*FREQUENCIES, strict=True))


def _as_int(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


# A mirror image has the opposite sign at every odd column, so its hash differs in exactly these bits.
MIRRORED = _as_int(COLUMNS % 2 == 1)


def perceptual_hash(image: NDArray[np.uint8]) -> int:
    """Hash RGB [H, W, 3] to 64 bits: the signs of its lowest spatial frequencies.

    After Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, section 3.2.1, with
    signs in place of the median, so that a mirror image's hash is `hash ^ MIRRORED`.
    """
    sampled = cv2.resize(image, (SAMPLED, SAMPLED), interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(sampled, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    frequencies = cv2.dct(small.astype(np.float32))
    return _as_int(frequencies[ROWS, COLUMNS] > FAINT)
