"""What is measured of a picture follows what is done to it."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.dataset.appearance import APPEARANCE, LONGER_SIDE, PICTURE_SIDE, appearance

Pixels = NDArray[np.uint8]


def detailed(height: int = 300, width: int = 400, seed: int = 0) -> Pixels:
    """Draw coloured shapes with hard edges on a coloured ground."""
    source = np.random.default_rng(seed)
    image = np.full((height, width, 3), source.integers(60, 200, 3), np.uint8)
    for _ in range(60):
        centre = int(source.integers(width)), int(source.integers(height))
        colour = tuple(source.integers(0, 256, 3).tolist())
        cv2.circle(image, centre, int(source.integers(3, 40)), colour, -1)
    return image


def blurred(image: Pixels, share: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), share * max(image.shape)), np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_a_blurred_picture_is_less_sharp(seed: int) -> None:
    image = detailed(seed=seed)
    values = [float(appearance(blurred(image, share))["sharpness"]) for share in (0.004, 0.008, 0.03, 0.1)]
    assert float(appearance(image)["sharpness"]) > max(0.5, values[0])
    assert values[0] > values[1]
    assert max(values[1:]) < 0.3, "also where rounding is all that is left of the edges"


def test_motion_in_one_direction_blurs() -> None:
    image = detailed()
    moved = np.asarray(cv2.blur(image, (25, 1)), np.uint8)
    assert appearance(moved)["sharpness"] < 0.4
    assert appearance(np.ascontiguousarray(moved.transpose(1, 0, 2)))["sharpness"] == pytest.approx(
        float(appearance(moved)["sharpness"]), abs=0.02
    )


def test_sharpness_does_not_depend_on_contrast_or_size() -> None:
    image = detailed(900, 1200)
    faint = (100 + image * 0.2).astype(np.uint8)
    half = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    whole = float(appearance(image)["sharpness"])
    assert appearance(faint)["sharpness"] == pytest.approx(whole, abs=0.08)
    assert appearance(half)["sharpness"] == pytest.approx(whole, abs=0.12)


def test_stripes_are_judged_across_only_and_a_plain_picture_is_not_sharp() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::8] = 255
    assert appearance(stripes)["sharpness"] > 0.5
    assert appearance(np.full((64, 64, 3), 90, np.uint8))["sharpness"] == 0


def test_dark_and_bright() -> None:
    image = detailed()
    dark, bright = appearance((image * 0.2).astype(np.uint8)), appearance((200 + image * 0.2).astype(np.uint8))
    assert dark["high"] < 0.25 < 0.6 < appearance(image)["high"]
    assert bright["low"] > 0.75 > 0.3 > appearance(image)["low"]
    red = np.zeros((50, 50, 3), np.uint8)
    red[:, :, 0] = 255
    assert (appearance(red)["low"], appearance(red)["high"]) == (0, 1), "a strong colour is neither dark nor bright"


def test_colour() -> None:
    grey = np.repeat(detailed()[:, :, :1], 3, axis=2)
    assert appearance(grey)["chroma"] == 0
    assert appearance(detailed())["chroma"] > 0.5
    some = grey.copy()
    some[:100, :100] = (200, 30, 30)
    assert appearance(some)["chroma"] > 0.5, "a twelfth of the picture is red"


def test_the_tiny_copy_survives_resizing_and_compression() -> None:
    image = detailed(600, 800)
    small = cv2.resize(image, (200, 150), interpolation=cv2.INTER_CUBIC)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])
    copy = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    one, other = (appearance(picture)["picture"].astype(np.int64) for picture in (image, copy))
    assert np.sqrt(np.mean((one - other) ** 2)) < 5
    another = appearance(detailed(600, 800, seed=1))["picture"].astype(np.int64)
    assert np.sqrt(np.mean((one - another) ** 2)) > 20


@given(
    height=st.sampled_from([1, 2, 3, 11, 255, LONGER_SIDE, 257, 3000]),
    width=st.sampled_from([1, 2, 5, 13, 256, 700]),
    kind=st.sampled_from(["black", "white", "noise"]),
)
def test_any_size_and_content_is_measured(height: int, width: int, kind: str) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    if kind == "white":
        image += 255
    if kind == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    record = appearance(image)
    assert (record["width"], record["height"]) == (width, height)
    for name in ("sharpness", "low", "high", "chroma"):
        assert 0 <= record[name] <= 1
    assert record["picture"].shape == (PICTURE_SIDE, PICTURE_SIDE, 3)
    assert record.dtype == APPEARANCE
