"""How right the time is that training says is left, after a tenth of a run and later.

Trains once with each preset of fine-tuning, without a window. `balanced` and `best`, each with `seconds`, and by the
share of the run that was over, the seconds then said to be left over those that were: 1 is right, 1.2 too long by a
fifth. What is said last before that moment counts, as it is what the window shows. The whole run counts, from the
first image looked at to the test. `stages` tells the seconds from the start at which each was first heard of.
Usage: python benchmarks/remaining.py [DATA] [--presets NAME …] [--set NAME=VALUE …]
"""

import argparse
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.demo.garments import make_demo
from app.engines.outlook import REMAINING
from app.engines.protocol import Progress
from app.project.project import Project
from app.settings import TORCH, Value, parse_setting
from app.training import TrainingRequest, train
from benchmarks.home import own_home
from benchmarks.result import PHOTOS, print_result, say

TUNED = ("balanced", "best")
SHARES = (0.1, 0.25, 0.5, 0.75)
PER_CLASS = 40


def measure(data: Path, folder: Path, preset: str, settings: dict[str, Value]) -> dict[str, Any]:
    """Train once and compare what was said to be left with what was."""
    said: list[tuple[float, float]] = []
    stages: dict[str, float] = {}
    start = time.perf_counter()

    def on_event(event: object) -> None:
        if not isinstance(event, Progress):
            return
        now = time.perf_counter() - start
        stages.setdefault(event.stage, round(now, 1))
        if REMAINING in event.values:
            said.append((now, float(event.values[REMAINING])))

    with Project.create(folder, preset) as project:
        project.add_folder(data, lambda done, total: None, threading.Event())
        start = time.perf_counter()
        train(project, TrainingRequest("torch", preset=preset, settings=settings), on_event, threading.Event())
    seconds = time.perf_counter() - start
    ratios = {str(share): ratio(said, share * seconds, seconds) for share in SHARES}
    return {"seconds": round(seconds, 1), **ratios, "stages": stages}


def ratio(said: list[tuple[float, float]], moment: float, end: float) -> float | None:
    """Return what was last said to be left at a moment, counted down since, over what was; None where nothing was."""
    before = [(told, left) for told, left in said if told <= moment]
    if not before:
        return None
    told, left = before[-1]
    return round(max(0.0, left - (moment - told)) / (end - moment), 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--presets", nargs="+", default=TUNED)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    settings = dict(parse_setting(TORCH, one) for one in options.set)
    with own_home() as temporary:
        drawn = temporary / "demo"
        data = options.data or (PHOTOS if PHOTOS.is_dir() else make_demo(drawn, per_class=PER_CLASS))
        found = {}
        for preset in options.presets:
            say(preset)
            found[preset] = measure(data, temporary / preset, preset, settings)
    print_result(**found)


if __name__ == "__main__":
    main()
