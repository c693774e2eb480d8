"""The socket: free, busy, wrong."""

import re
import socket

import pytest

from app.errors import ServerError
from app.server.exposure import ANY_HOST
from app.server.listener import Listener, listen


def test_port_0_is_any_free_port() -> None:
    listener = listen("127.0.0.1", 0, None)
    with listener.socket:
        assert listener.loopback
        assert listener.url == f"http://127.0.0.1:{listener.port}"
        assert "localhost" in listener.allowed_hosts


def test_localhost_is_this_computer() -> None:
    listener = listen("localhost", 0, None)
    with listener.socket:
        assert listener.loopback


def test_a_busy_port_names_a_free_one() -> None:
    with listen("127.0.0.1", 0, None).socket as busy:
        port = busy.getsockname()[1]
        with pytest.raises(ServerError) as caught:
            listen("127.0.0.1", port, None)
    assert caught.value.message == f"Port {port} is in use."
    named = re.fullmatch(r"Port (\d+) is free\.", caught.value.hint)
    assert named is not None
    with listen("127.0.0.1", int(named[1]), None).socket:
        pass


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(ServerError, match="is no port"):
        listen("127.0.0.1", port, None)


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-name.invalid", "a" * 80 + ".invalid"])
def test_an_address_of_another_computer(host: str) -> None:
    with pytest.raises(ServerError, match="is no address of this computer"):
        listen(host, 0, "token")


def test_every_address_is_announced_as_one_to_call() -> None:
    listener = listen("0.0.0.0", 0, "token")
    with listener.socket:
        assert not listener.loopback
        assert "0.0.0.0" not in listener.url
        assert listener.allowed_hosts == (ANY_HOST,)


def test_ipv6_stands_in_brackets() -> None:
    with socket.socket() as unused:
        assert Listener(unused, "::1", "::1", 8000).url == "http://[::1]:8000"


def test_accepted_sockets_know_their_protocol_so_that_asyncio_sends_at_once() -> None:
    with listen("127.0.0.1", 0, None).socket as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP
