"""The life of the server: take the address, keep one worker process answering there, stop it in good order.

The listening socket stays open here, so that connections wait while a worker that died is replaced.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from app.errors import BundleError, ServerError
from app.server.job import LOG, READY, SERVES, Job, work
from app.server.listener import Listener, listen
from app.server.options import ServeOptions

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2  # how soon a wish to stop is noticed
PATIENCE_SECONDS = 8  # for a worker asked to stop; it gives its requests five
MOST_FAILURES = 3  # workers in a row that died before they answered
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]


def run(model: Path, bundle: Path, options: ServeOptions, announce: Callable[[str], None]) -> None:
    """Serve a bundle until asked to stop; `announce` gets the URL once it answers. Raises AppError.

    `model` is what the user named, such as a project; a newer bundle of it is taken as soon as it is there.
    """
    _check_certificate(options)
    listener = listen(options.host, options.port, options.token, options.scheme)
    with listener.socket:
        _log_to_stderr()
        keeper = Keeper(model, bundle, options, listener, announce)
        with _signals(keeper):
            if options.watch_stdin:
                threading.Thread(target=_stop_at_end_of_input, args=(keeper,), daemon=True).start()
            log.info("Serving %s at %s", bundle.name, listener.url)
            keeper.run()
        log.info("Stopped")


class Keeper:
    """Keeps one worker process alive until `stop`."""

    def __init__(
        self,
        model: Path,
        bundle: Path,
        options: ServeOptions,
        listener: Listener,
        announce: Callable[[str], None],
    ):
        self._job = Job(model, bundle, options, listener.allowed_hosts)
        self._listener = listener
        self._announce = announce
        self._stopping = threading.Event()
        self._failures = 0
        self._refused: BundleError | None = None
        self.worker: BaseProcess | None = None

    def stop(self) -> None:
        """Ask for the end; safe in a signal handler and from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Replace the worker whenever it dies; raises AppError where it cannot be brought to answer."""
        while not self._stopping.is_set():
            worker, connection = self._start()
            with connection:
                self._mind(worker, connection)
            code = worker.exitcode
            worker.close()
            if self._refused is not None:
                raise self._refused
            if not self._stopping.is_set():
                self._failures += 1
                if self._failures > MOST_FAILURES:
                    raise ServerError(f"The server ended unexpectedly (code {code}).", "The log above may say why.")
                log.warning("The worker ended unexpectedly (code %s); another takes its place", code)

    def _start(self) -> tuple[BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, its = context.Pipe()
        with its, _without_interrupt():
            worker = context.Process(target=work, args=(self._job, self._listener.socket, its), name="server")
            worker.start()
        log.info("The worker is process %s", worker.pid)
        self.worker = worker
        return worker, ours

    def _mind(self, worker: BaseProcess, connection: Connection) -> None:
        """Hear what the worker says until it ends, and end it if that is wished."""
        asked = False
        forced = 0.0
        while True:
            if self._stopping.is_set() and not asked:
                asked, forced = True, time.monotonic() + PATIENCE_SECONDS
                with contextlib.suppress(OSError):
                    connection.send("stop")
            ready = wait([connection, worker.sentinel], POLL_SECONDS)
            if connection in ready:
                try:
                    self._hear(connection.recv())
                except (EOFError, OSError):
                    break
            elif ready or asked and time.monotonic() > forced:
                break
        _await_end(worker)

    def _hear(self, said: tuple[Any, ...]) -> None:
        kind, *values = said
        if kind == READY:
            self._failures = 0
            if self._job.first:
                self._announce(self._listener.url)
            self._job = replace(self._job, first=False)
        elif kind == SERVES:
            self._job = replace(self._job, bundle=Path(values[0]))
        elif kind == LOG:
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                sys.stderr.write(f"{values[0]}\n")
        else:
            self._refused = BundleError(*values)
            self._stopping.set()


def _await_end(worker: BaseProcess) -> None:
    worker.join(PATIENCE_SECONDS)
    for force in (worker.terminate, worker.kill):
        if worker.is_alive():
            force()
            worker.join(PATIENCE_SECONDS)


def _log_to_stderr() -> None:
    """Send the log to stderr unless the program has set up a log there already."""
    if not any(getattr(handler, "stream", None) is sys.stderr for handler in logging.getLogger().handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)


def _check_certificate(options: ServeOptions) -> None:
    if options.certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(options.certificate, options.key, password="")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ServerError(
            f"The certificate “{options.certificate}” cannot be used.",
            "Give a PEM file with --certificate, and its key without a password with --key.",
            str(error),
        ) from error


@contextlib.contextmanager
def _signals(keeper: Keeper) -> Iterator[None]:
    """Stop on Ctrl+C and its like, in the main thread, where alone signals arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        keeper.stop()

    before = {number: signal.signal(number, on_signal) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _without_interrupt() -> Iterator[None]:
    """Start a process that minds no Ctrl+C from its first moment on: it inherits that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop_at_end_of_input(keeper: Keeper) -> None:
    """Stop the server when the window that started it is gone: then nobody holds our input open."""
    try:
        descriptor = sys.stdin.fileno()
        # os.read, not sys.stdin.read: a thread inside the latter aborts the interpreter while it ends.
        while os.read(descriptor, 4096):
            pass
    except (OSError, ValueError, AttributeError):
        log.info("There is no input to watch")
        return
    log.info("End of input: stopping")
    keeper.stop()
