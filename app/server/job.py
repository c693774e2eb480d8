"""What the parent hands to its worker process; imports no framework, so that the parent stays small."""

import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from app.server.options import ServeOptions

READY, SERVES, FAILED, LOG = "ready", "serves", "failed", "log"  # what a worker tells


@dataclass(frozen=True)
class Job:
    """What a worker serves; after the first, the model is loaded before any connection is taken."""

    model: Path
    bundle: Path
    options: ServeOptions
    allowed_hosts: tuple[str, ...]
    first: bool = True


def work(job: Job, listening: socket.socket, parent: Connection) -> None:
    """Serve, in a process of its own, until the parent says so or is gone."""
    from app.server.worker import serve

    serve(job, listening, parent)
