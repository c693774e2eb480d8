"""What a run told while it was trained, kept as lines in its folder."""

import json
from dataclasses import asdict
from pathlib import Path

from app.engines.protocol import Progress, decode

METRICS_FILE = "metrics.jsonl"
FIT, EPOCH = "fit", "epoch"  # the stages whose values are kept


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
