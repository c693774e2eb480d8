"""What the image size buys: accuracy and cost of training on pictures of several sizes, all else being the same.

Trained on one half of each class's photos, tested on the other. For each size: `accuracy`, `seconds` of the processors
for training, as `finetune.py` counts them, and `test_seconds` for the tests.
Usage: python benchmarks/resolution.py [DATA] [--sides N …] [--preset NAME] [--set NAME=VALUE …]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.finetune import SOURCES, halve, run, train_command
from benchmarks.home import own_home
from benchmarks.result import print_result, say

SIDES = (160, 224, 288)


def measure(side: int, data: Path, project: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Train and test with pictures of one size."""
    say(f"{side} pixels")
    values, _ = run(train_command(data, project, options.preset, (f"side={side}", *options.set)))
    spent = values["processor_seconds"]
    return {
        "accuracy": round(values["test"]["accuracy"], 4),
        "interval": [round(end, 4) for end in values["test"]["interval"]],
        "seconds": round(spent["pixels"] + spent["fine_tune"], 1),
        "test_seconds": round(spent["evaluate"], 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="*", type=Path, default=SOURCES)
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    with own_home() as temporary:
        data = temporary / "data"
        halve(options.data, data, 0)
        found = {str(side): measure(side, data, temporary / str(side), options) for side in options.sides}
    print_result(sides=found, preset=options.preset)


if __name__ == "__main__":
    main()
