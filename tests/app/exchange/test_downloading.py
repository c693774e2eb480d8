"""Images fetched from a server on this computer: resumed, limited, and failures listed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.errors import Cancelled, InputError
from app.exchange import downloading
from app.exchange.downloading import RECORD_NAME, download, fetch_address, read_record
from app.exchange.importers import understand
from app.exchange.preview import Preview
from tests.app.exchange.data import png


class Answers(BaseHTTPRequestHandler):
    """Answers with images, and with what servers say instead."""

    asked: list[str]

    def do_GET(self) -> None:  # noqa: N802 - called by the server
        self.asked.append(self.path)
        kind = unquote(self.path).split("?")[0].split("/")[1]
        if kind == "away":
            self.send_response(302)
            self.send_header("Location", unquote(self.path).split("to=")[1])
            self.end_headers()
        elif kind in ("image", "été"):
            self._answer(png(len(self.asked)))
        elif kind == "page":
            self._answer(b"<html>")
        elif kind == "short":
            self._answer(png(1), promised=10_000)
        elif kind == "large":
            self._answer(png(1) + bytes(2000))
        else:
            self.send_error(404)

    def _answer(self, data: bytes, promised: int = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(promised or len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Answers.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def listed(folder: Path, *lines: str) -> Preview:
    path = folder / "urls.tsv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return understand(path, "addresses")


def fetch(preview: Preview, folder: Path) -> Preview:
    return download(preview, folder, lambda done, total: None, threading.Event())


def test_images_arrive_with_their_labels(server: str, tmp_path: Path) -> None:
    preview = listed(tmp_path, f"cat\t{server}/image/a%20b.jpg?x=1", f"dog\t{server}/été/c", f"pet\t{server}/été/c")
    counts: list[tuple[int, int]] = []
    done = download(preview, tmp_path / "photos", lambda *count: counts.append(count), threading.Event())
    assert counts == [(1, 2), (2, 2)]
    assert [one.labels for one in done.entries] == [("cat",), ("dog", "pet")]
    assert [one.path.name.split("-", 1)[1] for one in done.entries] == ["a b.png", "c.png"]
    assert done.problems == done.downloads == ()
    assert set(read_record(tmp_path / "photos")) == {one.url for one in preview.downloads}


def test_failures_are_listed_and_the_rest_arrives(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "MOST_BYTES", 1000)
    kinds = ("none", "page", "large", "short", "away?to=ftp://127.0.0.1/x", "away?to=file:///etc/hosts", "image")
    done = fetch(
        listed(tmp_path, *(f"x\t{server}/{kind}" for kind in kinds), "x\thttp://127.0.0.1:1/a.jpg"), tmp_path / "p"
    )
    assert len(done.entries) == 1
    reasons = [one.reason for one in done.problems]
    assert [one.where.split(":")[0] for one in done.problems] == [f"line {number}" for number in (1, 2, 3, 4, 5, 6, 8)]
    assert reasons[0] == "The server answered 404 (Not Found)."
    assert reasons[1] == "What is there is not an image."
    assert reasons[2] == "It is larger than 0 MB."
    assert reasons[3].startswith("It could not be fetched (IncompleteRead")
    assert "ftp" in reasons[4]
    assert "file" in reasons[5]
    assert reasons[6].startswith("It could not be fetched ([Errno")
    assert sorted(one.name for one in (tmp_path / "p").iterdir()) == sorted([done.entries[0].path.name, RECORD_NAME])


def test_what_is_there_is_not_fetched_again(server: str, tmp_path: Path) -> None:
    lines = [f"x\t{server}/image/{number}" for number in range(3)]
    first = fetch(listed(tmp_path, *lines[:2]), tmp_path / "p")
    (tmp_path / "p" / RECORD_NAME).unlink()
    second = fetch(listed(tmp_path, *lines), tmp_path / "p")
    assert second.entries[:2] == first.entries
    assert sorted(Answers.asked) == ["/image/0", "/image/1", "/image/2"]
    assert len(read_record(tmp_path / "p")) == 3


def test_stopping_keeps_what_has_arrived(server: str, tmp_path: Path) -> None:
    cancel = threading.Event()
    lines = [f"x\t{server}/image/{number}" for number in range(200)]
    with pytest.raises(Cancelled):
        download(listed(tmp_path, *lines), tmp_path / "p", lambda *_: cancel.set(), cancel)
    kept = list((tmp_path / "p").glob("*.png"))
    assert 1 <= len(kept) < 200
    before = len(Answers.asked)
    assert len(fetch(listed(tmp_path, *lines), tmp_path / "p").entries) == 200
    assert len(Answers.asked) == before + 200 - len(kept)


def test_a_folder_that_cannot_be_used_is_a_sentence(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be used"):
        fetch(listed(tmp_path, f"x\t{server}/image/1"), tmp_path / "file")
    assert Answers.asked == []


def test_other_schemes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(OSError, match="unknown url type"):
        fetch_address((tmp_path / "secret").as_uri(), threading.Event())
