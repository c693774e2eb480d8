"""One progress line on a terminal, or a line per stage where the output is a file; and quiet around it."""

import faulthandler
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from app.engines.protocol import Event, Note, Progress

EVERY_S = 0.2
STDERR = 2
STAGES = {
    "files": "Reading files",
    "features": "Looking at images",
    "fit": "Choosing the strength",
    "pixels": "Decoding images",
    "lower": "Looking at views of the images",
    "tune": "Fine-tuning",
    "epoch": "Epochs",
    "second": "Looking through the second network",
    "test": "Testing",
    "unknown": "Learning what is none of the classes",
    "sweep": "Runs done",
    "curve": "Learning from parts",
    "folds": "Cross-validating",
    "predict": "Predicting",
    "backup": "Backing up",
    "restore": "Restoring",
    "relink": "Looking for images",
    "download": "Downloading images",
    "export": "Writing images",
}


def quiet_libraries() -> None:
    """Keep stderr for this program's own words: libjpeg and libpng write theirs about every damaged file.

    Those write to the system's second stream, which leads nowhere afterwards; Python writes to a copy of it. For a
    process that is a command; call it once, before anything else writes.
    """
    try:
        if sys.stderr.fileno() != STDERR:
            return  # led elsewhere already
        kept = os.fdopen(os.dup(STDERR), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STDERR)
        os.close(nowhere)
    except OSError:  # a program that was started without streams
        return
    sys.stderr = kept
    faulthandler.enable(kept)


class ProgressLine:
    """Shows events; call it as an `OnEvent`. Where nobody reads them, the job goes on all the same."""

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

    def counting(self, stage: str) -> Callable[[int, int], None]:
        """Return what shows how far a stage is, called with what is done and the whole."""
        return lambda done, total: self(Progress(stage, done, total))

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self.clear()
        self._write(f"{text}\n")

    def clear(self) -> None:
        """Remove the line."""
        if self._terminal:
            self._write("\r\x1b[K")

    def _show(self, event: Progress) -> None:
        title = STAGES.get(event.stage, event.stage)
        if not self._terminal:
            if event.stage != self._stage:
                self._stage = event.stage
                self._write(f"{title}: {event.total}\n")
            return
        now = time.monotonic()
        if now - self._shown >= EVERY_S or event.done == event.total:
            self._shown = now
            rate = event.values.get("images_per_second")
            speed = f", {rate:.0f} per second" if rate else ""
            self._write(f"\r\x1b[K{title}: {event.done} of {event.total}{speed}")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._write_nowhere()

    def _write_nowhere(self) -> None:
        """Discard what is in the buffer, and all that follows: Python would fail over it when it ends."""
        with suppress(OSError):  # a stream without a file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self._stream.fileno())
            finally:
                os.close(nowhere)
