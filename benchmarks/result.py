"""What every benchmark prints, and where it finds the program and photos."""

import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from app.files import write_json

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "main.py"
PHOTOS = ROOT.parent / "shared" / "data" / "clothing" / "train"  # real photos beside the repository, if there
KEPT = ROOT / "benchmarks" / "results"  # of what takes long
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
    print(json.dumps(_complete(values), ensure_ascii=False), flush=True)


def print_and_keep(name: str, values: dict[str, Any]) -> None:
    """Print a full result of what takes long, and keep it with its date and commit."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    found = {**_complete(values), "date": now, "commit": commit}
    KEPT.mkdir(exist_ok=True)
    write_json(KEPT / f"{name}.json", found)
    print(json.dumps(found, ensure_ascii=False), flush=True)


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}
    return {**rounded, "machine": machine()}


def print_kept(name: str) -> None:
    """Print the last full result, with the machine, date and commit of then."""
    path = KEPT / f"{name}.json"
    if not path.exists():
        raise SystemExit("No full result is stored.")
    print(json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False))


def say(text: str) -> None:
    """Tell on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


def middle(values: list[float]) -> float:
    """Return the median."""
    return float(median(values))
