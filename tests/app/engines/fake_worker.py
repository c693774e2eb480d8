"""An engine that computes nothing: the far end of the protocol, run as a real process."""

import os
import sys
import threading
import time
from typing import Any

from app.engines.protocol import Checkpoint, Hello, Note, OnEvent, Progress
from app.engines.worker import Job
from app.errors import Cancelled, EngineError

STEPS = 200
STEP_S = 0.02


def hello() -> Hello:
    """Say which engine this is; a stray print must not harm the protocol."""
    print("stray output", flush=True)  # noqa: T201
    return Hello("fake", "1.0", ("cpu", "imaginary"))


def train(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Do as the job says: `steps`, then `end` in one of several ways."""
    os.write(1, b"native stray output\n")
    for step in range(job.get("steps", 3)):
        if cancel.is_set():
            raise Cancelled
        on_event(Progress("fit", step + 1, job.get("steps", 3), {"validation_loss": 1 / (step + 1)}))
        time.sleep(job.get("step_s", 0.0))
    on_event(Note("Nearly there."))
    on_event(Checkpoint("somewhere"))
    end = job.get("end")
    if end == "fail":
        raise EngineError("The data are odd.", "Look at them.")
    if end == "crash":
        raise RuntimeError("a bug")
    if end == "die":
        sys.stderr.write("last words\n")
        sys.stderr.flush()
        os._exit(3)
    while end == "hang":
        time.sleep(STEP_S)
    return {"answer": 42, "job": job["kind"]}


HANDLERS = {"train": train}
