"""How long the window takes to be seen, from the start of its process, against a bare PyQt5 window.

Both are whole processes with a private home, started in turn on the present display or on Xvfb; medians.
Prints `ratio`, `window_ms`, `bare_ms` and `runs`. Usage: python benchmarks/cold_start.py [RUNS]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.files import HOME_VARIABLE
from benchmarks.result import ROOT, middle, print_result, say
from benchmarks.window import desktop

RUNS = 9
LIMIT_S = 200
# `time.perf_counter()` is the same clock in every process, so the parent can hand over when it began.
BARE = """
import sys, time
from PyQt5.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        print((time.perf_counter() - float(sys.argv[1])) * 1000, flush=True)
        QApplication.quit()
application = QApplication(sys.argv[:1])
window = Window()
window.resize(1280, 800)
window.show()
application.exec_()
"""
SIGHTLINE = """
import sys
began = float(sys.argv.pop(1))
import main, ui.start
ui.start.STARTED = began  # count from the start of the process, not from the first line of the window's code
raise SystemExit(main.main(["--self-test"]))
"""


def milliseconds(code: str) -> float:
    """Start Python on `code` and return the milliseconds until its window was painted."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, HOME_VARIABLE: home, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, str(time.perf_counter())]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT_S)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"The window was not shown:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def main(runs: int) -> None:
    """Measure in turn, after one start of each that warms the disk."""
    for code in (BARE, SIGHTLINE):
        milliseconds(code)
    bare, window = [], []
    for run in range(runs):
        say(f"start {run + 1} of {runs}")
        bare.append(milliseconds(BARE))
        window.append(milliseconds(SIGHTLINE))
    ratio = middle(window) / middle(bare)
    print_result(ratio=ratio, window_ms=middle(window), bare_ms=middle(bare), runs=runs)


if __name__ == "__main__":
    with desktop():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
