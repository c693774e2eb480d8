"""The marks of a logarithmic axis: round, apart from each other, and never so few that nothing can be read."""

import numpy as np
import pytest
from pyqtgraph import AxisItem
from pytestqt.qtbot import QtBot

from ui.widgets.log_axis import LogAxis

CASES = (
    ((0.06, 2.0), 280, ["0.07", "0.1", "0.15", "0.2", "0.3", "0.5", "0.7", "1", "1.5", "2"]),
    ((0.008, 1.5), 280, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]),
    ((0.005, 2.0), 90, ["0.01", "0.1", "1"]),
    ((1.1, 1.75), 280, ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]),
    ((1e-9, 1e9), 60, ["1e-06", "1", "1e+06"]),
)


@pytest.mark.parametrize(("ends", "size", "wanted"), CASES)
def test_marks_are_round_and_have_room(qtbot: QtBot, ends: tuple[float, float], size: int, wanted: list[str]) -> None:
    axis = LogAxis("left")
    axis.setLogMode(x=False, y=True)
    low, high = (np.log10(end) for end in ends)
    (_, marks), *others = axis.tickValues(low, high, size)
    assert axis.tickStrings(marks, 1.0, None) == wanted
    assert not others


def test_an_axis_that_is_not_logarithmic_marks_as_ever(qtbot: QtBot) -> None:
    axis, plain = LogAxis("bottom"), AxisItem("bottom")
    assert str(axis.tickValues(0, 4, 300)) == str(plain.tickValues(0, 4, 300))
