"""What the server answers when it cannot: a status, one sentence and a hint, as JSON."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.replies import Failure

log = logging.getLogger(__name__)

PROTOCOL_PATH, TORCHSERVE_PATH, CUSTOM_VISION_PATH = "/v2", "/predictions/", "/customvision/"

WORDS: dict[int, tuple[str, str]] = {
    400: ("The request could not be read.", "See /docs for the forms it may have."),
    404: ("There is nothing at this address.", "Images go to POST /predict; /docs lists every address."),
    405: ("This address does not take this method.", "/docs lists the method of every address."),
}
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": description}
    for status, description in (
        (400, "The body is empty or malformed"),
        (401, "The token is missing or wrong"),
        (403, "The caller may not do this"),
        (408, "The request came too slowly"),
        (413, "Too many bytes, pixels or images"),
        (415, "The content type is none of these"),
        (422, "No image, an unreadable image or a wrong option"),
        (429, "Too many requests from this address"),
        (503, "The model is being loaded, or too much waits"),
    )
}
INTERNAL = ("The server failed on this request.", "The server's log has the reason.")


class RequestError(Exception):
    """An answer that is not a prediction: an HTTP status, one sentence and a hint."""

    def __init__(self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    def response(self, path: str = "") -> JSONResponse:
        """Return the JSON answer, in the form that clients of this path know."""
        return JSONResponse(self._content(path), status_code=self.status, headers=self.headers)

    def _content(self, path: str) -> dict[str, Any]:
        words = f"{self.message} {self.hint}".strip()
        if path.startswith(PROTOCOL_PATH):
            return {"error": words}
        if path.startswith(TORCHSERVE_PATH):
            return {"code": self.status, "type": f"{self._phrase()}Exception", "message": words}
        if path.startswith(CUSTOM_VISION_PATH):
            return {"code": self._phrase(), "message": words}
        return {"error": self.message, "hint": self.hint}

    def _phrase(self) -> str:
        return HTTPStatus(self.status).phrase.title().replace(" ", "").replace("-", "")


def install_handlers(app: FastAPI) -> None:
    """Make every failure of `app` answer as a RequestError, whoever raised it."""
    app.add_exception_handler(RequestError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_middleware(CrashAnswer)


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)
    return error.response(request.url.path)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message, hint = WORDS.get(error.status_code, WORDS[400])
    return RequestError(error.status_code, message, hint, error.headers).response(request.url.path)


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name, reason = str(first["loc"][-1]), str(first["msg"]).rstrip(".")
    message = f"The option “{name}” cannot be used: {reason}."
    return RequestError(422, message, "See /docs for its values.").response(request.url.path)


async def _on_disconnect(_request: Request, _error: Exception) -> JSONResponse:
    return RequestError(400, "The request ended too early.").response()  # for the log: nobody is there to read it


class CrashAnswer:
    """ASGI middleware that answers what nobody foresaw, and keeps the reason in the log alone.

    Starlette's own answers too, but raises the error again, and uvicorn then cuts the connection.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer it if that fails."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            await RequestError(500, *INTERNAL).response(scope["path"])(scope, receive, send)
