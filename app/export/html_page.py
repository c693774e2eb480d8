"""One page of HTML that needs nothing else: text, tables and pictures inside it; made to be printed."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
from markdown_it import MarkdownIt

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.thumbnails import shrunk

PICTURE_SIDE = 160
JPEG_QUALITY = 80
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1e21; background: #fff; max-width: 960px; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .25rem .6rem; text-align: right; }
th { border-bottom: 1px solid #888; } td:first-child, th:first-child { text-align: left; }
.notice { border-left: 4px solid #b45309; background: #fff7ed; padding: .5rem 1rem; }
figure { display: inline-block; margin: .4rem; width: 170px; vertical-align: top; font-size: .8rem;
  overflow-wrap: anywhere; break-inside: avoid; }
figure img { max-width: 160px; max-height: 160px; }
svg { max-width: 100%; break-inside: avoid; }
code { font: 13px ui-monospace, monospace; } h3 { font-size: 1rem; margin-top: 1.5rem; }
.matrix { overflow-x: auto; } .matrix td { border: 1px solid #ddd; min-width: 1.5rem; }
@media print { body { margin: 0; max-width: none; } h2, tr { break-after: avoid; } table { break-inside: auto; } }
"""


def page(title: str, parts: Sequence[str]) -> str:
    """Return a whole page of parts that are HTML already."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    """Return a heading within the page."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, notice: bool = False) -> str:
    """Return a paragraph, or one that stands out."""
    return f'<p class="notice">{escape(text)}</p>' if notice else f"<p>{escape(text)}</p>"


def formatted(text: str) -> str:
    """Return a text in Markdown as HTML, its headings one level lower; HTML within it stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1:]) + 1}"
    return str(parser.renderer.render(tokens, parser.options, {}))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def matrix(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Return a confusion matrix, true classes down, darker where a larger share of a row is."""
    head = "".join(f"<th>{escape(label)}</th>" for label in labels)
    rows = []
    for label, row in zip(labels, counts, strict=True):
        total = max(1, sum(row))
        cells = "".join(
            f'<td style="background: rgba(0, 114, 178, {0.6 * count / total:.2f})">{count or ""}</td>' for count in row
        )
        rows.append(f"<tr><th>{escape(label)}</th>{cells}</tr>")
    body = "\n".join(rows)
    return f'<div class="matrix"><table>\n<tr><th>true \\ predicted</th>{head}</tr>\n{body}\n</table></div>'


def picture(path: Path, words: str) -> str:
    """Return a small picture of a file with words below; the words alone where it cannot be read."""
    try:
        small = shrunk(read_image(path), PICTURE_SIDE)
    except UnreadableImage:
        return f"<figure><figcaption>{escape(words)}</figcaption></figure>"
    data = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    source = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{escape(path.name)}" src="data:image/jpeg;base64,{source}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )
