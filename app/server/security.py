"""Who may call the server: Host, Origin, rate and token are checked first, and bodies are bounded."""

import hmac
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.bounded_body import BoundedBody, Budget
from app.server.exposure import ANY_HOST, LOOPBACK_HOSTS, host_name
from app.server.limits import Limits
from app.server.problems import RequestError
from app.server.rate import RateLimit

OPEN_PATHS = frozenset({"/health", "/ready", "/v2/health/live", "/v2/health/ready", "/ping"})
KEY_HEADERS = ("x-api-key", "prediction-key")  # the second is that of Custom Vision
PROTECTION = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, PUT",
    "access-control-allow-headers": "authorization, content-type, x-api-key, prediction-key",
    "access-control-max-age": "600",
}


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
        self._origins = frozenset(origin.lower().rstrip("/") for origin in access.allowed_origins)
        self._limits = limits
        self._rate = RateLimit(limits.per_minute)
        self._budget = Budget(limits.all_bodies_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = BoundedBody(receive, headers, self._limits, self._budget)
        origin = headers.get("origin", "").lower()
        added = {**PROTECTION, **self._cors(origin)}

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.discard()
                reply = MutableHeaders(scope=message)
                for name, value in added.items():
                    reply.setdefault(name, value)
                if not body.finished:  # what still comes would be taken for the next request
                    reply["connection"] = "close"
            await send(message)

        try:
            await self._answer(scope, headers)(scope, body.receive, protected)
        finally:
            body.release()

    def _answer(self, scope: Scope, headers: Headers) -> ASGIApp:
        try:
            if self._is_preflight(scope, headers):
                return Response(status_code=204, headers=PREFLIGHT)
            self._check(scope, headers)
        except RequestError as problem:
            return problem.response(scope["path"])
        return self._app

    def _is_preflight(self, scope: Scope, headers: Headers) -> bool:
        """Tell whether a browser asks if a page of a listed origin may call; that carries no token."""
        asks = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        known = self._host_is_known(headers.get("host", ""))
        return asks and known and headers.get("origin", "").lower() in self._origins

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._host_is_known(host):
            raise RequestError(400, "The server does not go by this name.", "Use the address it announced.")
        origin = headers.get("origin")
        if origin is not None and not self._origin_is_known(origin, host):
            raise RequestError(403, "Pages of other sites may not call this server.", "Call it from a program.")
        if scope["path"] in OPEN_PATHS:
            return
        self._rate.count(scope["client"][0] if scope.get("client") else "")
        if self._token is not None and not self._token_matches(headers):
            raise RequestError(
                401,
                "The token is missing or wrong.",
                "Send it in the header “Authorization: Bearer TOKEN” or “X-API-Key: TOKEN”.",
                {"WWW-Authenticate": "Bearer"},
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(415, "The body is compressed.", "Send it as it is: images are compressed already.")

    def _host_is_known(self, host: str) -> bool:
        name = host_name(host)
        return bool(name) and (ANY_HOST in self._hosts or name in self._hosts)

    def _origin_is_known(self, origin: str, host: str) -> bool:
        scheme, _, authority = origin.partition("://")
        own = scheme in ("http", "https") and authority.lower() == host.lower()
        return own or origin.lower() in self._origins

    def _cors(self, origin: str) -> dict[str, str]:
        if origin not in self._origins:
            return {}
        return {
            "access-control-allow-origin": origin,
            "vary": "Origin",
            "cross-origin-resource-policy": "cross-origin",
        }

    def _token_matches(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        keys = (headers[name] for name in KEY_HEADERS if name in headers)
        given = bearer.strip() if scheme.lower() == "bearer" else next(keys, "")
        expected = (self._token or "").encode()
        # Header values arrive as Latin-1; a token beyond ASCII was sent as UTF-8.
        return hmac.compare_digest(given.encode("latin-1"), expected)
