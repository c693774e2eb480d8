"""Smooth random fields: folds, stains, grain."""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_field(generator: np.random.Generator, height: int, width: int, across: float, down: float) -> Field:
    """Return a smooth field of about −1 to 1, with about `across` × `down` bumps."""
    rows, columns = max(2, round(down) + 1), max(2, round(across) + 1)
    coarse = generator.uniform(-1, 1, (rows, columns)).astype(np.float32)
    return _resized(coarse, width, height)


def turned_field(
    generator: np.random.Generator, height: int, width: int, across: float, down: float, angle: float
) -> Field:
    """Return a smooth field, turned by `angle` degrees; bumps are counted on the square of its diagonal."""
    side = int(np.hypot(height, width)) + 1
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1.0)
    shift = np.array([(0, 0, (side - width) / 2), (0, 0, (side - height) / 2)])
    field = smooth_field(generator, side, side, across, down)
    turned = cv2.warpAffine(field, turn - shift, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.float32)


def _resized(field: Field, width: int, height: int) -> Field:
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
