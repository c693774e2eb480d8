"""How long the window's event loop pauses at most while 10,000 answers stream into the Predict tab's table.

A timer of 5 ms in the real window notes how late it is called, from the question on, over a stop in the middle and the
going on after it, until the last answer is in the table. The network is a single layer behind the real preprocessing,
so that answers come faster than from a real one, and the window has the more to do.
`largest_gap_ms`, `gaps_over_100_ms`; `largest_busy_ms`: the most processor time that the event loop's thread spent
between two calls, which is what it would pause for if no other program took its processor; `stop_seconds`: from the
press on Stop until the tab is free; `growth_mb`: of the window's process from the first tenth of the images to the last
one (on Linux; elsewhere null). Usage: python benchmarks/stream.py [IMAGES]
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.demo.garments import make_demo
from benchmarks.light_bundle import light_bundle
from benchmarks.predict_many import IMAGES, growth, memory, multiply
from benchmarks.result import print_result, say
from benchmarks.window import Gaps, desktop, wait

PER_CLASS = 10
TOO_LONG_MS = 100


def main(folder: Path, number: int) -> None:
    """Ask about a folder in the real window, stop, go on, and print the gaps."""
    from ui.given import Given
    from ui.main_window import PREDICT, MainWindow
    from ui.predict_tab import PredictTab
    from ui.start import make_application

    pictures = sorted(make_demo(folder / "drawn", seed=1, per_class=PER_CLASS).rglob("*.jpg"))
    paths = multiply(pictures, folder / "many", number)
    application = make_application(sys.argv[:1])
    window = MainWindow()
    window.show()
    window.centralWidget().setCurrentIndex(PREDICT)
    tab = window.findChild(PredictTab)
    tab._picker.add_bundle(light_bundle(folder / "light"))
    tab.predict(Given(tuple(pictures[:2])))  # the worker is started, and the model loaded
    wait(lambda: tab._job is None)
    say(f"{number} images, stopped in the middle")
    start, gaps = time.perf_counter(), Gaps()
    tab.predict(Given((folder / "many",)))
    wait(lambda: len(tab._model.results()) >= number // 10)
    first = memory(None)
    wait(lambda: len(tab._model.results()) >= number // 2)
    stopping = time.perf_counter()
    tab._bar.stop.click()
    wait(lambda: tab._job is None)
    stopped, stop_seconds = len(tab._model.results()), time.perf_counter() - stopping
    say(f"going on after {stopped}")
    tab._bar.go_on.click()
    wait(lambda: tab._job is None)
    seconds = time.perf_counter() - start
    print_result(
        images=len(tab._model.results()),
        files=len(paths),
        seconds=seconds,
        largest_gap_ms=max(gaps.found),
        largest_busy_ms=max(gaps.busy),
        gaps_over_100_ms=sum(gap > TOO_LONG_MS for gap in gaps.found),
        stopped_at=stopped,
        stop_seconds=stop_seconds,
        growth_mb=growth(first, memory(None)),
    )
    window.close()
    application.quit()


if __name__ == "__main__":
    with desktop() as temporary:
        main(temporary, int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
