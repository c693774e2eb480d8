"""What the presets reach and cost, beside a plain loop: trained on one half of the photos, tested on the other.

`quick`, `balanced`, `best` and `plain`, each with: `accuracy` and its standard deviation `sd` over the seeds, `seconds`
of the processors, and `time_ratio`: the seconds to reach the plain loop's last accuracy over the plain loop's seconds,
or null where it was not reached. `same_accuracy_ratio`: the seconds over those of the plain loop's first epoch that was
as accurate, or over all of its seconds where none was. `differences`: in points, with 95% intervals over the test
photos, paired. The full result is kept in `benchmarks/results/`; `--stored` prints it at once.
Usage: python benchmarks/finetune.py [DATA] [--seeds N] [--plain-epochs N] [--set NAME=VALUE …] [--stored]
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from statistics import mean, stdev
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from app.dataset.scan import scan_folder
from app.evaluation.report import load_evaluation
from app.files import HOME_VARIABLE, write_json
from benchmarks.result import PHOTOS, PROGRAM, ROOT, machine, say

PRESETS = ("quick", "balanced", "best")
PAIRS = (("balanced", "quick"), ("best", "quick"), ("best", "balanced"), ("best", "plain"), ("balanced", "plain"))
FULL_SEEDS = 3
PLAIN_EPOCHS = 4
STORED = ROOT / "benchmarks" / "results" / "finetune.json"
Right = dict[str, bool]


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


def run(command: list[str]) -> tuple[dict[str, Any], float]:
    """Run a command; return the JSON it printed and the seconds of the processors that it took."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    after, wall_s = os.times(), time.perf_counter() - start
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(done.stdout.splitlines()[-1]), spent or wall_s  # Windows counts no children


def train(preset: str, data: Path, project: Path, changes: list[str]) -> tuple[Right, float]:
    """Train with a preset on a project of its own; return which test photos are right, and the seconds."""
    settings = [part for change in changes for part in ("--set", change)] if preset != "quick" else []
    command = [str(PROGRAM), "train", str(data), "--project", str(project), "--preset", preset, "--json", *settings]
    values, seconds = run(command)
    evaluation = load_evaluation(Path(values["model"]).parent)
    return {one.path: one.predicted == one.truth for one in evaluation.predictions}, seconds


def measure(sources: list[Path], folder: Path, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything with one division."""
    data = folder / f"data{seed}"
    halve(sources, data, seed)
    found: dict[str, Any] = {}
    for preset in PRESETS:
        say(f"seed {seed}: {preset}")
        right, seconds = train(preset, data, folder / f"{preset}{seed}", options.set)
        found[preset] = {"right": right, "seconds": seconds}
    say(f"seed {seed}: plain")
    plain, _ = run([str(ROOT / "benchmarks" / "plain_loop.py"), str(data), str(options.plain_epochs), str(seed)])
    found["plain"] = {"right": plain["right"], "seconds": plain["curve"][-1]["seconds"], "curve": plain["curve"]}
    return found


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
    parser.add_argument("--stored", action="store_true")
    options = parser.parse_args()
    if options.stored:
        if not STORED.exists():
            raise SystemExit("No full result is stored.")
        print(json.dumps(json.loads(STORED.read_text(encoding="utf-8"))))
        return
    sources = options.data or [PHOTOS, PHOTOS.parent / "validation"]
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = str(Path(temporary) / "home")
        seeds = [measure(sources, Path(temporary), seed, options) for seed in range(options.seeds)]
    names = (*PRESETS, "plain")
    values: dict[str, Any] = {name: figures(name, seeds) for name in names}
    values["differences"] = {f"{one} - {other}": difference(one, other, seeds) for one, other in PAIRS}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    values |= {"seeds": options.seeds, "photos": len(seeds[0]["plain"]["right"]), "machine": machine()}
    values |= {"date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "commit": commit}
    if not options.data and options.seeds >= FULL_SEEDS and not options.set:
        STORED.parent.mkdir(exist_ok=True)
        write_json(STORED, values)
    print(json.dumps(values))


if __name__ == "__main__":
    main()
