"""CNTK beside torch and quick: the same photos, the same division, the same network.

`frozen`: CNTK's softmax layer beside quick's linear head, both on the same frozen features. `refined`: CNTK's mode dnn
beside torch's preset best. Each with: `accuracy` of both over the seeds, `difference` in points (CNTK minus the other)
with a 95% interval over the test photos, paired; and images per second of both, in training.
The full result takes about half an hour and is kept in `benchmarks/results/`; a seed of a part at a time can be measured
with `--piece`, and what was measured is not measured again. `--stored` prints what is there.
Usage: python benchmarks/cntk.py [DATA …] [--seeds N] [--train N] [--refine N] [--test N] [--piece frozen|refined SEED]
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from app.dataset.scan import scan_folder
from app.evaluation.report import load_evaluation
from app.files import HOME_VARIABLE, read_json, write_json
from benchmarks.result import PHOTOS, PROGRAM, ROOT, machine, say

STORED = ROOT / "benchmarks" / "results" / "cntk.json"
FROZEN, REFINED = "frozen", "refined"
EPOCHS = 3
# What each part compares: CNTK first. `lower` are frozen features by CNTK, `features` those by ONNX Runtime.
ENGINES: dict[str, dict[str, tuple[list[str], str]]] = {
    FROZEN: {
        "cntk": (["--engine", "cntk", "--mode", "softmax"], "lower"),
        "quick": (["--engine", "quick"], "features"),
    },
    REFINED: {
        "cntk": (["--engine", "cntk", "--mode", "dnn", "--set", f"epochs={EPOCHS}"], "tune"),
        "torch": (["--preset", "best", "--set", f"epochs={EPOCHS - 1}"], "tune"),  # its head has an epoch of its own
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


def train(arguments: list[str], stage: str, data: Path, project: Path) -> dict[str, Any]:
    """Train in a project; return which test photos are right, and the images per second of a stage of training."""
    command = [sys.executable, str(PROGRAM), "train", str(data), "--project", str(project), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    values = json.loads(done.stdout.splitlines()[-1])
    evaluation = load_evaluation(Path(values["model"]).parent)
    right = {one.path: one.predicted == one.truth for one in evaluation.predictions}
    return {"right": right, "seconds": values["seconds"], "stage": stage}


def measure(part: str, sources: list[Path], seed: int, trained: int, tested: int) -> dict[str, Any]:
    """Measure one part with one division."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        divide(sources, data, seed, trained, tested)
        for engine, (arguments, stage) in ENGINES[part].items():
            say(f"{part}, seed {seed}: {engine}")
            found[engine] = train([*arguments, "--seed", str(seed)], stage, data, Path(temporary) / "project")
    names = list(found)
    paths = sorted(found[names[0]]["right"].keys() & found[names[1]]["right"].keys())
    counts = {"photos": len(paths), "trained": trained}
    rows = {name: [int(found[name]["right"][path]) for path in paths] for name in names}
    return {"right": rows, "seconds": {name: found[name]["seconds"] for name in names}, **counts}


def speeds(sources: list[Path], count: int) -> dict[str, Any]:
    """Let CNTK and ONNX Runtime compute features, and CNTK and torch refine, one after the other; images per second."""
    from benchmarks.cntk_speed import measure_speeds

    return measure_speeds(sources, count)


def summed_up(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the seeds of a part together."""
    names = list(pieces[0]["right"])
    apart = np.concatenate([np.subtract(*(np.array(piece["right"][name]) for name in names)) for piece in pieces])
    middle, reach = apart.mean(), 1.96 * apart.std() / np.sqrt(len(apart))
    return {
        **{name: round(mean(mean(piece["right"][name]) for piece in pieces), 4) for name in names},
        "difference": [round(100 * float(value), 2) for value in (middle, middle - reach, middle + reach)],
        "seeds": len(pieces),
        "trained": pieces[0]["trained"],
        "photos": pieces[0]["photos"],
        "seconds": {name: round(mean(piece["seconds"][name]["fit"] for piece in pieces), 1) for name in names},
    }


def result(stored: dict[str, Any]) -> dict[str, Any]:
    """Sum up what was measured."""
    parts = {part: list(stored[part].values()) for part in (FROZEN, REFINED) if stored.get(part)}
    return {**{part: summed_up(pieces) for part, pieces in parts.items()}, **stored["about"]}


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
