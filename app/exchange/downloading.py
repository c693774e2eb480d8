"""Download the images of a list of addresses. The only place that uses the network, and only when the user asks."""

import base64
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from app import __version__
from app.dataset.image_header import read_header
from app.errors import Cancelled, InputError
from app.exchange.copying import portable_name
from app.exchange.preview import Download, Entry, Preview, Problem
from app.files import write_bytes, write_json
from app.parallel import map_in_order

OnCount = Callable[[int, int], None]
# url -> content; raises OSError, URLError, HTTPException, ValueError, InputError.
Fetch = Callable[[str], bytes]

RECORD_NAME = "downloaded.json"
NO_IMAGE = "What is there is not an image."
DATA = "data:image/"
MOST_BYTES = 50 << 20
CHUNK_BYTES = 1 << 16
TIMEOUT_S = 30.0
THREADS = 4  # polite to one server, and enough to wait for several
RECORD_EVERY = 50
STEM_LENGTH = 40
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "bmp": ".bmp", "webp": ".webp", "tiff": ".tif"}
USER_AGENT = f"Sightline/{__version__}"


def download(
    preview: Preview, folder: Path, on_count: OnCount, cancel: threading.Event, fetch: Fetch | None = None
) -> Preview:
    """Fetch what a preview has to download into a folder and return it with the images in place.

    What is there from an earlier, interrupted call is not fetched again. Failures become problems. Raises
    Cancelled, keeping what has arrived, and InputError where the folder cannot be written.
    """
    record = _Record(folder)
    fetch = fetch or partial(fetch_address, cancel=cancel)
    entries: list[Entry] = []
    problems = list(preview.problems)
    total = len(preview.downloads)
    results = map_in_order(partial(_one, record, fetch, cancel), preview.downloads, THREADS)
    try:
        for count, (wish, result) in enumerate(zip(preview.downloads, results, strict=True), 1):
            if isinstance(result, Path):
                entries.append(Entry(result, wish.labels))
                record.add(wish.url, result.name)
            else:
                problems.append(Problem(f"{wish.where}: {wish.url}", result))
            on_count(count, total)
    finally:
        results.close()
        record.write()
    return replace(preview, entries=tuple(entries), problems=tuple(problems), downloads=())


def download_one(url: str, cancel: threading.Event, fetch: Fetch | None = None) -> bytes:
    """Return the image at an address, or the one that a data: address holds; raises InputError, or Cancelled."""
    if url.startswith(DATA):
        data: bytes | str = _inside(url)
    else:
        data = _fetched(fetch or partial(fetch_address, cancel=cancel), url)
    if isinstance(data, bytes) and read_header(data) is None:
        data = NO_IMAGE
    if isinstance(data, str):
        raise InputError(f"The picture could not be had: {data}", "Save it in the browser, and drop the file.")
    return data


def fetch_address(url: str, cancel: threading.Event) -> bytes:
    """Return what is at an address of the web; at most MOST_BYTES, over http and https only."""
    request = Request(_quoted(url), headers={"User-Agent": USER_AGENT, "Accept": "image/*,*/*;q=0.5"})
    data = bytearray()
    with _opener().open(request, timeout=TIMEOUT_S) as response:
        while chunk := response.read(CHUNK_BYTES):
            data += chunk
            if cancel.is_set():
                raise Cancelled
            if len(data) > MOST_BYTES:
                raise InputError(f"It is larger than {MOST_BYTES >> 20} MB.")
        if response.length:
            raise http.client.IncompleteRead(bytes(data), response.length)
    return bytes(data)


def address_of(image: Path, known: dict[Path, dict[str, str]]) -> str | None:
    """Return where an image was downloaded from; `known` keeps the records that were read."""
    folder = image.parent
    if folder not in known:
        known[folder] = {name: url for url, name in read_record(folder).items()}
    return known[folder].get(image.name)


def read_record(folder: Path) -> dict[str, str]:
    """Return the file name of each address that was downloaded into a folder; empty where there is no record."""
    try:
        value = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(url): str(name) for url, name in value.items()} if isinstance(value, Mapping) else {}


class _Record:
    """What a folder holds from which address; written now and then, and at the end."""

    def __init__(self, folder: Path):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.folder = folder.resolve()
            self._names = read_record(folder)
            self._by_mark = {path.name.split("-")[0]: path.name for path in folder.iterdir()}
        except OSError as error:
            raise InputError(
                f"“{folder}” cannot be used ({error.strerror or error}).", "Choose another folder.", str(error)
            ) from error
        self._unwritten = 0

    def find(self, url: str) -> Path | None:
        name = self._names.get(url) or self._by_mark.get(_mark(url))
        path = self.folder / name if name else None
        return path if path is not None and path.is_file() else None

    def add(self, url: str, name: str) -> None:
        self._unwritten += self._names.get(url) != name
        self._names[url] = name
        if self._unwritten >= RECORD_EVERY:
            self.write()

    def write(self) -> None:
        if self._unwritten:
            write_json(self.folder / RECORD_NAME, self._names)
            self._unwritten = 0


def _one(record: _Record, fetch: Fetch, cancel: threading.Event, wish: Download) -> Path | str:
    """Return the file, or the reason why there is none."""
    if cancel.is_set():
        raise Cancelled
    found = record.find(wish.url)
    if found is not None:
        return found
    data = _fetched(fetch, wish.url)
    if isinstance(data, str):
        return data
    header = read_header(data)
    if header is None:
        return NO_IMAGE
    path = record.folder / f"{_mark(wish.url)}-{_stem(wish.url)}{SUFFIXES[header.kind]}"
    try:
        write_bytes(path, data)
    except OSError as error:
        raise InputError(
            f"“{path}” could not be written ({error.strerror or error}).",
            "What has arrived is kept. Make room and import again.",
        ) from error
    return path


def _fetched(fetch: Fetch, url: str) -> bytes | str:
    """Return what is at an address, or the reason why there is nothing."""
    try:
        return fetch(url)
    except InputError as error:
        return error.message
    except HTTPError as error:
        error.close()
        return f"The server answered {error.code} ({error.reason})."
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        return f"It could not be fetched ({getattr(error, 'reason', None) or error or type(error).__name__})."


def _inside(url: str) -> bytes | str:
    """Return what an address holds itself, as base64."""
    head, _, packed = url.partition(",")
    try:
        return base64.b64decode(unquote(packed), validate=True) if head.endswith(";base64") else NO_IMAGE
    except ValueError:
        return NO_IMAGE


def _mark(url: str) -> str:
    return blake2b(url.encode(), digest_size=6).hexdigest()


def _stem(url: str) -> str:
    return portable_name(PurePosixPath(unquote(urlsplit(url).path)).stem)[:STEM_LENGTH].rstrip(". ") or "image"


def _quoted(url: str) -> str:
    """Return an address in ASCII, with what is quoted already left as it is."""
    parts = urlsplit(url)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    safe = "/%:=&?~#+!$,;'@()*[]"
    return urlunsplit((parts.scheme, host, quote(parts.path, safe), quote(parts.query, safe), ""))


def _opener() -> OpenerDirector:
    """Make an opener that knows http and https and nothing else, also where it is sent on."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler,
        UnknownHandler,
        HTTPHandler,
        HTTPSHandler,
        HTTPDefaultErrorHandler,
        HTTPRedirectHandler,
        HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener
