"""What the presets reach and cost, beside a plain loop: trained on one half of the photos, tested on the other.

`quick`, `balanced`, `best` and `plain`, each with: `accuracy` and its standard deviation `sd` over the seeds, `seconds`
of the processors that training takes, and `time_ratio`: the seconds to reach the plain loop's last accuracy over the
plain loop's seconds, or null where it was not reached. `same_accuracy_ratio`: the seconds over those of the plain
loop's first epoch that was as accurate, or over all of its seconds where none was. `differences`: in points, with 95%
intervals over the test photos, paired.
Training is, for Quick, its share of looking at photos, and fitting; for Balanced and Best, decoding and fine-tuning;
for the plain loop, its epochs. The features of a head start, the bundle and tests are counted for none of them;
`whole_seconds` are those of the whole command. The plain loop's threads wait asleep, as ours do: waiting in circles
would count as work.
The full result is kept in `benchmarks/results/`; `--stored` prints it at once. With `--keep FOLDER` what was measured
stays there, and a call goes on where the last one ended: after `--minutes`, nothing new is begun.
Usage: python benchmarks/finetune.py [DATA] [--seeds N] [--plain-epochs N] [--set NAME=VALUE …] [--only NAME …]
       [--keep FOLDER] [--minutes N] [--stored]
"""

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from app.dataset.scan import scan_folder
from app.engines.stages import KEEP_MEMORY, WAIT_ASLEEP
from app.evaluation.report import load_evaluation
from app.files import HOME_VARIABLE, write_json
from benchmarks.result import PHOTOS, PROGRAM, ROOT, print_and_keep, print_kept, print_result, say

PRESETS = ("quick", "balanced", "best")
CONTESTANTS = (*PRESETS, "plain")
SOURCES = [PHOTOS, PHOTOS.parent / "validation"]
PAIRS = (("balanced", "quick"), ("best", "quick"), ("best", "balanced"), ("best", "plain"), ("balanced", "plain"))
FULL_SEEDS = 3
PLAIN_EPOCHS = 4
NAME = "finetune"  # of the result that is kept


def halve(sources: list[Path], target: Path, seed: int) -> None:
    """Copy one half of each class's photos to `train` and the other to `test`."""
    by_class: dict[str, list[Path]] = {}
    for source in sources:
        for image in scan_folder(source).images:
            by_class.setdefault(image.path.parent.name, []).append(image.path)
    for label, paths in sorted(by_class.items()):
        random.Random(f"{seed} {label}").shuffle(paths)
        for number, path in enumerate(paths):
            folder = target / ("train" if number % 2 else "test") / label
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / f"{number:05}{path.suffix}")


