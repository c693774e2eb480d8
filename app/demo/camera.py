"""The camera: light, colour cast, lens blur and sensor noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

from app.demo.noise import smooth_field


def photographed(canvas: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Turn a clean RGB canvas, 0 to 255, into what a handy camera makes of it."""
    height, width = canvas.shape[:2]
    lit = canvas * _light(generator, height, width)[:, :, np.newaxis] * _cast(generator)
    lit = _blurred(lit, generator)
    grain = generator.standard_normal((height, width, 3), np.float32) * np.float32(generator.uniform(1.5, 9))
    speckle = generator.standard_normal((height, width, 1), np.float32) * np.float32(generator.uniform(1, 5))
    return np.clip(lit + grain + speckle, 0, 255).astype(np.uint8)


def _light(generator: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Return the brightness over the picture: exposure, a slant, corners, sometimes a patch of sun."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, slant = generator.uniform(0, 2 * np.pi), generator.uniform(0, 0.3)
    light = 1 + slant * (np.cos(angle) * x + np.sin(angle) * y) - generator.uniform(0, 0.18) * (x * x + y * y)
    if generator.random() < 0.2:
        patch = smooth_field(generator, height, width, 2, 2) > generator.uniform(0, 0.4)
        light += cv2.GaussianBlur(patch.astype(np.float32), (0, 0), generator.uniform(3, 15)) * 0.35
    exposure = float(np.exp(generator.normal(-0.04, 0.17)))
    return np.asarray(light * exposure, np.float32)


def _cast(generator: np.random.Generator) -> NDArray[np.float32]:
    """Return the gain of red, green and blue: lamp light to shade."""
    warmth = generator.normal(0, 0.06)
    return np.array([1 + warmth, 1 + generator.normal(0, 0.015), 1 - warmth], np.float32)


def _blurred(canvas: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(canvas, (0, 0), generator.uniform(0.4, 1.3) + 1.2 * (generator.random() < 0.12))
    if generator.random() < 0.12:  # the hand moved
        length = int(generator.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), generator.uniform(0, 180), 1.0)
        kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
        blurred = cv2.filter2D(blurred, -1, kernel / max(float(kernel.sum()), 1e-6))
    return np.asarray(blurred, np.float32)
