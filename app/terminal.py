"""One progress line on a terminal, or a line per stage where the output is a file."""

import time
from typing import TextIO

from app.engines.protocol import Event, Note, Progress

EVERY_S = 0.2
STAGES = {
    "files": "Reading files",
    "features": "Looking at images",
    "fit": "Choosing the strength",
    "test": "Testing",
    "predict": "Predicting",
}


class ProgressLine:
    """Shows events; call it as an `OnEvent`."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._terminal = stream.isatty()
        self._shown = 0.0
        self._stage = ""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Note):
            self.say(event.text)
        elif isinstance(event, Progress):
            self._show(event)

    def count(self, done: int, total: int) -> None:
        """Show how many files have been read."""
        self(Progress("files", done, total))

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _show(self, event: Progress) -> None:
        title = STAGES.get(event.stage, event.stage)
        if not self._terminal:
            if event.stage != self._stage:
                self._stage = event.stage
                self._stream.write(f"{title}: {event.total}\n")
            return
        now = time.monotonic()
        if now - self._shown >= EVERY_S or event.done == event.total:
            self._shown = now
            rate = event.values.get("images_per_second")
            speed = f", {rate:.0f} per second" if rate else ""
            self._stream.write(f"\r\x1b[K{title}: {event.done} of {event.total}{speed}")
            self._stream.flush()