def run(command: list[str], **environment: str) -> tuple[dict[str, Any], float]:
    """Run a command; return the JSON it printed and the seconds of the processors that it took."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        raise SystemExit(done.stderr)
    after, wall_s = os.times(), time.perf_counter() - start
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(done.stdout.splitlines()[-1]), spent or wall_s  # Windows counts no children


def train_command(data: Path, project: Path, preset: str, changes: Sequence[str] = ()) -> list[str]:
    """Return the command that trains with a preset, NAME=VALUE of which are changed, and prints JSON."""
    settings = [part for change in changes for part in ("--set", change)]
    return [str(PROGRAM), "train", str(data), "--project", str(project), "--preset", preset, "--json", *settings]


def train(preset: str, data: Path, project: Path, changes: list[str]) -> dict[str, Any]:
    """Train with a preset on a project of its own; return which test photos are right, and the seconds."""
    values, whole_s = run(train_command(data, project, preset, changes if preset != "quick" else ()))
    evaluation = load_evaluation(Path(values["model"]).parent)
    right = {one.path: one.predicted == one.truth for one in evaluation.predictions}
    spent, photos = values["processor_seconds"], len(list((data / "train").glob("*/*")))
    if preset == "quick":
        seconds = spent["features"] * photos / (photos + len(right)) + spent["train"]
    else:
        seconds = spent["pixels"] + spent["fine_tune"]
    return {"right": right, "seconds": seconds, "whole_seconds": whole_s}


class Measuring:
    """Measures contestants with one division each, and keeps what it found in a folder."""

    def __init__(self, folder: Path, options: argparse.Namespace):
        self._folder = folder
        self._options = options
        self._deadline = time.monotonic() + 60 * options.minutes

    def seed(self, seed: int) -> dict[str, Any]:
        """Return what is known of a seed's contestants, after measuring those that time is left for."""
        found = {name: self._contestant(name, seed) for name in CONTESTANTS}
        return {name: values for name, values in found.items() if values is not None}

    def _contestant(self, name: str, seed: int) -> dict[str, Any] | None:
        path = self._folder / f"{name}-{seed}.json"
        if path.exists():
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return values
        if time.monotonic() > self._deadline or name not in self._options.only:
            return None
        data = self._folder / f"data-{seed}"
        if not data.exists():
            halve(self._options.data or SOURCES, self._folder / "part", seed)
            (self._folder / "part").rename(data)
        say(f"seed {seed}: {name}")
        values = self._plain(data, seed) if name == "plain" else self._preset(name, data, seed)
        write_json(path, values)
        return values

    def _preset(self, name: str, data: Path, seed: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as project:
            return train(name, data, Path(project), self._options.set)

    def _plain(self, data: Path, seed: int) -> dict[str, Any]:
        loop = str(ROOT / "benchmarks" / "plain_loop.py")
        plain, whole_s = run(
            [loop, str(data), str(self._options.plain_epochs), str(seed)], **KEEP_MEMORY, **WAIT_ASLEEP
        )
        seconds = plain["curve"][-1]["seconds"]
        return {"right": plain["right"], "seconds": seconds, "whole_seconds": whole_s, "curve": plain["curve"]}


def figures(name: str, seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum up one way of training over all seeds."""
    accuracies = [mean(one[name]["right"].values()) for one in seeds]
    seconds = mean(one[name]["seconds"] for one in seeds)
    plain_s = mean(one["plain"]["seconds"] for one in seeds)
    accuracy, goal = mean(accuracies), mean(mean(one["plain"]["right"].values()) for one in seeds)
    epochs = range(len(seeds[0]["plain"]["curve"]))
    reached = [
        mean(one["plain"]["curve"][epoch]["seconds"] for one in seeds)
        for epoch in epochs
        if mean(one["plain"]["curve"][epoch]["accuracy"] for one in seeds) >= accuracy
    ]
    return {
        "accuracy": round(accuracy, 4),
        "sd": round(stdev(accuracies), 4) if len(accuracies) > 1 else None,
        "seconds": round(seconds, 1),
        "whole_seconds": round(mean(one[name]["whole_seconds"] for one in seeds), 1),
        "time_ratio": round(seconds / plain_s, 3) if accuracy >= goal else None,
        "same_accuracy_ratio": round(seconds / (reached[0] if reached else plain_s), 3),
    }


def difference(one: str, other: str, seeds: list[dict[str, Any]]) -> list[float]:
    """Return by how many points one is better than the other, and the ends of the 95% interval, by photo and paired."""
    apart = np.array(
        [
            float(found[one]["right"][path]) - float(found[other]["right"][path])
            for found in seeds
            for path in sorted(found[one]["right"].keys() & found[other]["right"].keys())
        ]
    )
    middle, reach = apart.mean(), 1.96 * apart.std() / np.sqrt(len(apart))
    return [round(100 * float(value), 2) for value in (middle, middle - reach, middle + reach)]


def main() -> None:
    """Measure and print, or print what is stored."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=FULL_SEEDS)
    parser.add_argument("--plain-epochs", type=int, default=PLAIN_EPOCHS)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--only", choices=CONTESTANTS, nargs="+", default=CONTESTANTS)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--stored", action="store_true")
    options = parser.parse_args()
    if options.stored:
        print_kept(NAME)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[HOME_VARIABLE] = str(folder / "home")
        measuring = Measuring(folder, options)
        seeds = [measuring.seed(seed) for seed in range(options.seeds)]
    missing = [f"{name} of seed {seed}" for seed, one in enumerate(seeds) for name in CONTESTANTS if name not in one]
    if missing:
        raise SystemExit(f"Not measured yet: {', '.join(missing)}.")
    full = not options.data and options.seeds >= FULL_SEEDS and not options.set
    if full:
        print_and_keep(NAME, summary(seeds))
    else:
        print_result(**summary(seeds))


def summary(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Put everything that was found into one value."""
    values: dict[str, Any] = {name: figures(name, seeds) for name in CONTESTANTS}
    values["differences"] = {f"{one} - {other}": difference(one, other, seeds) for one, other in PAIRS}
    return values | {"seeds": len(seeds), "photos": len(seeds[0]["plain"]["right"])}


if __name__ == "__main__":
    main()
