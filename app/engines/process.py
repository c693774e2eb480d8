"""Supervise one worker process: start it, hand it a job, stop it in any case."""

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.engines.protocol import LAST_WORDS, Done, Event, Failed, Hello, OnEvent, decode
from app.errors import Cancelled, EngineError

PATIENCE_S = 5.0  # between asking, terminating and killing
POLL_S = 0.05
START_TIMEOUT_S = 120.0
KEPT_LINES = 60
NICENESS = 5  # of workers, beyond our own: the window comes first
CREATION_FLAGS = sum(getattr(subprocess, name, 0) for name in ("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS"))
QUICK_WORKER = "app.engines.quick_worker"
ROOT = Path(__file__).resolve().parent.parent.parent

log = logging.getLogger(__name__)


def worker_command(*modules: str) -> list[str]:
    """Return the command that runs a worker of our own modules with this Python."""
    return [sys.executable, "-m", "app.engines.worker", *modules]


class EngineProcess:
    """One worker process; use it as a context manager, from one thread at a time."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, patience_s: float = PATIENCE_S
    ):
        """`patience_s`: how long after it was asked to stop a job may still go on; then the process is ended."""
        self._patience_s = patience_s
        self._command = list(command)
        self._environment = {**os.environ, "PYTHONUTF8": "1", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=KEPT_LINES)
        self._threads: list[threading.Thread] = []
        self.processor_s = 0.0  # what the last job that was done took of all processors
        self._hello: Hello | None = None

    def __enter__(self) -> "EngineProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Tell whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process without waiting for its hello; `run` will wait."""
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,  # Ctrl+C is for us alone, who then ask the worker to stop
                creationflags=CREATION_FLAGS,
            )
            if hasattr(os, "setpriority"):  # now, while it has one thread: those to come inherit it
                with suppress(OSError):  # it has ended already, or a sandbox forbids it
                    os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        except OSError as error:
            raise EngineError(
                "The engine could not be started.", "The details say why.", f"{self._command}: {error}"
            ) from error
        self._follow(self._read_events, self._process.stdout)
        self._follow(self._read_errors, self._process.stderr)

    def start(self) -> Hello:
        """Start the process if need be and wait until it is ready; raises EngineError."""
        if self._hello is not None:
            return self._hello
        if self._process is None:
            self.launch()
        event = self._next_event(time.monotonic() + START_TIMEOUT_S)
        if isinstance(event, Hello):
            self._hello = event
            return event
        self.close()
        raise self._death("could not start")

    def run(self, job: dict[str, Any], on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
        """Do one job and return its result; raises EngineError, or Cancelled when it was asked to stop."""
        self._send(job)
        asked_at: float | None = None
        while True:
            if cancel.is_set() and asked_at is None:
                asked_at = time.monotonic()
                self._send({"kind": "cancel"})
            if asked_at is not None and time.monotonic() - asked_at > self._patience_s:
                self.kill()
                self.close()
                raise Cancelled
            event = self._next_event(time.monotonic() + POLL_S)
            if isinstance(event, LAST_WORDS):
                return self._result(event)
            if event is not None:
                on_event(event)
            elif self._ended():
                if asked_at is not None:
                    raise Cancelled
                raise self._death("ended unexpectedly")

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process: by end of input, then by terminating, then by killing it."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            try:
                process.stdin.close()
            except OSError:
                log.debug("the engine's input was already closed")
        for end in (None, process.terminate, process.kill):
            if end is not None:
                end()
            try:
                process.wait(PATIENCE_S)
                break
            except subprocess.TimeoutExpired:
                log.warning("the engine does not end; trying harder")
        for thread in self._threads:
            thread.join()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        self._threads.clear()

    def _result(self, event: Event) -> dict[str, Any]:
        if isinstance(event, Failed):
            raise EngineError(event.reason, event.hint, event.detail)
        if event.kind == "cancelled":
            raise Cancelled
        assert isinstance(event, Done)
        self.processor_s = event.processor_s
        return dict(event.result)

    def _send(self, job: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None or not self.running:
            raise self._death("is not running")
        try:
            self._process.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._death("no longer listens") from error

    def _next_event(self, deadline: float) -> Event | None:
        try:
            return self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def _ended(self) -> bool:
        """Tell whether the process is gone and everything that it said was heard."""
        if self.running:
            return False
        self._hear_out()
        return self._events.empty()

    def _hear_out(self) -> None:
        """Wait until both pipes of an ended process are read to their end, if nobody else holds them open."""
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _follow(self, read: Any, stream: IO[str] | None) -> None:
        thread = threading.Thread(target=read, args=(stream,), name="engine pipe", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _read_events(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                self._events.put(decode(line))
            except ValueError as error:
                log.warning("the engine sent something else: %s", error)
        self._events.put(None)

    def _read_errors(self, stream: IO[str]) -> None:
        for line in stream:
            self._errors.append(line.rstrip())
            log.info("engine: %s", line.rstrip())

    def _death(self, what: str) -> EngineError:
        code = self._process.poll() if self._process else None
        if code is not None:
            self._hear_out()
        how = f" (code {code})" if code is not None else ""
        hint = "The log file has its last words."
        if code is not None and code < 0:
            hint = "The system ended it; most often that means too little memory. Close other programs and try again."
        return EngineError(f"The engine {what}{how}.", hint, "\n".join(self._errors))
