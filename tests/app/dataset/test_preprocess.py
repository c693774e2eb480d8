"""The preprocessing graph: any size in, one size out, and the same picture as OpenCV makes."""

import cv2
import numpy as np
import pytest
from onnxruntime import InferenceSession

from app.dataset.preprocess import preprocess_graph
from app.onnx_sessions import open_session

SIDE = 224


@pytest.fixture(scope="module")
def session() -> InferenceSession:
    return open_session(preprocess_graph(SIDE).SerializeToString())


def run(session: InferenceSession, image: np.ndarray) -> np.ndarray:
    return session.run(["pixels"], {"image": image})[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (20_000, 1), (224, 224), (225, 223), (7, 900), (600, 400)])
def test_every_size_becomes_one_size(session: InferenceSession, size: tuple[int, int]) -> None:
    pixels = run(session, np.full((1, *size, 3), 77, np.uint8))
    assert pixels.shape == (1, SIDE, SIDE, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == 77).all()


def test_a_picture_of_the_right_size_passes_unchanged(session: InferenceSession) -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    np.testing.assert_array_equal(run(session, image), image)


def test_the_central_square_is_kept(session: InferenceSession) -> None:
    image = np.zeros((1, 448, 1000, 3), np.uint8)
    image[:, :, 276:724] = 200
    assert (run(session, image) == 200).all()


def test_shrinking_is_antialiased(session: InferenceSession) -> None:
    board = np.indices((1792, 1792)).sum(axis=0) % 2 * 255
    pixels = run(session, np.repeat(board[None, :, :, None], 3, axis=3).astype(np.uint8))
    assert np.abs(pixels[:, 2:-2, 2:-2].astype(int) - 128).max() <= 2


def test_it_agrees_with_opencv_on_a_smooth_picture(session: InferenceSession) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (9, 9, 3), np.uint8)
    image = cv2.resize(noise, (448, 448), interpolation=cv2.INTER_CUBIC)
    expected = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert np.abs(run(session, image[None])[0].astype(int) - expected).max() <= 4


def test_images_of_a_batch_do_not_touch_each_other(session: InferenceSession) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 300, 500, 3), np.uint8)
    together = run(session, images)
    for index in range(3):
        np.testing.assert_array_equal(run(session, images[index : index + 1])[0], together[index])
