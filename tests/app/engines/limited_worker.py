"""A real worker to which the system gives less, from the job `fine_tune` on: `address=BYTES` more memory, or
`file=BYTES` at most in a file. Linux alone."""

import resource
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from app.engines import worker
from app.engines.protocol import OnEvent

KIND, _, LIMIT = sys.argv[1].partition("=")
TRAINING = "app.engines.torch_training"


def limit() -> None:
    """Lower the limit."""
    if KIND == "address":
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + int(LIMIT), resource.RLIM_INFINITY))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(LIMIT), resource.RLIM_INFINITY))


def fine_tune(job: worker.Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Limit this process, then train."""
    limit()
    return import_module(TRAINING).fine_tune(job, on_event, cancel)


HANDLERS = {"fine_tune": fine_tune}

if __name__ == "__main__":
    worker.main([*sys.argv[2:], "tests.app.engines.limited_worker"])
