"""What a run told while it was trained, kept as lines in its folder and read as curves."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from app.engines.protocol import Progress, decode

METRICS_FILE = "metrics.jsonl"
FIT, EPOCH = "fit", "epoch"  # the stages whose values are kept

TRAINING_LOSS, VALIDATION_LOSS, VALIDATION_ACCURACY = "loss", "validation_loss", "validation_accuracy"
CURVES = (TRAINING_LOSS, VALIDATION_LOSS, VALIDATION_ACCURACY)


@dataclass(frozen=True)
class Line:
    """A curve: over epochs, or over the strengths that quick tried."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """The curves of a run by name; `over_epochs` tells what x is."""

    over_epochs: bool
    lines: dict[str, Line]


def add_metrics(folder: Path, event: Progress) -> None:
    """Keep the values of an event, if it is of a stage that has some."""
    if event.stage in (FIT, EPOCH):
        with (folder / METRICS_FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(event)) + "\n")


def read_metrics(folder: Path) -> list[Progress]:
    """Return what is kept of a run; a line that was cut off ends it."""
    events: list[Progress] = []
    try:
        text = (folder / METRICS_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return events
    for line in text.splitlines():
        try:
            event = decode(line)
        except ValueError:
            break
        if isinstance(event, Progress):
            events.append(event)
    return events


def curves_of(events: Iterable[Progress]) -> Curves:
    """Return the curves of a run's events."""
    points: dict[str, dict[float, float]] = {name: {} for name in CURVES}
    kept = list(events)
    over_epochs = any(event.stage == EPOCH for event in kept)
    for event in kept:
        if over_epochs and event.stage != EPOCH:
            continue  # the strengths of a classifier on what was learnt
        x = float(event.done if event.stage == EPOCH else event.values.get("strength", event.done))
        for name in CURVES:
            if name in event.values:
                points[name][x] = float(event.values[name])
    lines = {
        name: Line(*(tuple(column) for column in zip(*sorted(found.items()), strict=True)))
        for name, found in points.items()
        if found
    }
    return Curves(over_epochs, lines)
