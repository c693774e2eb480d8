"""Predicting 10,000 images as the Predict tab does it, against no more than decoding and running the model.

`ratio`: images a second through the tab's question, its worker and its answers, over those of a bare loop that decodes
the same files and runs the same ONNX file in a thread per processor; `ratio_by_cpu`: the same by processor time, which
a busy computer changes little (on Linux; elsewhere null).
`tab_growth_mb`, `worker_growth_mb`: by how much this process, which holds all answers as the window does, and the
worker grew from the first tenth of the images to the last one (on Linux; elsewhere null). `resume_seconds`: from asking
again after a stop in the middle to the first answers that were known; `answered_twice`: how many answers came again.
Usage: python benchmarks/predict_many.py [IMAGES]
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.demo.garments import make_demo
from app.engines.protocol import Event, Progress
from app.errors import Cancelled
from app.export.answers import Answers
from app.export.asking import ask
from app.export.bundle import read_bundle_info
from app.export.service import ModelService
from app.parallel import processors
from app.project.project import Project
from app.training import TrainingRequest, train
from benchmarks.bare_loop import answer, set_up
from benchmarks.contestants import cpu_seconds
from benchmarks.home import own_home
from benchmarks.result import print_result, say

IMAGES, PER_CLASS = 10_000, 40
BARE_SHARE = 10  # one in so many images goes through the bare loop
MEBIBYTE = 1 << 20


def make_bundle(folder: Path) -> tuple[Path, list[Path]]:
    """Train on drawn garments; return the bundle and the pictures."""
    images = make_demo(folder / "drawn", seed=1, per_class=PER_CLASS)
    with Project.create(folder / "project", "Many") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        bundle = train(project, TrainingRequest(), lambda event: None, threading.Event()).bundle
    return bundle, sorted(images.rglob("*.jpg"))


def multiply(pictures: Sequence[Path], folder: Path, number: int) -> list[Path]:
    """Write so many files, each a picture with a few bytes of its own behind it."""
    folder.mkdir()
    paths = [folder / f"{at:06}.jpg" for at in range(number)]
    for at, path in enumerate(paths):
        path.write_bytes(pictures[at % len(pictures)].read_bytes() + at.to_bytes(8, "little"))
    return paths


def bare_rates(model: Path, paths: Sequence[Path]) -> tuple[float, float]:
    """Return images a second of the bare loop, on the clock and by processor time."""
    set_up(model)
    with ThreadPoolExecutor(processors()) as pool:
        list(pool.map(answer, [path.read_bytes() for path in paths[: 4 * processors()]]))
        start, before = time.perf_counter(), time.process_time()
        list(pool.map(lambda path: answer(path.read_bytes()), paths))
        return len(paths) / (time.perf_counter() - start), len(paths) / (time.process_time() - before)


def worker_seconds(process: int | None) -> float:
    """Return the worker's processor time so far; 0 where the system does not tell."""
    return cpu_seconds(process) if process else 0.0


def memory(process: int | None) -> int | None:
    """Return what a process holds in memory, in bytes, where the system tells."""
    try:
        pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Tab:
    """Holds the answers as the window does, and looks at the memory meanwhile."""

    def __init__(self, bundle: Path, folder: Path):
        self.service = ModelService()
        self.answers = Answers(read_bundle_info(bundle).labels)
        self.first: tuple[int | None, int | None] | None = None
        self.last: tuple[int | None, int | None] = (None, None)
        self._bundle, self._folder = bundle, folder

    def ask(self, stop_at: int | None = None) -> float:
        """Ask about the folder, all of it or until so many answers are there; return the seconds to the first ones."""
        start, heard, stop = time.perf_counter(), [0.0], threading.Event()

        def hear(event: Event) -> None:
            if isinstance(event, Progress) and event.values.get("results"):
                heard[0] = heard[0] or time.perf_counter() - start
                self.answers.add(event.values["results"])
                self._look(event)
                if stop_at is not None and event.done >= stop_at:
                    stop.set()

        with suppress(Cancelled):
            ask(self.service, self._bundle, [self._folder], hear, stop)
        return heard[0]

    @property
    def worker(self) -> int | None:
        """Return the number of the worker's process."""
        engine = self.service._process
        return engine._process.pid if engine is not None and engine._process is not None else None

    def _look(self, event: Progress) -> None:
        self.last = memory(None), memory(self.worker)
        if self.first is None and event.done >= event.total // 10:
            self.first = self.last


def growth(first: int | None, last: int | None) -> float | None:
    """Return the megabytes between two looks."""
    return None if first is None or last is None else (last - first) / MEBIBYTE


def main(number: int) -> None:
    """Measure and print."""
    with own_home() as temporary:
        bundle, pictures = make_bundle(temporary)
        paths = multiply(pictures, temporary / "many", number)
        tab = Tab(bundle, paths[0].parent)
        ask(tab.service, bundle, pictures[:8], lambda event: None, threading.Event())  # the model is loaded
        say(f"{number} images through the tab, stopped in the middle")
        start, own, worker = time.perf_counter(), time.process_time(), worker_seconds(tab.worker)
        tab.ask(stop_at=number // 2)
        stopped, tab.answers = len(tab.answers), Answers(tab.answers.labels)
        say(f"going on after {stopped}")
        resumed = tab.ask()
        rate, spent = number / (time.perf_counter() - start), time.process_time() - own
        after = worker_seconds(tab.worker)
        by_cpu = number / (after - worker + spent) if after else None
        first, last = tab.first or (None, None), tab.last
        different = {tab.answers.path(at) for at in range(len(tab.answers))}
        tab.service.close()
        say("the bare loop")
        bare, bare_by_cpu = bare_rates(bundle / "model.onnx", paths[: max(1, number // BARE_SHARE)])
        print_result(
            images=len(different),
            images_per_s=rate,
            bare_images_per_s=bare,
            ratio=rate / bare,
            ratio_by_cpu=None if by_cpu is None else by_cpu / bare_by_cpu,
            tab_growth_mb=growth(first[0], last[0]),
            worker_growth_mb=growth(first[1], last[1]),
            stopped_at=stopped,
            resume_seconds=resumed,
            answered_twice=len(tab.answers) - len(different),
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
