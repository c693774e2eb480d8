"""The log file: written once per message, kept small, and read back for the error dialog."""

import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from app.files import HOME_VARIABLE
from app.logs import KEPT_FILES, LARGEST_FILE, last_lines, log_file, set_up_logging


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test a log of its own, and the others theirs back."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    root = logging.getLogger()
    level, before = root.level, [one for one in root.handlers if isinstance(one, RotatingFileHandler)]
    for handler in before:
        root.removeHandler(handler)
    yield
    for handler in [one for one in root.handlers if isinstance(one, RotatingFileHandler)]:
        root.removeHandler(handler)
        handler.close()
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)


def test_before_anything_was_written_there_are_no_lines() -> None:
    set_up_logging()
    assert not log_file().exists()
    assert last_lines() == ""


def test_a_message_is_written_with_its_place_and_level(tmp_path: Path) -> None:
    set_up_logging()
    logging.getLogger("app.training").warning("run %d has no “test” images", 3)
    assert log_file().is_relative_to(tmp_path)
    assert last_lines().endswith(" WARNING app.training: run 3 has no “test” images")


def test_setting_up_twice_writes_each_line_once() -> None:
    for _ in range(2):
        set_up_logging()
    logging.getLogger("app").info("once")
    logging.getLogger("app").debug("never")
    assert [line.split(": ")[-1] for line in last_lines().splitlines()] == ["once"]


def test_only_the_end_is_read() -> None:
    set_up_logging()
    for number in range(50):
        logging.getLogger("app").info("line %d", number)
    assert [line.rsplit(" ", 1)[-1] for line in last_lines(3).splitlines()] == ["47", "48", "49"]
    assert len(last_lines().splitlines()) == 40


def test_a_traceback_is_kept_with_its_message() -> None:
    set_up_logging()
    try:
        raise ValueError("deep down")
    except ValueError:
        logging.getLogger("app").exception("It went wrong.")
    assert "Traceback" in last_lines()
    assert last_lines().endswith("ValueError: deep down")


def test_the_file_does_not_grow_without_end() -> None:
    set_up_logging()
    for _ in range(6):
        logging.getLogger("app").info("x" * (LARGEST_FILE - 200))
    files = sorted(log_file().parent.iterdir())
    assert len(files) == KEPT_FILES + 1
    assert all(file.stat().st_size <= LARGEST_FILE for file in files)


def test_bytes_that_are_no_text_do_not_hide_the_rest() -> None:
    log_file().write_bytes(b"\xff\xfe broken\nwhole\n")
    assert last_lines(1) == "whole"
