"""A log follows its end."""

import pytest
from pytestqt.qtbot import QtBot

from ui.widgets.log_view import LogView

LINES = 50


@pytest.fixture
def log(qtbot: QtBot) -> LogView:
    log = LogView(LINES)
    qtbot.addWidget(log)
    log.resize(400, 2000)
    with qtbot.waitExposed(log):
        log.show()
    for number in range(2 * LINES):
        log.appendPlainText(f"line {number}")
    return log


def test_only_the_last_lines_are_kept(log: LogView) -> None:
    lines = log.toPlainText().splitlines()
    assert (len(lines), lines[-1]) == (LINES, f"line {2 * LINES - 1}")


def test_a_smaller_log_still_shows_its_end(log: LogView) -> None:
    log.resize(400, 100)
    bar = log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    log.appendPlainText("one more")
    assert bar.value() == bar.maximum()


def test_who_has_scrolled_back_is_left_there(log: LogView) -> None:
    log.resize(400, 100)
    log.verticalScrollBar().setValue(3)
    log.appendPlainText("one more")
    log.resize(400, 120)
    assert log.verticalScrollBar().value() < log.verticalScrollBar().maximum()
