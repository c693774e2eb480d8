"""Progress on a terminal is one line that changes; in a file it is a line per stage."""

import io

import pytest

from app import terminal
from app.engines.protocol import Checkpoint, Note, Progress
from app.terminal import ProgressLine

CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Stop the clock; a test sets its first element."""
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def test_a_file_gets_one_line_per_stage() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    for done in range(1, 4):
        line.count(done, 3)
    for done in range(1, 6):
        line(Progress("features", done, 5, {"images_per_second": 80.0}))
    line.clear()
    assert stream.getvalue() == "Reading files: 3\nLooking at images: 5\n"


def test_a_note_is_a_line_of_its_own() -> None:
    stream = io.StringIO()
    ProgressLine(stream)(Note("This is done once."))
    assert stream.getvalue() == "This is done once.\n"


def test_a_note_does_not_stick_to_the_progress_line() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    line(Progress("test", 3, 3))
    line(Note("Done."))
    assert stream.getvalue() == f"{CLEAR}Testing: 3 of 3{CLEAR}Done.\n"


def test_what_is_for_programs_is_not_shown() -> None:
    stream = io.StringIO()
    ProgressLine(stream)(Checkpoint("somewhere"))
    assert stream.getvalue() == ""


def test_a_stage_without_a_title_is_named_as_it_is() -> None:
    stream = io.StringIO()
    ProgressLine(stream)(Progress("polish", 1, 2))
    assert stream.getvalue() == "polish: 2\n"


def test_a_terminal_shows_how_far_and_how_fast() -> None:
    stream = Terminal()
    ProgressLine(stream)(Progress("features", 7, 7, {"images_per_second": 79.6}))
    assert stream.getvalue() == f"{CLEAR}Looking at images: 7 of 7, 80 per second"


def test_a_terminal_is_not_flooded_but_always_sees_the_end(clock: list[float]) -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    for done in range(1, 1001):
        line.count(done, 1000)
    clock[0] += terminal.EVERY_S
    line.count(1, 1000)
    shown = [text.removeprefix("Reading files: ") for text in stream.getvalue().split(CLEAR)[1:]]
    assert shown == ["1 of 1000", "1000 of 1000", "1 of 1000"]


def test_clearing_leaves_an_empty_line_on_a_terminal_only() -> None:
    file, screen = io.StringIO(), Terminal()
    for stream in (file, screen):
        ProgressLine(stream).clear()
    assert (file.getvalue(), screen.getvalue()) == ("", CLEAR)
