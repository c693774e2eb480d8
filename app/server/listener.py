"""The socket the server listens on, taken before anything slow happens."""

import errno
import ipaddress
import os
import socket
from dataclasses import dataclass

from app.errors import ServerError
from app.server.exposure import ANY_HOST, LOOPBACK_HOSTS, check_exposure

BACKLOG = 128
PORTS_TRIED = 20
TAKEN = frozenset({errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)})
FORBIDDEN = frozenset({errno.EACCES, getattr(errno, "WSAEACCES", errno.EACCES)})
ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation: nothing is sent, only a route is looked up


@dataclass(frozen=True)
class Listener:
    """A listening socket, its address and the URL to reach it by."""

    socket: socket.socket
    host: str
    address: str
    port: int
    scheme: str = "http"

    @property
    def loopback(self) -> bool:
        """Whether only this computer can reach it."""
        return _ip(self.address).is_loopback

    @property
    def url(self) -> str:
        """The URL to call; for “every address” that of this computer in its network."""
        address = self.address
        if _ip(address).is_unspecified:
            address = _own_address()
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The names the server may be called by: any, where every call needs the token anyway."""
        return (*LOOPBACK_HOSTS, self.host, self.address) if self.loopback else (ANY_HOST,)


def listen(host: str, port: int, token: str | None, scheme: str = "http") -> Listener:
    """Listen on host and port, 0 being any free port; raises ServerError, also where a token is due."""
    family, address = _resolve(host, port)
    check_exposure(_ip(address).is_loopback, token)
    try:
        listening = _bound(family, (address, port))
    except OSError as error:
        raise _failure(error, family, address, port) from error
    return Listener(listening, host, address, listening.getsockname()[1], scheme)


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(address.partition("%")[0])  # without the scope of a link-local address


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    if not 0 <= port <= 65535:
        raise ServerError(f"{port} is no port.", "Choose one from 1024 to 65535, or 0 for any free one.")
    if host == "localhost":  # a bare system has no file that says so
        return socket.AF_INET, "127.0.0.1"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _not_ours(host) from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)  # a name with both means the older first
    return found[0][0], str(found[0][4][0])


def _bound(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    """Return a socket that listens already: two that merely share a port would both seem fine on Linux."""
    # Without the protocol asyncio does not switch off Nagle's delay, which costs 40 ms a request.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "nt":  # there SO_REUSEADDR lets two programs take the same port
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", -5), 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _failure(error: OSError, family: socket.AddressFamily, address: str, port: int) -> ServerError:
    if error.errno in TAKEN:
        free = _free_port(family, address, port)
        return ServerError(f"Port {port} is in use.", f"Port {free} is free.")
    if error.errno in FORBIDDEN:
        free = _free_port(family, address, max(port, 8000))
        return ServerError(f"Port {port} is not allowed for this user.", f"Port {free} is free: choose it.")
    return _not_ours(address)


def _not_ours(host: str) -> ServerError:
    return ServerError(
        f"“{host}” is no address of this computer.",
        "Use 127.0.0.1 to serve this computer alone, or 0.0.0.0 with a token for the network.",
    )


def _free_port(family: socket.AddressFamily, address: str, port: int) -> int:
    """Return a free port, the next one up if possible."""
    for candidate in (*range(port + 1, min(port + PORTS_TRIED, 65535) + 1), 0):
        try:
            with _bound(family, (address, candidate)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return 0


def _own_address() -> str:
    """Return this computer's address in its network, or the loopback one where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
