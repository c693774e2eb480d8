"""The process that answers: it loads the model, runs the HTTP server, and takes newer models as they come."""

import contextlib
import faulthandler
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI

from app.errors import AppError
from app.server.api import create_app
from app.server.bundle_model import BundleModel
from app.server.job import FAILED, LOG, READY, SERVES, Job
from app.server.limits import Limits
from app.server.models import ModelHolder
from app.server.newest import Newest
from app.server.protocol import PatientProtocol
from app.server.security import Access

log = logging.getLogger(__name__)

GRACE_SECONDS = 5  # for requests in flight, once asked to stop
KEEP_ALIVE_SECONDS = 30
LOOK_SECONDS = 1.0  # how soon a newer model is noticed
WARM_UP_SIDE = 256
LINES_SECONDS = 0.1
# Ctrl+C reaches every process of a terminal; the parent minds it, and tells this one.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]


class Teller(logging.Handler):
    """Tells the parent what happens, and the log with it: this process has no stream of its own.

    Lines of the log are sent together, a few times a second, which costs less than one by one.
    """

    def __init__(self, parent: Connection):
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._parent = parent
        self._sending = threading.Lock()
        self._lines: list[str] = []
        self._some = threading.Event()
        threading.Thread(target=self._send_lines, daemon=True).start()

    def tell(self, *values: str | None) -> None:
        """Send the lines so far and then some words; without a parent there is nobody to tell, nor long to live."""
        with self._sending, contextlib.suppress(OSError, ValueError):
            lines, self._lines = self._lines, []
            if lines:
                self._parent.send((LOG, "\n".join(lines)))
            if values:
                self._parent.send(values)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of the log to be sent."""
        self._lines.append(self.format(record))
        self._some.set()

    def _send_lines(self) -> None:
        while True:
            self._some.wait()
            time.sleep(LINES_SECONDS)
            self._some.clear()
            self.tell()


def serve(job: Job, listening: socket.socket, parent: Connection) -> None:
    """Serve until the parent says so or is gone."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    teller = Teller(parent)
    for name in ("uvicorn", "app.server"):
        logging.getLogger(name).addHandler(teller)
    logging.getLogger("app.server").setLevel(logging.INFO)
    models = ModelHolder()
    options = job.options
    access = Access(options.token, job.allowed_hosts, options.allowed_origins)
    app = create_app(models, access, Limits(per_minute=options.per_minute), options.allow_url)
    server = Server(app, certificate=options.certificate, key=options.key)
    stop = threading.Event()
    threading.Thread(target=_stop_with_parent, args=(parent, server, stop), daemon=True).start()
    newest = Newest(job.model, job.bundle)
    if job.first:
        threading.Thread(target=_load_and_look, args=(models, newest, teller, server, stop), daemon=True).start()
    elif _load(models, newest, teller, server):
        threading.Thread(target=_look, args=(models, newest, teller, stop), daemon=True).start()
    with listening:
        server.run(sockets=[listening])
    stop.set()
    teller.tell()


class Server(uvicorn.Server):
    """Uvicorn that returns normally after a signal; `on_ready` is called once it listens."""

    def __init__(
        self,
        app: FastAPI,
        on_ready: Callable[[], None] | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ):
        super().__init__(
            uvicorn.Config(
                app,
                http=PatientProtocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=Limits().connections,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and no more; uvicorn's own would raise it again and the process die of it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _load_and_look(models: ModelHolder, newest: Newest, teller: Teller, server: Server, stop: threading.Event) -> None:
    loaded = False
    try:
        loaded = _load(models, newest, teller, server)
    finally:  # whatever went wrong, a worker that never answers must not stay
        server.should_exit = server.should_exit or not loaded
    if loaded:
        _look(models, newest, teller, stop)


def _load(models: ModelHolder, newest: Newest, teller: Teller, server: Server) -> bool:
    try:
        models.put(warm(BundleModel(newest.bundle)))
    except AppError as error:
        teller.tell(FAILED, error.message, error.hint, error.detail)
        server.should_exit = True
        return False
    teller.tell(READY)
    return True


def _look(models: ModelHolder, newest: Newest, teller: Teller, stop: threading.Event) -> None:
    while not stop.wait(LOOK_SECONDS):
        if take_newer(models, newest):
            teller.tell(SERVES, str(newest.bundle))


def take_newer(models: ModelHolder, newest: Newest) -> bool:
    """Answer with a newer model from now on, if there is one that can be loaded; requests in flight keep theirs."""
    bundle = newest.look()
    if bundle is None:
        return False
    try:
        served = models.put(warm(BundleModel(bundle)))
    except AppError as error:
        log.warning("The newer model is not taken: %s", error.message)
        return False
    log.info("Serving a newer model: %s, version %d", served.name, served.version)
    return True


def warm(model: BundleModel) -> BundleModel:
    """Predict once, so that the first request does not wait for what is set up by that."""
    model.answer(np.zeros((WARM_UP_SIDE, WARM_UP_SIDE, 3), np.uint8))
    return model


def _stop_with_parent(parent: Connection, server: Server, stop: threading.Event) -> None:
    """Stop as soon as the parent says anything, or is gone."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv()
    stop.set()
    server.should_exit = True
