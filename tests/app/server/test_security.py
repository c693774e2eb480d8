"""Host, Origin, token and exposure."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from app.errors import ServerError
from app.server.exposure import ANY_HOST, check_exposure, host_name
from app.server.listener import listen
from tests.app.server.serving import RED, ColourModel, Served, serving

TOKEN = "a-secret-of-the-test-ü"
SENT = TOKEN.encode()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    """Return a server that asks for a token."""
    with serving(ColourModel(), TOKEN) as served:
        yield served


@pytest.mark.parametrize("path", ["/predict", "/info", "/docs", "/openapi.json", "/nothing"])
def test_401_without_a_token(guarded: Served, path: str) -> None:
    reply = guarded.client.request("POST" if path == "/predict" else "GET", path, content=RED)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.json()["error"] == "The token is missing or wrong."


@pytest.mark.parametrize(
    "headers",
    [
        {b"x-api-key": b"wrong"},
        {b"authorization": b"Basic " + SENT},
        {b"authorization": b"Bearer"},
        {b"authorization": b"Bearer " + SENT + b"x"},
        {b"authorization": b"Bearer \xff\xfe"},
    ],
)
def test_401_with_a_wrong_token(guarded: Served, headers: dict[bytes, bytes]) -> None:
    assert guarded.client.get("/info", headers=headers).status_code == 401


@pytest.mark.parametrize("headers", [{b"x-api-key": SENT}, {b"authorization": b"bearer " + SENT}])
def test_200_with_the_token(guarded: Served, headers: dict[bytes, bytes]) -> None:
    assert guarded.client.get("/info", headers=headers).status_code == 200
    assert guarded.client.post("/predict", content=RED, headers=headers).status_code == 200


def test_health_needs_no_token(guarded: Served) -> None:
    assert guarded.client.get("/health").status_code == 200


def test_a_large_upload_without_a_token_gets_its_401(guarded: Served) -> None:
    assert guarded.client.post("/predict", content=b"x" * 20_000_000).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::1", "a b", ":80"])
def test_another_host_name_is_refused(client: httpx.Client, host: str) -> None:
    reply = client.get("/health", headers={"host": host})
    assert reply.status_code == 400
    assert reply.json()["error"] == "The server does not go by this name."


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST", "localhost."])
def test_own_host_names_are_taken(client: httpx.Client, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


def test_any_host_where_that_is_allowed() -> None:
    with serving(ColourModel(), TOKEN, hosts=(ANY_HOST,)) as served:
        assert served.client.get("/health", headers={"host": "model.example:80"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", ""])
def test_pages_of_other_sites_are_refused(client: httpx.Client, origin: str) -> None:
    reply = client.post("/predict", content=RED, headers={"origin": origin})
    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers


def test_the_own_page_may_call(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    assert client.post("/predict", files={"file": RED}, headers={"origin": origin}).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/docs", "/nothing"])
def test_protective_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_an_exposed_address_needs_a_token() -> None:
    with pytest.raises(ServerError, match="needs a token"):
        listen("0.0.0.0", 0, None)
    with listen("0.0.0.0", 0, TOKEN).socket as exposed:
        assert exposed.getsockname()[1] > 0


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ServerError, match="The token is empty"):
        check_exposure(True, " ")


def test_a_client_that_leaves_half_way_harms_nobody(client: httpx.Client) -> None:
    address = (client.base_url.host, client.base_url.port or 0)
    with socket.create_connection(address) as half:
        half.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")
    assert client.get("/health").status_code == 200


def test_expect_100_continue_is_refused_before_the_body(guarded: Served) -> None:
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=4) as waiting:
        waiting.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        assert waiting.recv(4096).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("authority", "name"),
    [("LocalHost:80", "localhost"), ("[::1]:80", "::1"), ("::1", ""), ("", ""), ("a@b", "b"), ("[x", "")],
)
def test_host_name(authority: str, name: str) -> None:
    assert host_name(authority) == name
