"""Each check finds what it is for, and moving its limit finds more or less."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.assist.findings import CHECKS, Check, beyond, find
from app.dataset.appearance import APPEARANCE
from app.errors import InputError

COUNT = 9
ORDINARY = {"width": 640, "height": 480, "sharpness": 0.6, "low": 0.1, "high": 0.9, "chroma": 0.4}
ODD = 4  # the position of the image that differs


def records(**values: float) -> NDArray[np.void]:
    """Describe ordinary photos, and at position ODD one that differs in some fields."""
    found = np.zeros(COUNT, APPEARANCE)
    for name, ordinary in ORDINARY.items():
        found[name] = ordinary
    for name, value in values.items():
        found[name][ODD] = value
    return found


def readable() -> NDArray[np.bool_]:
    return np.zeros(COUNT, np.bool_)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("blurred", {"sharpness": 0.2}),
        ("dark", {"high": 0.2}),
        ("bright", {"low": 0.8}),
        ("tiny", {"height": 60}),
        ("odd-shape", {"width": 3000}),
        ("odd-shape", {"height": 6000}),
        ("greyscale", {"chroma": 0.0}),
    ],
)
def test_the_image_that_differs_is_found_by_its_check_alone(name: str, values: dict[str, float]) -> None:
    found = {check: find(check, records(**values), readable()).positions.tolist() for check in CHECKS}
    expected = {name} | ({"odd-shape"} if "height" in values else set())
    assert {check for check, positions in found.items() if positions} == expected
    assert found[name] == [ODD]


def test_unreadable_images_are_found_and_measured_by_no_other_check() -> None:
    unreadable = readable()
    unreadable[ODD] = True
    appearances = records()
    appearances[ODD] = np.zeros((), APPEARANCE)
    for name in CHECKS:
        found = find(name, appearances, unreadable)
        assert found.positions.tolist() == ([ODD] if name == "unreadable" else [])
        assert np.isnan(found.scores[ODD]) == (name != "unreadable")


def test_grey_is_nothing_special_among_grey() -> None:
    appearances = records()
    appearances["chroma"] = 0.01
    assert find("greyscale", appearances, readable()).positions.tolist() == []
    appearances["chroma"][:5] = 0.4
    assert find("greyscale", appearances, readable()).positions.tolist() == [5, 6, 7, 8]


def test_the_furthest_comes_first() -> None:
    appearances = records()
    appearances["sharpness"] = [0.6, 0.3, 0.1, 0.6, 0.2, 0.6, 0.6, 0.3, 0.6]
    assert find("blurred", appearances, readable()).positions.tolist() == [2, 4, 1, 7]
    appearances["low"] = [0.1, 0.7, 0.9, 0.1, 0.8, 0.1, 0.1, 0.7, 0.1]
    assert find("bright", appearances, readable()).positions.tolist() == [2, 4, 1, 7]


@given(
    scores=st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=30),
    limits=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    name=st.sampled_from(["blurred", "bright"]),
)
def test_a_further_limit_finds_a_part_of_the_same_order(
    scores: list[float], limits: tuple[float, float], name: str
) -> None:
    check, values = CHECKS[name], np.array(scores, np.float64)
    near, far = sorted(limits, reverse=not check.above)
    many, few = (beyond(check, values, limit).positions.tolist() for limit in (near, far))
    assert many[: len(few)] == few
    assert not np.isnan(values[many]).any()
    assert len(many) == sum((one > near) if check.above else (one < near) for one in scores)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_limits_can_be_moved_both_ways(check: Check) -> None:
    assert CHECKS[check.name] is check
    assert check.lowest < check.limit < check.highest


def test_no_images_and_no_such_check() -> None:
    nothing = np.zeros(0, APPEARANCE)
    for name in CHECKS:
        assert find(name, nothing, np.zeros(0, np.bool_)).positions.tolist() == []
    with pytest.raises(InputError, match="no check “sharp”"):
        find("sharp", nothing, np.zeros(0, np.bool_))
