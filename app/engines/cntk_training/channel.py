"""The engine protocol in Python 3.6: a line in, a job done, one last word out (see docs/engine-protocol.md)."""

import json
import os
import queue
import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, TextIO

PROTOCOL_VERSION = 1
REPORT_EVERY_S = 0.1


class Cancelled(Exception):
    """The job was asked to stop."""


class Failure(Exception):
    """What went wrong in a sentence, and what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Channel:
    """Where events go, and whether the job was asked to stop."""

    def __init__(self, output: TextIO) -> None:
        self.cancel = threading.Event()
        self._output = output
        self._lock = threading.Lock()
        self._last = 0.0

    def send(self, kind: str, **values: Any) -> None:
        """Send an event."""
        line = json.dumps(dict([("kind", kind)], **values), ensure_ascii=False)
        with self._lock:
            self._output.write(line + "\n")
            self._output.flush()

    def progress(self, stage: str, done: int, total: int, **values: Any) -> None:
        """Tell how far a stage is, at most ten times a second, and always its end."""
        now = time.time()
        if done >= total or now - self._last >= REPORT_EVERY_S:
            self._last = now
            self.send("progress", stage=stage, done=done, total=total, values=values)

    def stop_if_asked(self) -> None:
        """Raise Cancelled where the job was asked to stop."""
        if self.cancel.is_set():
            raise Cancelled


Handler = Callable[[Dict[str, Any], Channel], Dict[str, Any]]


def private_stdout() -> TextIO:
    """Keep the real standard output for events, and send every other print to standard error."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return output


def serve(hello: Dict[str, Any], handlers: Dict[str, Handler], output: TextIO) -> None:
    """Serve jobs from standard input until it ends; `cancel` is heard while a job runs."""
    channel = Channel(output)
    jobs: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(jobs, channel.cancel), daemon=True).start()
    channel.send("hello", **dict(hello, protocol=PROTOCOL_VERSION))
    while True:
        job = jobs.get()
        if job is None:
            return
        _answer(job, handlers, channel)


def _listen(jobs: Any, cancel: threading.Event) -> None:
    for line in os.fdopen(0, encoding="utf-8"):
        job = json.loads(line)
        if job["kind"] == "cancel":
            cancel.set()
        else:
            cancel.clear()  # a late cancel meant the job before
            jobs.put(job)
    cancel.set()
    jobs.put(None)


def _answer(job: Dict[str, Any], handlers: Dict[str, Handler], channel: Channel) -> None:
    kind = str(job.get("kind"))
    try:
        if kind not in handlers:
            raise Failure("The engine does not know the job “{}”.".format(kind), "")
        channel.send("done", result=handlers[kind](job, channel))
    except Cancelled:
        channel.send("cancelled")
    except Failure as error:
        channel.send("failed", reason=error.reason, hint=error.hint, detail=traceback.format_exc())
    except MemoryError:
        words = ("There was not enough memory.", "Close other programs, or use smaller images or minibatches.")
        channel.send("failed", reason=words[0], hint=words[1], detail=traceback.format_exc())
    except Exception as error:
        reason = "CNTK failed: {}".format(str(error).strip().partition("\n")[0] or type(error).__name__)
        channel.send("failed", reason=reason, hint="The details say where.", detail=traceback.format_exc())
