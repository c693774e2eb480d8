"""The engine protocol: one JSON object per line, `kind` first.

To the engine go jobs (`features`, `split`, `train`, `pixels`, `fine_tune`, `bundle`, `evaluate`, `predict`, `check`,
`export`) and `cancel`; end of input means leave.
From it come the events below, and exactly one last word per job: `done`, `cancelled` or `failed`.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

PROTOCOL_VERSION = 1


@dataclass(frozen=True)
class Hello:
    """The engine is up and waits for jobs."""

    engine: str
    version: str
    devices: tuple[str, ...] = ("cpu",)
    protocol: int = PROTOCOL_VERSION
    kind: str = "hello"


@dataclass(frozen=True)
class Progress:
    """How far a stage is; `values` carries what to plot or to list."""

    stage: str
    done: int
    total: int
    values: dict[str, Any] = field(default_factory=dict)
    kind: str = "progress"


@dataclass(frozen=True)
class Note:
    """A sentence for the user."""

    text: str
    kind: str = "note"


@dataclass(frozen=True)
class Checkpoint:
    """A state to resume from was written."""

    path: str
    kind: str = "checkpoint"


@dataclass(frozen=True)
class Done:
    """The job is finished; `result` depends on the job. `processor_s` are seconds of all processors, 0 if not told."""

    result: dict[str, Any] = field(default_factory=dict)
    processor_s: float = 0.0
    kind: str = "done"


@dataclass(frozen=True)
class CancelledEvent:
    """The job stopped because it was asked to."""

    kind: str = "cancelled"


@dataclass(frozen=True)
class Failed:
    """The job failed: a sentence, a hint, and the traceback as detail."""

    reason: str
    hint: str = ""
    detail: str = ""
    kind: str = "failed"


Event = Hello | Progress | Note | Checkpoint | Done | CancelledEvent | Failed
OnEvent = Callable[[Event], None]
LAST_WORDS = (Done, CancelledEvent, Failed)

EVENTS: dict[str, type[Event]] = {
    "hello": Hello,
    "progress": Progress,
    "note": Note,
    "checkpoint": Checkpoint,
    "done": Done,
    "cancelled": CancelledEvent,
    "failed": Failed,
}


def encode(event: Event) -> str:
    """Write an event as one line of JSON, `kind` first."""
    values = asdict(event)
    return json.dumps({"kind": values.pop("kind"), **values}, ensure_ascii=False) + "\n"


def decode(line: str) -> Event:
    """Read one line; raises ValueError for anything that is not an event."""
    values = json.loads(line)
    if not isinstance(values, dict) or values.get("kind") not in EVENTS:
        raise ValueError(f"not an event: {line[:200]!r}")
    if "devices" in values:
        values["devices"] = tuple(values["devices"])
    try:
        return EVENTS[values["kind"]](**values)
    except TypeError as error:
        raise ValueError(f"not an event: {error}") from error
