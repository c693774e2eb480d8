"""Copies of a picture have nearly the same hash."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.dataset.perceptual_hash import MIRRORED, perceptual_hash

Image = NDArray[np.uint8]


def picture(seed: int, height: int = 480, width: int = 640) -> Image:
    """Draw soft coloured blots, which have low frequencies like a photo's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def bits_apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def compressed(image: Image, quality: int) -> Image:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_near(seed: int) -> None:
    image = picture(seed)
    original = perceptual_hash(image)
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    for copy in (half, large, compressed(image, 30), image[5:-5, 7:-7], cv2.convertScaleAbs(image, alpha=0.9)):
        assert bits_apart(original, perceptual_hash(np.asarray(copy, np.uint8))) <= 8
    assert bits_apart(original ^ MIRRORED, perceptual_hash(image[:, ::-1])) <= 2


def test_other_pictures_are_far() -> None:
    hashes = [perceptual_hash(picture(seed)) for seed in range(40)]
    apart = [bits_apart(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]
    assert min(apart) > 8
    assert 28 < np.mean(apart) < 36


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3000, 2), (31, 33)])
def test_any_shape_has_a_hash(shape: tuple[int, int]) -> None:
    assert 0 <= perceptual_hash(picture(0, *shape)) < 1 << 64


@pytest.mark.parametrize("grey", [0, 1, 128, 255])
def test_plain_pictures_are_all_the_same(grey: int) -> None:
    assert perceptual_hash(np.full((300, 200, 3), grey, np.uint8)) == 0
