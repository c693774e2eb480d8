"""Clients over plain sockets that cost the server's processors as little as Python can."""

import socket
import threading
import time
from collections.abc import Sequence
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


def requests_for(bodies: Sequence[bytes], kind: str = "image/jpeg") -> list[bytes]:
    """Return one whole HTTP request for each body."""
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: ".encode()
    return [head + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]


def call(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the answer's body; an answer other than 200 ends the benchmark."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(PIECE)
        if not piece:
            raise SystemExit("The server closed the connection.")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"The server answered {head[:200]!r}")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(PIECE)
    return body


def load(url: str, requests: Sequence[bytes], clients: int, total: int) -> Load:
    """Send `total` requests from so many clients, each as soon as its last one was answered."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    numbers = count()
    times: list[list[float]] = [[] for _ in range(clients)]
    barrier = threading.Barrier(clients + 1)

    def run(own: list[float]) -> None:
        with socket.create_connection(address, TIMEOUT_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
