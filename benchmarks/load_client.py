"""Clients over plain sockets that cost the server's processors as little as Python can."""

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

PIECE = 1 << 16
TIMEOUT_S = 120


@dataclass(frozen=True)
class Load:
    """What some clients saw: answers in a second, and each request's time in milliseconds."""

    per_second: float
    milliseconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Return the time that `share` (0 to 1) of the requests stay below."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Reply:
    """An answer: its status, whether the connection stays open, and its body."""

    status: int
    stays: bool
    body: bytes


def post(path: str, body: bytes, kind: str) -> bytes:
    """Return a whole HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def requests_for(bodies: Sequence[bytes], kind: str = "image/jpeg") -> list[bytes]:
    """Return one whole request for a prediction for each body."""
    return [post("/predict", body, kind) for body in bodies]


def connect(url: str) -> socket.socket:
    """Open a connection."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exchange(connection: socket.socket, request: bytes) -> Reply:
    """Send a request and read the answer; raises ConnectionError where the server leaves before its end."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += _more(connection)
    return Reply(int(head.split(b" ", 2)[1]), b"connection: close" not in lines, body)


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(PIECE)
    if not piece:
        raise ConnectionError("The server closed the connection.")
    return piece


def call(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the answer's body; an answer other than 200 ends the benchmark."""
    reply = exchange(connection, request)
    if reply.status != 200:
        raise SystemExit(f"The server answered {reply.status}: {reply.body[:200]!r}")
    return reply.body


def load(url: str, requests: Sequence[bytes], clients: int, total: int) -> Load:
    """Send `total` requests from so many clients, each as soon as its last one was answered."""
    numbers = count()
    times: list[list[float]] = [[] for _ in range(clients)]
    barrier = threading.Barrier(clients + 1)

    def run(own: list[float]) -> None:
        with suppress(ConnectionError), connect(url) as connection:
            barrier.wait()
            while (number := next(numbers)) < total:
                start = time.perf_counter()
                call(connection, requests[number % len(requests)])
                own.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=run, args=(own,), daemon=True) for own in times]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    done = tuple(each for own in times for each in own)
    if len(done) != total:
        raise SystemExit(f"Only {len(done)} of {total} requests were answered.")
    return Load(total / seconds, done)
