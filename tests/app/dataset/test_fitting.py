"""Fitting an image as CNTK's reader did, compared with the same steps by OpenCV."""

import cv2
import numpy as np
import pytest

from app.dataset.fitting import CROP, FITS, LETTERBOX, STRETCH, Fit, fit_graph
from app.onnx_sessions import open_session

SIZES = [(224, 224), (300, 500), (500, 300), (33, 1000), (1000, 33), (1, 1), (2000, 1), (97, 101), (640, 480)]


def by_graph(fit: Fit, image: np.ndarray) -> np.ndarray:
    session = open_session(fit_graph(fit).SerializeToString())
    return session.run(["pixels"], {"image": image[None]})[0][0]


def by_opencv(fit: Fit, image: np.ndarray) -> np.ndarray:
    """Follow `ScaleTransformer::Apply` of CNTK, for square targets."""
    height, width = image.shape[:2]
    if fit.mode == STRETCH:
        return cv2.resize(image, (fit.width, fit.height), interpolation=cv2.INTER_LINEAR)
    if width > height:
        size = (fit.width, max(1, int(height * fit.width / width + 0.5)))
    else:
        size = (max(1, int(width * fit.height / height + 0.5)), fit.height)
    resized = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    placed = np.full((fit.height, fit.width, 3), fit.fill, np.uint8)
    top, left = (fit.height - resized.shape[0]) // 2, (fit.width - resized.shape[1]) // 2
    placed[top : top + resized.shape[0], left : left + resized.shape[1]] = resized
    return placed


@pytest.mark.parametrize("mode", [LETTERBOX, STRETCH])
@pytest.mark.parametrize("size", SIZES)
def test_it_is_what_cntk_made_of_an_image(mode: str, size: tuple[int, int]) -> None:
    image = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    fit = Fit(224, 224, mode, 99)
    difference = np.abs(by_graph(fit, image).astype(int) - by_opencv(fit, image))
    assert difference.max() <= 1  # none at all where it gets smaller, see test_scaling
    assert (difference > 0).mean() < 0.01


@pytest.mark.parametrize("size", [(300, 500), (500, 300), (224, 224), (100, 140), (480, 640)])
def test_cropping_keeps_the_middle_as_cntk_did(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (9, 9, 3), np.uint8)
    image = cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)
    scale = 224 / min(size)
    resized = cv2.resize(image, (round(size[1] * scale), round(size[0] * scale)), interpolation=cv2.INTER_LINEAR)
    top, left = ((length - 224) // 2 for length in resized.shape[:2])
    expected = resized[top : top + 224, left : left + 224]
    assert np.abs(by_graph(Fit(224, 224, CROP), image).astype(int) - expected).max() <= 10  # up to half a pixel apart


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (7, 900)])
@pytest.mark.parametrize("mode", FITS)
def test_strips_need_no_more_memory_than_other_images(mode: str, size: tuple[int, int]) -> None:
    pixels = by_graph(Fit(64, 64, mode), np.full((*size, 3), 77, np.uint8))
    assert pixels.shape == (64, 64, 3)
    assert set(np.unique(pixels)) <= {77, 114}
    assert (pixels == 77).any()


def test_a_rectangular_input_is_filled_along_one_side() -> None:
    pixels = by_graph(Fit(60, 100), np.full((30, 90, 3), 7, np.uint8))
    assert pixels.shape == (60, 100, 3)
    rows = (pixels == 7).all(axis=(1, 2))
    assert rows.sum() == 33
    assert (pixels[~rows] == 114).all()
    assert rows[13:46].all()


def test_images_of_a_batch_are_fitted_alike() -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 40, 70, 3), np.uint8)
    session = open_session(fit_graph(Fit(32, 32)).SerializeToString())
    together = session.run(["pixels"], {"image": images})[0]
    for index in range(3):
        np.testing.assert_array_equal(
            session.run(["pixels"], {"image": images[index : index + 1]})[0][0], together[index]
        )
