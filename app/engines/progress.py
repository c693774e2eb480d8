"""Progress, reported no more often than somebody can read it."""

import time
from typing import Any

from app.engines.protocol import OnEvent, Progress

REPORT_EVERY_S = 0.1


class Throttle:
    """Passes on at most ten progress events a second, and always the last one of a stage."""

    def __init__(self, send: OnEvent):
        self._send = send
        self._last = 0.0

    def progress(self, stage: str, done: int, total: int, **values: Any) -> bool:
        """Report `done` of `total` unless another report has just been sent; tell whether it was."""
        now = time.monotonic()
        due = done >= total or now - self._last >= REPORT_EVERY_S
        if due:
            self._last = now
            self._send(Progress(stage, done, total, values))
        return due
