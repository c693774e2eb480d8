"""Resizing in OpenCV's whole numbers: the same pixels, to the bit where a picture is made smaller."""

import platform

import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper
from onnxruntime import InferenceSession

from app.dataset.preprocess import IR_VERSION, OPSET
from app.dataset.scaling import scaling_nodes, scaling_numbers
from app.onnx_sessions import open_session

# OpenCV's builds for other processors have arithmetic of their own.
ROUNDING = 0 if platform.machine().lower() in ("x86_64", "amd64") else 1


@pytest.fixture(scope="module")
def session() -> InferenceSession:
    graph = helper.make_graph(
        scaling_nodes("image", "size", "scaled"),
        "scale",
        [
            helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", "height", "width", 3]),
            helper.make_tensor_value_info("size", TensorProto.INT64, [2]),
        ],
        [helper.make_tensor_value_info("scaled", TensorProto.UINT8, None)],
        scaling_numbers(),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return open_session(model.SerializeToString())


def scaled(session: InferenceSession, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return session.run(["scaled"], {"image": image[None], "size": np.array(size, np.int64)})[0][0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((300, 500), (134, 224)),
        ((480, 640), (168, 224)),
        ((448, 448), (224, 224)),  # halves, for which OpenCV has a way of its own
        ((672, 673), (224, 224)),
        ((33, 1000), (7, 224)),
        ((225, 224), (224, 224)),
        ((224, 224), (224, 224)),
        ((997, 13), (31, 1)),
    ],
)
def test_smaller_pictures_are_opencvs_to_the_bit(
    session: InferenceSession, old: tuple[int, int], new: tuple[int, int]
) -> None:
    image = np.random.default_rng(3).integers(0, 256, (*old, 3), np.uint8)
    expected = cv2.resize(image, new[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(scaled(session, image, new).astype(int) - expected).max() <= ROUNDING


@pytest.mark.parametrize(("old", "new"), [((97, 101), (215, 224)), ((3, 2), (64, 64)), ((1, 1), (9, 7))])
def test_larger_pictures_are_opencvs_within_a_grey_level(
    session: InferenceSession, old: tuple[int, int], new: tuple[int, int]
) -> None:
    image = np.random.default_rng(3).integers(0, 256, (*old, 3), np.uint8)
    expected = cv2.resize(image, new[::-1], interpolation=cv2.INTER_LINEAR)
    difference = np.abs(scaled(session, image, new).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.05
