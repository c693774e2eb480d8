"""The body of a request: bounded in size and in time, and all bodies together bounded in memory."""

import time

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from app.server.limits import MEBIBYTE, Limits
from app.server.problems import RequestError

DISCARD_FACTOR, DISCARD_SECONDS = 4, 5  # how much of a refused body is read so that the refusal arrives


class Budget:
    """How many bytes of bodies are held at once; the event loop alone uses it."""

    def __init__(self, most: int):
        self._most = most
        self.held = 0

    def take(self, size: int) -> None:
        """Count `size` more bytes; raises RequestError 503 where that is too much."""
        self.held += size
        if self.held > self._most:
            raise RequestError(
                503, "The server holds too many images already.", "Try again in a moment.", {"Retry-After": "2"}
            )


class BoundedBody:
    """A request's body that ends in a RequestError as soon as it is too large or too slow."""

    def __init__(self, receive: Receive, headers: Headers, limits: Limits, budget: Budget):
        self._receive = receive
        self._limits = limits
        self._budget = budget
        self._declared = int(headers.get("content-length", 0))
        self._waits = "100-continue" in headers.get("expect", "").lower()
        self._end = time.monotonic() + limits.body_seconds
        self._seen = 0
        self._held = 0
        self._slow = False
        self.finished = False

    async def receive(self) -> Message:
        """Return the next piece of the body; raises RequestError 408, 413 or 503."""
        if self._declared > self._limits.body_bytes:
            raise self._too_large()
        if self.finished:
            return await self._next()
        try:
            with anyio.fail_after(self._end - time.monotonic()):
                message = await self._next()
        except TimeoutError as error:
            self._slow = True
            raise RequestError(408, "The request came too slowly.", "Try again.") from error
        if self._seen > self._limits.body_bytes:
            raise self._too_large()
        size = len(message.get("body", b""))
        self._held += size
        self._budget.take(size)
        return message

    async def discard(self) -> None:
        """Read what the client still sends, within bounds: closing early would lose it the answer."""
        if (
            self.finished or self._slow or self._waits and not self._seen
        ):  # such a client sends nothing before it is asked to
            return
        with anyio.move_on_after(DISCARD_SECONDS):
            while not self.finished and self._seen <= DISCARD_FACTOR * self._limits.body_bytes:
                await self._next()

    def release(self) -> None:
        """Give back what the body took of the budget."""
        self._budget.held -= self._held
        self._held = 0

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self.finished = not message.get("more_body", False)
        return message

    def _too_large(self) -> RequestError:
        most = f"{self._limits.body_bytes / MEBIBYTE:g} MiB"
        return RequestError(413, f"The request is larger than {most}.", "Send fewer or smaller images.")
