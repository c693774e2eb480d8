"""What every benchmark prints, and where it finds the program and photos."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "main.py"
PHOTOS = ROOT.parent / "shared" / "data" / "clothing" / "train"  # real photos beside the repository, if there
PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "PyQt5", "scikit-learn")


def machine() -> dict[str, Any]:
    """Describe what the figures were taken on."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def print_result(**values: Any) -> None:
    """Print the figures and the machine as one line of JSON on stdout."""
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}
    print(json.dumps({**rounded, "machine": machine()}, ensure_ascii=False), flush=True)


def say(text: str) -> None:
    """Tell on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


def middle(values: list[float]) -> float:
    """Return the median."""
    return float(median(values))
