"""The life of the server process: bind, load, announce, answer, stop."""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from app.export.predictor import Predictor
from app.server.api import create_app
from app.server.listener import Listener, listen
from app.server.models import ModelHolder
from app.server.security import ANY_HOST, LOOPBACK_HOSTS, Access

log = logging.getLogger(__name__)

GRACE_SECONDS = 5  # for requests in flight, once asked to stop
KEEP_ALIVE_SECONDS = 30
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]


def run(
    bundle: Path,
    host: str,
    port: int,
    token: str | None,
    watch_stdin: bool,
    announce: Callable[[str], None],
    allow_url: str = "",
) -> None:
    """Serve a bundle until asked to stop; `announce` gets the URL once it answers. Raises AppError."""
    listener = listen(host, port, token)
    with listener.socket:
        _log_to_stderr()
        app = create_app(ModelHolder(Predictor(bundle)), Access(token, allowed_hosts(listener)), allow_url=allow_url)
        server = Server(app, lambda: announce(listener.url))
        if watch_stdin:
            threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
        log.info("Serving %s at %s", bundle.name, listener.url)
        server.run(sockets=[listener.socket])
        log.info("Stopped")


def allowed_hosts(listener: Listener) -> tuple[str, ...]:
    """Return the names the server may be called by: any, where every call needs the token anyway."""
    return (*LOOPBACK_HOSTS, listener.host, listener.address) if listener.loopback else (ANY_HOST,)


class Server(uvicorn.Server):
    """Uvicorn that says when it is ready and returns normally after a signal."""

    def __init__(self, app: FastAPI, on_ready: Callable[[], None]):
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                log_level="info",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started:
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


def _stop_at_end_of_input(server: Server) -> None:
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
    server.should_exit = True


def _log_to_stderr() -> None:
    """Send the log, one line per request, to stderr unless the program has set up a log there already."""
    root = logging.getLogger()
    if not any(getattr(handler, "stream", None) is sys.stderr for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logging.getLogger("uvicorn").addHandler(handler)
        log.addHandler(handler)
        log.setLevel(logging.INFO)
