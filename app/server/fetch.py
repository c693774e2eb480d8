"""Fetch an image from an address a client names, if the server was told to; never from inside by accident."""

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import urlsplit

from app.server.problems import RequestError

SECONDS = 10
PIECE = 1 << 16
SWITCHED_OFF = RequestError(
    403, "This server fetches no addresses.", "Send the image itself, or start the server with --allow-url."
)
PORTS = {"http": 80, "https": 443}


def fetch(url: str, most_bytes: int, allow: str) -> bytes:
    """Return what is at `url`; raises RequestError. `allow` is "public", "any" (also this network), or ""."""
    if not allow:
        raise SWITCHED_OFF
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise RequestError(422, "The address cannot be understood.", "Give one like https://host/photo.jpg.") from error
    if scheme not in PORTS or not host:
        raise RequestError(422, "The address is none of http or https.", "Give one like https://host/photo.jpg.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(character <= " " for character in target):
        raise RequestError(422, "The address is not written as addresses are.", "Encode spaces and other letters.")
    try:
        return _get(scheme, host, port or PORTS[scheme], target, most_bytes, allow)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise RequestError(422, "The address cannot be fetched.", "Check it, or send the image itself.") from error


def _get(scheme: str, host: str, port: int, target: str, most_bytes: int, allow: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.sock = socket.create_connection((_address(host, port, allow), port), SECONDS)
    try:
        if scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        connection.request("GET", target, headers={"Accept": "image/*"})
        with connection.getresponse() as reply:
            if reply.status != http.client.OK:  # a redirection might lead inside
                raise RequestError(422, f"The address answers with status {reply.status}.", "Give that of the image.")
            return _bounded(reply, most_bytes)
    finally:
        connection.close()


def _address(host: str, port: int, allow: str) -> str:
    """Resolve a name once, so that what was checked is what is called."""
    found = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    address = ipaddress.ip_address(found.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or address
    if allow != "any" and (not inner.is_global or inner.is_multicast):
        raise RequestError(403, "Addresses of this network are not fetched.", "Send the image itself.")
    return found


def _bounded(reply: http.client.HTTPResponse, most_bytes: int) -> bytes:
    pieces, size, end = [], 0, time.monotonic() + SECONDS
    while piece := reply.read1(PIECE):
        size += len(piece)
        pieces.append(piece)
        if size > most_bytes:
            raise RequestError(413, "The image at that address is too large.", "Shrink it.")
        if time.monotonic() > end:
            raise RequestError(422, "The address answers too slowly.", "Send the image itself.")
    return b"".join(pieces)
