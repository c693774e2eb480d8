"""A list of images on the web: `label<TAB>address` a line. Reading it downloads nothing."""

import threading
from pathlib import Path
from urllib.parse import urlsplit

from app.exchange.formats import LABELS, SEVERAL, Format
from app.exchange.preview import Download, Gathering, Preview, read_text
from app.exchange.words import one_line

ADDRESSES = Format(
    "addresses",
    "List of addresses of images (label, tab, address)",
    frozenset({LABELS, SEVERAL}),
    "The images are downloaded into a folder that you name. Only images that were downloaded that way can be written.",
)
SCHEMES = ("http", "https")


def understand_addresses(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read such a list; an address on several lines has several labels."""
    gathering = Gathering(ADDRESSES.name, path, cancel)
    downloads: dict[str, Download] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        where = f"line {number}"
        if not line.strip():
            continue
        gathering.check_cancel()
        label, tab, url = line.strip(" \r").partition("\t")
        url = url.strip()
        if not tab:
            gathering.add_problem(where, "There is no tab between label and address.")
        elif not is_address(url):
            gathering.add_problem(where, f"“{url}” is not an address that begins with http:// or https://.")
        else:
            before = downloads.get(url, Download(url, (), where))
            labels = dict.fromkeys((*before.labels, *filter(None, [one_line(label)])))
            downloads[url] = Download(url, tuple(labels), before.where)
    return gathering.preview(downloads=downloads.values())


def is_address(text: str) -> bool:
    """Tell whether a text is a whole address on the web."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in SCHEMES and bool(parts.hostname) and not any(map(str.isspace, text))
    except ValueError:
        return False
