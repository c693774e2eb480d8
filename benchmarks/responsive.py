"""How long the window's event loop pauses at most, from the press on Train until the result is shown.

A timer of 5 ms in the real window notes how late it is called, with every tab made before and a cold feature cache.
Prints `largest_gap_ms`, `gaps_over_50_ms`, `images`, `seconds`, and as `largest_busy_ms` the most processor time that
the event loop's thread spent between two calls: what it would pause for if no other program took its processor.
Usage: python benchmarks/responsive.py [DATA]
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PyQt5.QtCore import QEventLoop, QObject, QTimer, pyqtSlot
from PyQt5.QtWidgets import QPushButton

from app.demo.garments import make_demo
from app.files import HOME_VARIABLE
from benchmarks.result import PHOTOS, print_result, say
from installer.display import PrivateDisplay, has_display

INTERVAL_MS = 5
NOTABLE_MS = 50
POLL_MS = 20


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


def wait(condition: Callable[[], bool]) -> None:
    """Let the window work until a condition holds."""
    while not condition():
        loop = QEventLoop()
        QTimer.singleShot(POLL_MS, loop.quit)
        loop.exec_()


def main(data: Path) -> None:
    """Open the window, train, and print the gaps."""
    from ui.main_window import LABEL, TABS, TRAIN, MainWindow
    from ui.start import make_application

    application = make_application(sys.argv[:1])
    window = MainWindow()
    window.show()
    jobs, tabs = window.state.jobs, window.centralWidget()
    window.open_path(data)
    wait(lambda: not jobs.running)
    for index in (*range(len(TABS)), LABEL, TRAIN):
        tabs.setCurrentIndex(index)
        wait(lambda: True)
    button = next(one for one in tabs.currentWidget().findChildren(QPushButton) if one.text() == "Train")
    wait(button.isEnabled)
    say("training")
    start, gaps = time.perf_counter(), Gaps()
    button.click()
    wait(lambda: not jobs.running and button.isEnabled())
    seconds = time.perf_counter() - start
    assert window.state.project is not None
    print_result(
        largest_gap_ms=max(gaps.found),
        largest_busy_ms=max(gaps.busy),
        gaps_over_50_ms=sum(gap > NOTABLE_MS for gap in gaps.found),
        images=window.state.project.image_count(),
        seconds=seconds,
    )
    window.close()
    application.quit()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = str(Path(temporary) / "home")
        with nullcontext(None) if has_display() else PrivateDisplay() as display:
            if display:
                os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
            if len(sys.argv) > 1:
                main(Path(sys.argv[1]).expanduser().resolve())
            else:
                main(PHOTOS if PHOTOS.is_dir() else make_demo(Path(temporary) / "demo"))
