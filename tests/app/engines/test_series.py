"""Curves that grow, and the average that follows them."""

import math

import numpy as np
import pytest

from app.engines.series import Series


def series(values: list[float]) -> Series:
    made = Series()
    for place, value in enumerate(values):
        made.add(float(place), value)
    return made


def test_it_grows_and_leaves_out_what_is_no_number_or_was_told_before() -> None:
    made = series([float(place) for place in range(1000)])
    made.add(500.0, -1.0)
    made.add(1000.0, math.nan)
    assert len(made) == 1000
    assert made.y.tolist() == made.x.tolist() == list(range(1000))


@pytest.mark.parametrize("weight", [0.0, 0.001, 0.5, 0.9, 0.99])
def test_the_average_is_the_sum_of_what_was_weighted_by_its_age(weight: float) -> None:
    values = np.random.default_rng(0).normal(2, 1, 700)
    made = series(values.tolist())
    found = made.smoothed(weight)
    for place in (0, 1, 255, 256, 699):
        weights = weight ** np.arange(place, -1, -1) if weight else np.eye(place + 1)[-1]
        assert found[place] == pytest.approx((weights * values[: place + 1]).sum() / weights.sum(), rel=1e-9)


def test_the_average_goes_on_where_it_was() -> None:
    values = np.random.default_rng(1).normal(0, 1, 400).tolist()
    at_once, bit_by_bit = series(values), Series()
    for place, value in enumerate(values):
        bit_by_bit.add(float(place), value)
        bit_by_bit.smoothed(0.9)
    assert bit_by_bit.smoothed(0.9) == pytest.approx(at_once.smoothed(0.9))
