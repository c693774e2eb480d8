"""A learning curve carried on: laws that are known are found again, and nothing is claimed without growth."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.evaluation.forecast import Curve, curve_through, fit_power_law

SIZES = np.array([50, 71, 100, 141, 200, 283, 400, 566])


def drawn(a: float, b: float, c: float, images: int = 707, repeats: int = 4, seed: int = 0) -> Curve:
    """Return the curve of images that are wrong with the probability of a power law; some are always harder."""
    source = np.random.default_rng(seed)
    hardness = source.random(images)
    wrong = np.empty((len(SIZES), repeats, images), bool)
    for place, size in enumerate(SIZES.tolist()):
        error = a + b * size**-c
        wrong[place] = hardness[None, :] + source.normal(0, 0.05, (repeats, images)) < error
    return curve_through(SIZES, wrong, np.arange(images), images)


@pytest.mark.parametrize(("a", "b", "c"), [(0.05, 2.0, 0.5), (0.0, 1.0, 0.4), (0.1, 5.0, 1.0)])
def test_a_power_law_is_found_again(a: float, b: float, c: float) -> None:
    sizes = SIZES.astype(float)
    law = fit_power_law(sizes, (a + b * sizes**-c)[None, :])
    ahead = np.array([800.0, 1132.0])
    assert law.errors(ahead)[0] == pytest.approx(a + b * ahead**-c, abs=0.002)


def test_neither_part_of_a_law_is_below_zero() -> None:
    sizes = SIZES.astype(float)
    rising = fit_power_law(sizes, np.linspace(0.1, 0.3, len(sizes))[None, :])
    assert rising.b[0] == 0
    steep = fit_power_law(sizes, np.linspace(0.9, 0.0, len(sizes))[None, :])
    assert steep.a[0] >= 0


def test_the_interval_holds_the_true_gain_most_of_the_time() -> None:
    law: NDArray[np.float64] = np.array([0.05, 2.0, 0.5])
    ends = np.array([707, 907.0])
    before, after = law[0] + law[1] * ends ** -law[2]
    held = 0
    for seed in range(30):
        value, (low, high) = drawn(0.05, 2.0, 0.5, seed=seed).gain(200)
        assert low <= value <= high
        held += low <= before - after <= high
    assert held >= 26


def test_more_images_bring_more_and_are_known_less() -> None:
    curve = drawn(0.05, 2.0, 0.5)
    near, far = curve.gain(50), curve.gain(600)
    assert curve.grows
    assert near[0] < far[0]
    assert near[1][1] - near[1][0] < far[1][1] - far[1][0]


def test_a_flat_curve_does_not_grow() -> None:
    curve = drawn(0.2, 0.0, 1.0)
    assert not curve.grows
    assert abs(curve.growth[1]) < 0.05


def test_the_path_goes_through_what_was_measured() -> None:
    curve = drawn(0.05, 2.0, 0.5)
    middle, low, high = curve.path(np.array(curve.sizes, float))
    assert middle == pytest.approx(np.array(curve.accuracy), abs=0.02)
    assert (low <= high).all()
