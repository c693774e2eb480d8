"""What measuring the real window takes: a desktop of its own, and a timer that notes the event loop's pauses."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from PyQt5.QtCore import QEventLoop, QObject, QTimer, pyqtSlot

from benchmarks.home import own_home
from installer.display import PrivateDisplay, has_display

INTERVAL_MS = 5
POLL_MS = 5
SETTLE_MS = 500


@contextmanager
def desktop() -> Iterator[Path]:
    """Yield a temporary folder, in which the program keeps its own files; a display is started where there is none."""
    with own_home() as folder, nullcontext(None) if has_display() else PrivateDisplay() as display:
        if display:
            os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        yield folder


class Gaps(QObject):
    """Notes the milliseconds between two calls of a timer, and how many of them this thread was at work."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []
        self.busy: list[float] = []
        self._before = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._timer.start(INTERVAL_MS)

    @pyqtSlot()
    def _on_timer_timeout(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.found.append((now[0] - self._before[0]) * 1000)
        self.busy.append((now[1] - self._before[1]) * 1000)
        self._before = now


def settle() -> None:
    """Let the window lay out and paint what was changed by a program, which a user would have waited for."""
    _work(SETTLE_MS)


def wait(condition: Callable[[], bool]) -> None:
    """Let the window work until a condition holds."""
    while not condition():
        _work(POLL_MS)


def _work(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec_()
