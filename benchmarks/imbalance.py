"""What the suggested correction is worth where the largest class has a hundred times the images of the smallest.

The imbalance is made from the photos: class sizes fall evenly, by their logarithm, from the largest to the smallest, in
an order drawn anew for each seed. `corrected` trains with what is suggested by itself, `plain` with no correction, all
else being the same; both are tested on photos of which every class has its full share. `gain` is the difference of
their macro recalls in points, `accuracy_gain` that of the accuracies.
Usage: python benchmarks/imbalance.py [TRAIN TEST] [--largest N] [--ratio N] [--seeds N] [--preset NAME]
       [--set NAME=VALUE …]
"""

import argparse
import random
import shutil
import sys
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.evaluation.report import load_evaluation
from benchmarks.finetune import run, train_command
from benchmarks.home import own_home
from benchmarks.result import PHOTOS, print_result, say

LARGEST, RATIO, FEWEST = 200, 100, 2
PLAIN = ("class_weights=off", "even_classes=off")


def make_imbalance(train: Path, test: Path, target: Path, options: argparse.Namespace, seed: int) -> list[int]:
    """Copy photos to `train` and `test` below a folder; return the sizes of the training classes."""
    classes = sorted(one.name for one in train.iterdir() if one.is_dir())
    chance = random.Random(seed)
    chance.shuffle(classes)
    sizes = []
    for rank, name in enumerate(classes):
        photos = sorted((train / name).iterdir())
        chance.shuffle(photos)
        size = max(FEWEST, round(options.largest * options.ratio ** (-rank / (len(classes) - 1))))
        sizes.append(len(photos[:size]))
        for part, chosen in (("train", photos[:size]), ("test", sorted((test / name).iterdir()))):
            folder = target / part / name
            folder.mkdir(parents=True)
            for photo in chosen:
                shutil.copyfile(photo, folder / photo.name)
    return sizes


def macro_recall(model: Path) -> tuple[float, float]:
    """Return the mean of the classes' recalls, and the accuracy, of a run's test."""
    predictions = load_evaluation(model.parent).predictions
    right: dict[str, list[bool]] = {}
    for one in predictions:
        right.setdefault(str(one.truth), []).append(one.predicted == one.truth)
    return mean(mean(each) for each in right.values()), mean(one.predicted == one.truth for one in predictions)


def train(data: Path, project: Path, preset: str, changes: list[str]) -> tuple[float, float]:
    """Train, and return macro recall and accuracy."""
    values, _ = run(train_command(data, project, preset, changes))
    return macro_recall(Path(values["model"]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="*", type=Path, default=[PHOTOS, PHOTOS.parent / "validation"])
    parser.add_argument("--largest", type=int, default=LARGEST)
    parser.add_argument("--ratio", type=float, default=RATIO)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    training, testing = options.data
    found: dict[str, list[tuple[float, float]]] = {"plain": [], "corrected": []}
    with own_home() as temporary:
        for seed in range(options.seeds):
            data = temporary / f"data{seed}"
            sizes = make_imbalance(training, testing, data, options, seed)
            for name, changes in (("plain", [*options.set, *PLAIN]), ("corrected", options.set)):
                say(f"seed {seed}: {name}")
                found[name].append(train(data, temporary / f"{name}{seed}", options.preset, changes))
    recalls, accuracies = ({name: mean(pair[place] for pair in found[name]) for name in found} for place in (0, 1))
    values: dict[str, Any] = {name: {"macro_recall": round(recalls[name], 4)} for name in found}
    print_result(
        **values,
        gain=100 * (recalls["corrected"] - recalls["plain"]),
        accuracy_gain=100 * (accuracies["corrected"] - accuracies["plain"]),
        sizes=sorted(sizes, reverse=True),
        seeds=options.seeds,
        preset=options.preset,
    )


if __name__ == "__main__":
    main()
