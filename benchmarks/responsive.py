"""How long the window's event loop pauses at most, from the press on Train until the result is shown.

A timer of 5 ms in the real window notes how late it is called, with every tab made before and a cold feature cache.
Prints `largest_gap_ms`, `gaps_over_50_ms`, `images`, `seconds`, and as `largest_busy_ms` the most processor time that
the event loop's thread spent between two calls: what it would pause for if no other program took its processor.
Usage: python benchmarks/responsive.py [DATA]
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PyQt5.QtWidgets import QPushButton

from app.demo.garments import make_demo
from benchmarks.result import PHOTOS, print_result, say
from benchmarks.window import Gaps, desktop, settle, wait

NOTABLE_MS = 50


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
        settle()
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
    with desktop() as temporary:
        if len(sys.argv) > 1:
            main(Path(sys.argv[1]).expanduser().resolve())
        else:
            main(PHOTOS if PHOTOS.is_dir() else make_demo(temporary / "demo"))
