"""HTTP for clients that are slow or half gone: uvicorn's own protocol waits for headers for ever, however long."""

import asyncio
import json
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.limits import Limits

OFFERING = (b"upgrade", b"http2-settings", b"connection")
VERSIONS = ("1.0", "1.1")
WORDS = {400: "The request is not valid HTTP.", 408: "The headers came too slowly."}


class JoiningTransport:
    """Sends together what is written at once, such as an answer's head and body: one packet instead of two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop):
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        """Be the transport in all else."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, as soon as whatever writes now has finished."""
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Send the rest, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pieces:
            self._transport.write(b"".join(self._pieces))
            self._pieces.clear()


class PatientProtocol(HttpToolsProtocol):
    """Bounds the headers in time and size, and answers a client that closes its half after the request."""

    head_seconds = Limits().head_seconds
    head_bytes = Limits().head_bytes

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._head_timer: asyncio.TimerHandle | None = None
        self._begun = False  # a request's first byte is here, and its headers are not complete
        self._unparsed = 0  # bytes since the parser last handed on headers, some of a body, or its end

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(cast(asyncio.Transport, JoiningTransport(transport, self.loop)))
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, but no headers, nor what else surrounds a body, without end."""
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._unparsed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400)
        if self._unparsed > self.head_bytes:
            self._refuse(400)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep the way back open for the answer to a request that came whole."""
        cycle = self.cycle
        if self.scheme == "https" or cycle is None or cycle.response_complete or cycle.more_body:
            return None
        cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """Watch the time until the headers are complete."""
        super().on_message_begin()
        self._begun = True
        if self._head_timer is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Let the request be answered, unless it is of a version without headers."""
        if self.parser.should_upgrade():
            return
        if self.parser.get_http_version() not in VERSIONS:
            raise ValueError("unknown version")  # the parser makes a refusal of it
        self._begun = False
        self._wait_no_more()
        self._unparsed = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on what came of the body."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Hand on that the body is complete."""
        if self.parser.should_upgrade():
            return
        self._unparsed = 0
        super().on_message_complete()

    def _decline(self, rest: bytes) -> None:
        """Parse the headers again without their offer of another protocol, since its parser leaves out the body.

        Every Java client offers one.
        """
        if not any(name == b"upgrade" for name, _ in self.headers):  # it asks for a tunnel
            self._refuse(400)
            return
        kept = [b"%s: %s" % header for header in self.headers if header[0] not in OFFERING]
        options = b",".join(value for name, value in self.headers if name == b"connection").split(b",")
        others = b",".join(option for option in options if option.strip().lower() not in OFFERING)
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        head = b"\r\n".join([line, *kept, b"connection: " + others, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets it for the first one
        self._unparsed -= len(rest)
        self.data_received(head + rest)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._on_head_timeout)

    def _wait_no_more(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_timeout(self) -> None:
        self._head_timer = None
        if self._begun:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = json.dumps({"error": WORDS[status], "hint": ""}).encode()
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
