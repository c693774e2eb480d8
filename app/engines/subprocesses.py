"""Run a program to its end: its lines are heard as they come, and it is ended when the user asks for that."""

import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from app.errors import Cancelled, EngineError

OnLine = Callable[[str], None]

KEPT_LINES = 200
POLL_S = 0.1
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code, and the last lines it wrote."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def run_program(
    command: Sequence[str], on_line: OnLine, cancel: threading.Event, environment: Mapping[str, str] | None = None
) -> Finished:
    """Run a program without a terminal; raises Cancelled, or EngineError where it cannot be started."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise EngineError(f"“{command[0]}” cannot be started.", "Check that it is there.", str(error)) from error
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), name="read lines", daemon=True)
    reader.start()
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        while (line := _next(lines, cancel)) is not None:
            kept.append(line)
            on_line(line)
        return Finished(process.wait(), tuple(kept))
    finally:
        _end(process)
        reader.join()
        process.stdout.close()


def _next(lines: "queue.Queue[str | None]", cancel: threading.Event) -> str | None:
    while True:
        if cancel.is_set():
            raise Cancelled
        try:
            return lines.get(timeout=POLL_S)
        except queue.Empty:
            continue


def _read(stream: IO[str], lines: "queue.Queue[str | None]") -> None:
    for line in stream:
        lines.put(line.rstrip())
    lines.put(None)


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
