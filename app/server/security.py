"""Who may call the server: Host, Origin and token are checked first, and bodies are bounded."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import ServerError
from app.server.limits import MEBIBYTE, Limits
from app.server.problems import RequestError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
ANY_HOST = "*"
OPEN_PATHS = frozenset({"/health", "/ready", "/v2/health/live", "/v2/health/ready", "/ping"})
KEY_HEADERS = ("x-api-key", "prediction-key")  # the second is that of Custom Vision
PROTECTION = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
DISCARD_FACTOR, DISCARD_SECONDS = 4, 5  # how much of a refused body is read so that the refusal arrives


def check_exposure(loopback: bool, token: str | None) -> None:
    """Refuse to serve other computers without a token; raises ServerError."""
    if token is not None and not token.strip():
        raise ServerError("The token is empty.", "Give one of a dozen characters or more, or none at all.")
    if not loopback and token is None:
        raise ServerError(
            "Serving other computers needs a token.",
            "Add --token and a secret of your own, or leave out --host to serve this computer alone.",
        )


def host_name(authority: str) -> str:
    """Return the host of “host:port”, lower case and without the brackets of IPv6; empty if malformed."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


@dataclass(frozen=True)
class Access:
    """Who may call: with which token, by which names of the server, and from the pages of which origins."""

    token: str | None = None
    allowed_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    allowed_origins: tuple[str, ...] = ()


class Guard:
    """ASGI middleware that refuses strangers and too large bodies, and adds the protective headers."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits):
        self._app = app
        self._token = access.token
        self._hosts = frozenset(host.lower().rstrip(".") for host in access.allowed_hosts)
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = BoundedBody(receive, headers, self._limits.body_bytes)
        problem = self._refusal(headers, scope["path"])
        app = problem.response(scope["path"]) if problem else self._app

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.discard()
                added = MutableHeaders(scope=message)
                for name, value in PROTECTION.items():
                    added.setdefault(name, value)
            await send(message)

        await app(scope, body.receive, protected)

    def _refusal(self, headers: Headers, path: str) -> RequestError | None:
        host = headers.get("host", "")
        if not self._host_is_known(host):
            return RequestError(400, "The server does not go by this name.", "Use the address it announced.")
        origin = headers.get("origin")
        if origin is not None and not _same_origin(origin, host):
            return RequestError(403, "Pages of other sites may not call this server.", "Call it from a program.")
        if self._token is not None and path not in OPEN_PATHS and not self._token_matches(headers):
            return RequestError(
                401,
                "The token is missing or wrong.",
                "Send it in the header “Authorization: Bearer TOKEN” or “X-API-Key: TOKEN”.",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _host_is_known(self, host: str) -> bool:
        name = host_name(host)
        return bool(name) and (ANY_HOST in self._hosts or name in self._hosts)

    def _token_matches(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        keys = (headers[name] for name in KEY_HEADERS if name in headers)
        given = bearer.strip() if scheme.lower() == "bearer" else next(keys, "")
        expected = (self._token or "").encode()
        # Header values arrive as Latin-1; a token beyond ASCII was sent as UTF-8.
        return hmac.compare_digest(given.encode("latin-1"), expected)


def _same_origin(origin: str, host: str) -> bool:
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()


class BoundedBody:
    """A request's body that ends in a RequestError as soon as it is larger than allowed."""

    def __init__(self, receive: Receive, headers: Headers, most: int):
        self._receive = receive
        self._most = most
        self._declared = int(headers.get("content-length", 0))
        self._waits = "100-continue" in headers.get("expect", "").lower()
        self._seen = 0
        self._finished = False

    async def receive(self) -> Message:
        """Return the next piece of the body; raises RequestError 413."""
        if self._declared > self._most:
            raise self._too_large()
        message = await self._next()
        if self._seen > self._most:
            raise self._too_large()
        return message

    async def discard(self) -> None:
        """Read what the client still sends, within bounds: closing early would lose it the answer."""
        if self._waits and not self._seen:  # the client sends nothing before it is asked to
            return
        with anyio.move_on_after(DISCARD_SECONDS):
            while not self._finished and self._seen <= DISCARD_FACTOR * self._most:
                await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self._finished = not message.get("more_body", False)
        return message

    def _too_large(self) -> RequestError:
        most = f"{self._most / MEBIBYTE:g} MiB"
        return RequestError(413, f"The request is larger than {most}.", "Send fewer or smaller images.")
