"""The printed cloth and the cuts."""

import cv2
import numpy as np
import pytest

from app.demo.palettes import CLOTH, LEAST_CONTRAST, any_of, contrasting, luminance
from app.demo.shapes import CUTS
from app.demo.textures import TEXTURES

SIDE = 200


@pytest.mark.parametrize("name", TEXTURES)
@pytest.mark.parametrize("seed", range(6))
def test_a_texture_fills_its_cloth_with_a_visible_pattern(name: str, seed: int) -> None:
    cloth = TEXTURES[name](np.random.default_rng(seed), SIDE, 0.7)
    assert cloth.shape == (SIDE, SIDE, 3)
    assert cloth.dtype == np.uint8
    grey = cv2.cvtColor(cloth, cv2.COLOR_RGB2GRAY)
    assert np.ptp(grey) >= 20
    quarters = [part for half in np.split(grey, 2) for part in np.split(half, 2, axis=1)]
    assert all(np.ptp(quarter) >= 20 for quarter in quarters)


def test_scale_enlarges_the_pattern() -> None:
    def edges(scale: float) -> float:
        cloth = TEXTURES["striped"](np.random.default_rng(4), SIDE, scale)
        return float(np.abs(np.diff(cloth.astype(float), axis=0)).mean() + np.abs(np.diff(cloth, axis=1)).mean())

    assert edges(0.5) > edges(2.0)


def test_contrasting_colours_differ_in_brightness() -> None:
    generator = np.random.default_rng(1)
    for _ in range(50):
        colour = any_of(generator, CLOTH)
        assert abs(luminance(contrasting(generator, colour)) - luminance(colour)) >= LEAST_CONTRAST - 1


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("seed", range(4))
def test_a_cut_stays_within_garment_space(cut: object, seed: int) -> None:
    assert callable(cut)
    garment = cut(np.random.default_rng(seed))
    points = np.concatenate([part.outline for part in garment.parts])
    assert np.abs(points[:, 0]).max() < 0.8
    assert points[:, 1].min() > -0.1
    assert points[:, 1].max() < 1.1
    assert np.ptp(points[:, 1]) > 0.4
