"""What it costs training to be watched, how long the window pauses meanwhile, and how fast it draws 100,000 points.

Fine-tunes three times with the same settings, seed and images: without a window, in the Train tab with its plots in
sight, and without again. Processor time tells the cost also where others share the machine: `worker_ratio` is what the
worker took when watched over what it took alone, `window_share` what the window's process took more than one without a
window, of all processors in that time; `cost` is the sum of what both add. `seconds_ratio` is by the clock.
`largest_gap_ms` is the longest pause of the event loop from the press on Train to the result; `idle_gap_ms` that of a
second without work, which is the machine's own part. `frames_per_second` is of a plot of 100,000 points, smoothed,
which gets another point and is drawn anew for each frame. Usage: python benchmarks/watching.py [DATA] [EPOCHS]
"""

import math
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PyQt5.QtWidgets import QComboBox, QPushButton

from app.demo.garments import make_demo
from app.engines.protocol import Progress
from app.engines.told import LOSS
from app.project.project import Project
from app.settings import Value
from app.settings.torch import NONE
from app.training import RunResult, TrainingRequest, train
from benchmarks.result import print_result, say
from benchmarks.window import Gaps, desktop, settle, wait
from ui.main_window import LABEL, TABS, TRAIN, MainWindow
from ui.start import make_application
from ui.train_tab import TrainTab
from ui.widgets.form import Form
from ui.widgets.preset_choice import PresetChoice
from ui.widgets.training_plots import TrainingPlots

PER_CLASS, EPOCHS = 40, 5
POINTS, FRAMES = 100_000, 60
IDLE_S = 1.0
SIZE = (1280, 800)
PRESET = "best"


@dataclass(frozen=True)
class Measured:
    """A run: seconds by the clock, and of processors in the worker and in this process."""

    seconds: float
    worker_s: float
    own_s: float


def settings(epochs: int) -> dict[str, Value]:
    """Return what differs from the preset: small pictures, and every epoch is taken."""
    return {
        "side": 160,
        "epochs": epochs,
        "head_epochs": 1,
        "patience": epochs,
        "batch_size": 16,
        "second_network": NONE,
    }


def alone(folder: Path, epochs: int) -> Measured:
    """Train without a window."""
    request = TrainingRequest("torch", preset=PRESET, settings=settings(epochs))
    with Project.open(folder) as project:
        start, spent = time.perf_counter(), time.process_time()
        result = train(project, request, lambda event: None, threading.Event())
        return measured(result, start, spent)


def measured(result: RunResult, start: float, spent: float) -> Measured:
    """Return what a run took that ends now."""
    worker_s = result.processor_seconds["fine_tune"]
    return Measured(time.perf_counter() - start, worker_s, time.process_time() - spent)


def watched(window: MainWindow, epochs: int) -> tuple[Measured, list[float]]:
    """Train by the button in the window; return the gaps of its event loop, too."""
    tabs, jobs = window.centralWidget(), window.state.jobs
    for index in (*range(len(TABS)), LABEL, TRAIN):
        tabs.setCurrentIndex(index)
        settle()
    tab = tabs.currentWidget().findChild(TrainTab)
    tab.findChild(PresetChoice).button(PRESET).click()
    for name, value in settings(epochs).items():
        field = tab.findChild(Form).field(name)
        if isinstance(field, QComboBox):
            field.setCurrentText(str(value))
        else:
            field.setValue(value)
    button = next(one for one in tab.findChildren(QPushButton) if one.text() == "Train")
    wait(lambda: button.isEnabled() and not jobs.running)
    settle()
    results: list[object] = []  # also of jobs that make thumbnails
    jobs.job_started.connect(lambda job: job.done.connect(results.append))
    start, spent, gaps = time.perf_counter(), time.process_time(), Gaps()
    button.click()
    wait(lambda: not jobs.running and button.isEnabled())
    (result,) = (one for one in results if isinstance(one, RunResult))
    return measured(result, start, spent), gaps.found


def falling(step: int) -> float:
    """Return a loss as a training has it: it falls from 2.5 to 0.5, with noise of a quarter of it."""
    return (0.5 + 2 * math.exp(-5 * step / POINTS)) * (1 + (step * 7919 % 1000 - 500) / 2000)


def frames_per_second() -> float:
    """Draw a plot of many points anew, as often as possible."""
    plots = TrainingPlots()
    plots.resize(SIZE[0] // 2, SIZE[1] // 2)
    plots.show()
    plots.expect("torch")
    told, (plot, *others) = plots.watched.told, plots.plots
    for one in others:
        one.hide()
    for step in range(1, POINTS):
        told.add(Progress("tune", step, POINTS, {"loss": falling(step), "epochs": 100}))
    plots.smoothing.setValue(90)
    wait(lambda: plot.canvas.width() > SIZE[0] // 3)  # laid out
    assert len(told.of(LOSS)["training"]) == POINTS - 1
    start = time.perf_counter()
    for frame in range(FRAMES):
        told.add(Progress("tune", POINTS + frame, POINTS, {"loss": falling(POINTS + frame), "epochs": 100}))
        plots.draw()
        plot.canvas.viewport().repaint()
    seconds = time.perf_counter() - start
    plots.close()
    return FRAMES / seconds


def main(data: Path, folder: Path, epochs: int) -> None:
    """Take the three runs and print what they took."""
    with Project.create(folder, "Watched") as project:
        project.add_folder(data, lambda done, total: None, threading.Event())
        images = project.image_count()
    application = make_application(sys.argv[:1])
    say("without a window")
    before = alone(folder, epochs)
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    window.state.open_project(folder)
    wait(lambda: not window.state.jobs.running)
    say("watched")
    seen, gaps = watched(window, epochs)
    idle = Gaps()
    end = time.perf_counter() + IDLE_S
    wait(lambda: time.perf_counter() > end)
    window.close()
    say("without a window again")
    after = alone(folder, epochs)
    worker_ratio = seen.worker_s / ((before.worker_s + after.worker_s) / 2)
    more_s = seen.own_s - (before.own_s + after.own_s) / 2
    window_share = more_s / seen.seconds / (os.cpu_count() or 1)
    say("100,000 points")
    print_result(
        worker_ratio=worker_ratio,
        worker_seconds=[before.worker_s, seen.worker_s, after.worker_s],
        window_share=window_share,
        cost=worker_ratio - 1 + window_share,
        seconds_ratio=seen.seconds / ((before.seconds + after.seconds) / 2),
        largest_gap_ms=max(gaps),
        gaps_over_100_ms=sum(gap > 100 for gap in gaps),
        idle_gap_ms=max(idle.found),
        frames_per_second=frames_per_second(),
        images=images,
        seconds=seen.seconds,
    )
    application.quit()


if __name__ == "__main__":
    with desktop() as temporary:
        given = Path(sys.argv[1]).expanduser().resolve() if len(sys.argv) > 1 else None
        data = given or make_demo(temporary / "demo", per_class=PER_CLASS)
        main(data, temporary / "project", int(sys.argv[2]) if len(sys.argv) > 2 else EPOCHS)
