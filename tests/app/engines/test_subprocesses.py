import sys
import threading

import pytest

from app.engines.subprocesses import KEPT_LINES, run_program
from app.errors import Cancelled, EngineError


def test_lines_are_heard_and_kept() -> None:
    heard: list[str] = []
    code = "import sys; print('één'); print('two', file=sys.stderr); sys.exit(3)"
    done = run_program([sys.executable, "-X", "utf8", "-u", "-c", code], heard.append, threading.Event())
    assert done.code == 3
    assert heard == ["één", "two"]
    assert done.text == "één\ntwo"


def test_only_the_last_lines_are_kept() -> None:
    done = run_program([sys.executable, "-c", "print(*range(1000), sep='\\n')"], lambda line: None, threading.Event())
    assert done.lines == tuple(str(number) for number in range(1000 - KEPT_LINES, 1000))


def test_a_program_ends_when_it_is_cancelled() -> None:
    cancel = threading.Event()
    code = "import time; print('started', flush=True); time.sleep(600)"
    with pytest.raises(Cancelled):
        run_program([sys.executable, "-c", code], lambda line: cancel.set(), cancel)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(EngineError, match="cannot be started"):
        run_program(["/no/such/program"], lambda line: None, threading.Event())
