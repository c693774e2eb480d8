"""The loop every worker runs: a line in, a job done, one last word out.

`python -m app.engines.worker MODULE…` serves the jobs of modules that have `hello()` and `HANDLERS`; the first says
hello. Modules named in `WARM_UP` are imported in the background, while the worker may already have something to do.
"""

import errno
import importlib
import json
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from app.engines.protocol import CancelledEvent, Done, Event, Failed, Hello, OnEvent, encode
from app.errors import AppError, Cancelled

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EFBIG)

Job = dict[str, Any]
Handler = Callable[[Job, OnEvent, threading.Event], dict[str, Any]]


def run_worker(hello: Hello, handlers: Mapping[str, Handler], output: TextIO) -> None:
    """Serve jobs from standard input until it ends; `cancel` is heard while a job runs."""
    lock = threading.Lock()

    def send(event: Event) -> None:
        with lock:
            output.write(encode(event))
            output.flush()

    jobs: queue.Queue[Job | None] = queue.Queue()
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(jobs, cancel), name="listen", daemon=True).start()
    send(hello)
    while (job := jobs.get()) is not None:
        send(_answer(job, handlers, send, cancel))


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(name)


def private_stdout() -> TextIO:
    """Keep the real standard output for events, and send every other print to standard error.

    Called before anything else is imported, so that no library can corrupt the stream.
    """
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.stdout = sys.stderr
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    return output


def _listen(jobs: "queue.Queue[Job | None]", cancel: threading.Event) -> None:
    for line in sys.stdin:
        job = json.loads(line)
        if job["kind"] == "cancel":
            cancel.set()
        else:
            cancel.clear()  # a late cancel meant the job before
            jobs.put(job)
    cancel.set()
    jobs.put(None)


def _answer(job: Job, handlers: Mapping[str, Handler], send: OnEvent, cancel: threading.Event) -> Event:
    kind = str(job.get("kind"))
    try:
        if kind not in handlers:
            return Failed(f"The engine does not know the job “{kind}”.")
        start = time.process_time()
        result = handlers[kind](job, send, cancel)
        return Done(result, time.process_time() - start)
    except Cancelled:
        return CancelledEvent()
    except AppError as error:
        return Failed(error.message, error.hint, error.detail or traceback.format_exc())
    except OSError as error:
        if error.errno not in DISK_FULL:
            return Failed(f"The engine failed: {error}", "The details say where.", traceback.format_exc())
        return Failed("The disk is full.", "Make space on the project's disk, then go on.", traceback.format_exc())
    except MemoryError:
        return Failed("There was not enough memory.", "Close other programs and try again.", traceback.format_exc())
    except Exception as error:
        return Failed(f"The engine failed: {error}", "The details say where.", traceback.format_exc())


def main(names: Sequence[str]) -> None:
    """Run the worker that these modules describe."""
    output = private_stdout()
    modules = [importlib.import_module(name) for name in names]
    handlers = {kind: handler for module in modules for kind, handler in module.HANDLERS.items()}
    late = [name for module in modules for name in getattr(module, "WARM_UP", ())]
    threading.Thread(target=_import_all, args=(late,), name="warm up", daemon=True).start()
    run_worker(modules[0].hello(), handlers, output)
    # Taking the frameworks down in good order takes a third of a second, and everything is written already.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
