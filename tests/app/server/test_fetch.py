"""Images from addresses: only where switched on, and never from inside unless that is meant."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.server.fetch import fetch
from app.server.limits import Limits
from app.server.problems import RequestError
from tests.app.server.serving import RED, ColourModel, serving

MOST = 100_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *values: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send elsewhere what asks for it."""
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/red.png")
            self.end_headers()
        else:
            super().do_GET()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a folder with a picture and a large file."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "red.png").write_bytes(RED)
    (folder / "large.png").write_bytes(bytes(MOST + 1))
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_it_is_off_by_default(client: httpx.Client, site: str) -> None:
    reply = client.post("/predict", json={"url": f"{site}/red.png"})
    assert reply.status_code == 403
    assert reply.json()["error"] == "This server fetches no addresses."


def test_an_image_is_fetched(site: str) -> None:
    with serving(ColourModel(), allow_url="any") as served:
        reply = served.client.post("/predict", json={"url": f"{site}/red.png"}).raise_for_status().json()
    assert reply["predictions"][0]["label"] == "red"


def test_addresses_of_this_computer_are_not_public(site: str) -> None:
    with serving(ColourModel(), allow_url="public") as served:
        reply = served.client.post("/predict", json={"url": f"{site}/red.png"})
    assert reply.status_code == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_addresses_of_this_network_are_not_public(host: str) -> None:
    with pytest.raises(RequestError) as caught:
        fetch(f"http://{host}:9/", MOST, "public")
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "red.png",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://no-such-name.invalid/",
    ],
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(RequestError) as caught:
        fetch(url, MOST, "any")
    assert caught.value.status == 422


@pytest.mark.parametrize(("path", "status"), [("/large.png", 413), ("/moved", 422), ("/nothing", 422)])
def test_what_is_there_may_be_refused(site: str, path: str, status: int) -> None:
    with pytest.raises(RequestError) as caught:
        fetch(site + path, MOST, "any")
    assert caught.value.status == status


def test_an_image_from_an_address_is_bounded_like_any_other(site: str) -> None:
    with serving(ColourModel(), limits=Limits(pixels=100), allow_url="any") as served:
        assert served.client.post("/predict", json={"url": f"{site}/red.png"}).status_code == 413
