"""CNTK beside torch and quick: the same photos, the same division, the same network.

`frozen`: CNTK's softmax layer beside quick's linear head, both on the same frozen features. `refined`: CNTK's mode dnn
beside torch's preset best. Each with: `accuracy` of both over the seeds, `difference` in points (CNTK minus the other)
with a 95% interval over the test photos, paired; and images per second of both, in training.
The full result takes half an hour and is kept in `benchmarks/results/`; a seed of a part at a time can be measured
with `--piece`, and what was measured is not measured again. `--stored` prints what is there.
Usage: python benchmarks/cntk.py [DATA …] [--seeds N] [--train N] [--refine N] [--test N] [--piece frozen|refined SEED]
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from app.dataset.scan import scan_folder
from app.engines.protocol import Event, Progress
from app.files import HOME_VARIABLE, read_json, write_json
from app.project.project import Project
from app.training import TrainingRequest, train
from benchmarks.result import PHOTOS, ROOT, machine, say

STORED = ROOT / "benchmarks" / "results" / "cntk.json"
FROZEN, REFINED = "frozen", "refined"
EPOCHS = 3
# What each part compares, CNTK last; and the stage of training whose images per second are kept.
Asked = tuple[TrainingRequest, str]
PARTS: dict[str, dict[str, Asked]] = {
    FROZEN: {
        "quick": (TrainingRequest("quick"), "features"),
        "cntk": (TrainingRequest("cntk", settings={"mode": "softmax"}), "lower"),
    },
    REFINED: {
        # Torch has an epoch for the head alone before; CNTK trains its own before the first epoch.
        "torch": (TrainingRequest("torch", preset="best", settings={"epochs": EPOCHS}), "epoch"),
        "cntk": (TrainingRequest("cntk", settings={"mode": "dnn", "epochs": EPOCHS}), "epoch"),
    },
}


def divide(sources: list[Path], target: Path, seed: int, trained: int, tested: int) -> None:
    """Copy some photos to `train` and others to `test`, each class as often as it is."""
    by_class: dict[str, list[Path]] = {}
    for source in sources:
        for image in scan_folder(source).images:
            by_class.setdefault(image.path.parent.name, []).append(image.path)
    count = sum(map(len, by_class.values()))
    for label, paths in sorted(by_class.items()):
        random.Random(f"{seed} {label}").shuffle(paths)
        first = max(4, round(len(paths) * trained / count))
        last = first + max(2, round(len(paths) * tested / count))
        for number, path in enumerate(paths[:last]):
            folder = target / ("train" if number < first else "test") / label
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / f"{number:05}{path.suffix}")


def train_one(project: Project, asked: Asked, seed: int) -> dict[str, Any]:
    """Train; return which test photos are right, images per second, and the seconds of training."""
    request, stage = asked
    speeds: list[float] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == stage:
            speeds.append(event.values["images_per_second"])

    result = train(project, replace(request, seed=seed), on_event, threading.Event())
    assert result.evaluation is not None
    right = {one.path: int(one.predicted == one.truth) for one in result.evaluation.predictions}
    speed = max(speeds) if stage == "epoch" else speeds[-1]
    return {"right": right, "images_per_second": round(speed, 2), "seconds": result.seconds["fit"]}


def measure(part: str, sources: list[Path], seed: int, trained: int, tested: int) -> dict[str, Any]:
    """Measure one part with one division."""
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        divide(sources, data, seed, trained, tested)
        found = {}
        with Project.create(Path(temporary) / "project", "Clothing") as project:
            project.add_folder(data, lambda done, total: None, threading.Event())
            for engine, asked in PARTS[part].items():
                say(f"{part}, seed {seed}: {engine}")
                found[engine] = train_one(project, asked, seed)
    paths = sorted(set.intersection(*(set(one["right"]) for one in found.values())))
    for one in found.values():
        one["right"] = [one["right"][path] for path in paths]
    return {**found, "photos": len(paths), "trained": trained}


def summed_up(part: str, pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the seeds of a part together."""
    other, ours = PARTS[part]
    apart = np.concatenate([np.subtract(piece[ours]["right"], piece[other]["right"]) for piece in pieces])
    middle, reach = apart.mean(), 1.96 * apart.std() / np.sqrt(len(apart))
    figures: dict[str, Any] = {
        name: {
            "accuracy": round(mean(mean(piece[name]["right"]) for piece in pieces), 4),
            "images_per_second": round(mean(piece[name]["images_per_second"] for piece in pieces), 1),
            "seconds": round(mean(piece[name]["seconds"] for piece in pieces), 1),
        }
        for name in (ours, other)
    }
    difference = [round(100 * float(value), 2) for value in (middle, middle - reach, middle + reach)]
    counts = {"seeds": len(pieces), "trained": pieces[0]["trained"], "photos": pieces[0]["photos"]}
    return {**figures, "difference": difference, **counts}


def result(stored: dict[str, Any]) -> dict[str, Any]:
    """Sum up what was measured."""
    parts = {part: list(stored[part].values()) for part in (FROZEN, REFINED) if stored.get(part)}
    return {**{part: summed_up(part, pieces) for part, pieces in parts.items()}, **stored["about"]}


def main() -> None:
    """Measure what was not measured yet, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--train", type=int, default=700)
    parser.add_argument("--refine", type=int, default=240)
    parser.add_argument("--test", type=int, default=1550)
    parser.add_argument("--piece", nargs=2, metavar=("PART", "SEED"))
    parser.add_argument("--stored", action="store_true")
    options = parser.parse_args()
    stored: dict[str, Any] = read_json(STORED) if not options.data and STORED.exists() else {}
    if options.stored and not stored:
        raise SystemExit("No full result is stored.")
    pieces = [(part, str(seed)) for part in (FROZEN, REFINED) for seed in range(options.seeds)]
    wanted = [] if options.stored else [tuple(options.piece)] if options.piece else pieces
    for part, seed in wanted:
        if seed not in stored.setdefault(part, {}):
            trained = options.train if part == FROZEN else options.refine
            sources = options.data or [PHOTOS, PHOTOS.parent / "validation"]
            with tempfile.TemporaryDirectory() as home:
                os.environ[HOME_VARIABLE] = home
                stored[part][seed] = measure(part, sources, int(seed), trained, options.test)
            date = datetime.now(timezone.utc).isoformat(timespec="seconds")
            stored["about"] = {"machine": machine(), "date": date, "epochs": EPOCHS}
            if not options.data:
                STORED.parent.mkdir(exist_ok=True)
                write_json(STORED, stored)
    print(json.dumps(result(stored)))


if __name__ == "__main__":
    main()
