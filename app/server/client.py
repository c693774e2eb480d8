"""Ask a running server for one image's classes; for the window, so nothing but the standard library."""

import http.client
import json
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.dataset.decode import read_file
from app.engines.protocol import OnEvent
from app.errors import ServerError

TIMEOUT_S = 60


def classify(url: str, token: str, image: Path, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Send an image file to `POST /predict` and return the reply; raises ServerError, or InputError for the file."""
    data = read_file(image)
    parts = urlsplit(url)
    headers = {"Content-Type": "application/octet-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}".encode().decode("latin-1")  # as the server reads it
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        connection.request("POST", "/predict", data, headers)
        answer = connection.getresponse()
        value = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServerError("The server did not answer.", "Start it, and look at its log.", str(error)) from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise ServerError(str(value.get("error", answer.reason)), str(value.get("hint", "")))
    reply: dict[str, Any] = value
    return reply


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
