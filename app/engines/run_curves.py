"""The curves of stored runs, with the names of what was learnt."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.engines.metrics import read_metrics
from app.engines.snapshot import read_snapshot
from app.engines.told import Told
from app.errors import AppError


@dataclass(frozen=True)
class RunCurves:
    """What a run told, which engine it was, and its classes; nothing of both where its folder is incomplete."""

    number: int
    engine: str
    classes: tuple[str, ...]
    told: Told


def read_run_curves(folders: Mapping[int, Path]) -> list[RunCurves]:
    """Read the curves of runs by number and folder."""
    return [_read(number, folder) for number, folder in folders.items()]


def _read(number: int, folder: Path) -> RunCurves:
    try:
        snapshot = read_snapshot(folder)
        engine, classes = snapshot.engine, snapshot.classes
    except (AppError, OSError):
        engine, classes = "", ()
    return RunCurves(number, engine, classes, Told(read_metrics(folder)))
