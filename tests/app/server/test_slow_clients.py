"""Clients that send too slowly, only half, or too much; all on this computer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.server.limits import Limits
from app.server.protocol import PatientProtocol
from tests.app.server.serving import RED, ColourModel, Served, serving

LONG_S = 30
LAST = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
CHUNKS = (b"Transfer-Encoding: chunked\r\n\r\n", len(RED), RED)
CHUNKED = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    """Return a server that waits a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PatientProtocol, "head_seconds", 0.2)
        with serving(ColourModel(), limits=Limits(body_seconds=0.2, body_bytes=1 << 20)) as served:
            yield served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Return a server that waits as long as it does in use."""
    with serving(ColourModel()) as served:
        yield served


@contextmanager
def connected(served: Served) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", served.port), timeout=LONG_S) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b"])
def test_headers_that_do_not_end_are_408(hasty: Served, start: bytes) -> None:
    with connected(hasty) as connection:
        connection.sendall(start)
        assert answer(connection).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_says_nothing_is_left(hasty: Served) -> None:
    with connected(hasty) as connection:
        assert answer(connection) == b""


def test_slow_headers_of_a_second_request_are_408(hasty: Served) -> None:
    with connected(hasty) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /health HTTP/1.1\r\n")
        assert b"HTTP/1.1 408 " in answer(connection)


def test_a_body_that_does_not_end_is_408(hasty: Served) -> None:
    with connected(hasty) as connection:
        connection.sendall(HEAD % 1000 + b"abc")
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"The request came too slowly." in reply


def test_many_slow_clients_keep_nobody_out(hasty: Served) -> None:
    slow = [socket.create_connection(("127.0.0.1", hasty.port), timeout=LONG_S) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(HEAD % 1000)
        assert hasty.client.post("/predict", content=RED).status_code == 200
    finally:
        for connection in slow:
            connection.close()
    assert hasty.client.get("/health").status_code == 200


def test_a_half_closed_client_gets_its_answer(hasty: Served) -> None:
    with connected(hasty) as connection:
        connection.sendall(HEAD % len(RED) + RED)
        connection.shutdown(socket.SHUT_WR)
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b'"label":"red"' in reply


def test_a_half_closed_half_request_is_left(hasty: Served) -> None:
    with connected(hasty) as connection:
        connection.sendall(HEAD % 1000 + b"abc")
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection) == b""


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET /\r\n\r\n", b"GET /\0 HTTP/1.1\r\n\r\n", b"A" * 70_000],
)
def test_what_is_no_http_is_400_in_json(hasty: Served, request_bytes: bytes) -> None:
    with connected(hasty) as connection:
        connection.sendall(request_bytes)
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert b'{"error": "The request is not valid HTTP."' in reply


def refused(connection: socket.socket, start: bytes, piece: bytes) -> bool:
    """Send pieces until the server closes, or 16 MiB are sent, which it then holds."""
    connection.sendall(start)
    for _ in range((16 << 20) // len(piece)):
        try:
            connection.sendall(piece)
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"GET /", b"a" * 16384),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a" * 16384),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X-A: %s\r\n" % (b"a" * 16384)),
        (CHUNKED + b"3\r\nabc\r\n0\r\nX-A: ", b"a" * 16384),
        (CHUNKED + b"3\r\nabc\r\n0\r\n", b"X-A: %s\r\n" % (b"a" * 16384)),
        (CHUNKED + b"3;", b"a" * 16384),
    ],
    ids=["address", "header", "headers", "trailer", "trailers", "extension"],
)
def test_what_surrounds_a_body_has_a_bound(served: Served, start: bytes, piece: bytes) -> None:
    with connected(served) as connection:
        assert refused(connection, start, piece)
    assert served.client.get("/health").status_code == 200


def test_requests_sent_at_once_are_answered_in_turn(served: Served) -> None:
    with connected(served) as connection:
        connection.sendall((HEAD % len(RED) + RED) * 2 + LAST)
        reply = answer(connection)
    assert reply.count(b"HTTP/1.1 200 ") == 3
    assert reply.index(b'"label":"red"') < reply.rindex(b'"label":"red"') < reply.index(b'"status":"ok"')


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(
    "body", [b"Content-Length: %d\r\n\r\n%b" % (len(RED), RED), b"%b%x\r\n%b\r\n0\r\n\r\n" % CHUNKS]
)
def test_who_offers_another_protocol_is_answered_in_this_one(served: Served, body: bytes, pieces: int) -> None:
    request = b"POST /predict?top_k=1 HTTP/1.1\r\nHost: localhost\r\n" + OFFER + body + LAST
    size = len(request) // pieces + 1
    with connected(served) as connection:
        for start in range(0, len(request), size):
            connection.sendall(request[start : start + size])
        reply = answer(connection)
    assert reply.count(b"HTTP/1.1 200 ") == 2
    assert reply.index(b'"label":"red"') < reply.index(b'"status":"ok"')


def test_there_is_no_tunnel(served: Served) -> None:
    with connected(served) as connection:
        connection.sendall(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length : 3\r\n",
    ],
    ids=["two lengths", "length and chunks", "last not chunked", "space"],
)
def test_a_body_whose_end_is_doubtful_is_refused(served: Served, headers: bytes) -> None:
    with connected(served) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\nabc")
        assert answer(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("length", [b"-1", b"abc", b"1, 2", b"99999999999999999999999999"])
def test_a_strange_length_is_refused(hasty: Served, length: bytes) -> None:
    with connected(hasty) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + b"\r\n\r\n")
        assert answer(connection)[9:12] in (b"400", b"413")


def test_after_a_body_that_is_too_large_the_connection_ends(hasty: Served) -> None:
    with connected(hasty) as connection:
        connection.sendall(HEAD % (1 << 30))
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in reply
