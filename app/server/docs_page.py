"""The page at /docs: drawn from the OpenAPI document, without scripts and with nothing from elsewhere."""

import base64
import hashlib
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8885; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 0; } h3 { font-size: .95rem; margin: 1rem 0 .3rem; }
section { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0; }
code, pre { font: .875rem/1.5 ui-monospace, Consolas, monospace; }
pre { background: var(--soft); border-radius: 6px; padding: .6rem .8rem; overflow-x: auto; margin: .3rem 0; }
b.verb { display: inline-block; min-width: 3rem; } table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .6rem .25rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; width: 1%; }
"""
TRY_FORM = """<section><h2>Try it</h2><form action="/predict" method="post" enctype="multipart/form-data">
<p><label>Image files <input type="file" name="file" accept="image/*" multiple required></label>
<button>Classify</button></p></form></section>"""
TOKEN_NOTE = "<p>All but <code>/health</code> need the header <code>Authorization: Bearer TOKEN</code>.</p>"


def content_policy() -> str:
    """Return the Content-Security-Policy that allows this page's own style and form, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def docs_page(document: dict[str, Any], address: str, can_try: bool) -> str:
    """Return the HTML page of an OpenAPI document, with examples that call `address`."""
    info = document["info"]
    sections = "".join(
        _operation(document, path, verb, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    )
    title, about = escape(info["title"]), escape(info.get("description", ""))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{title}</h1><p>{about} Address: <code>{escape(address)}</code></p>"
        f"{TRY_FORM if can_try else TOKEN_NOTE}{_examples(address, can_try)}{sections}"
        '<p>The same as a document for programs: <a href="/openapi.json">openapi.json</a></p></body></html>'
    )


def _examples(address: str, can_try: bool) -> str:
    option = "" if can_try else ' -H "Authorization: Bearer TOKEN"'
    headers = "" if can_try else ', headers={"Authorization": "Bearer TOKEN"}'
    curl = f'curl{option} -F "file=@photo.jpg" "{address}/predict?top_k=3"'
    python = (
        "import requests\n\n"
        f'with open("photo.jpg", "rb") as photo:\n'
        f'    reply = requests.post("{address}/predict", files={{"file": photo}}{headers})\n'
        'print(reply.json()["predictions"])'
    )
    return f"<section><h2>Call it</h2><pre>{escape(curl)}</pre><pre>{escape(python)}</pre></section>"


def _operation(document: dict[str, Any], path: str, verb: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<h2><b class="verb">{verb.upper()}</b> <code>{escape(path)}</code></h2>',
        f"<p>{escape(operation.get('summary', ''))}. {_marked(operation.get('description', ''))}</p>",
        _table("Options", [_option(each) for each in operation.get("parameters", [])]),
        _table("Body", _contents(document, operation.get("requestBody", {}))),
        _table("Answers", [_answer(document, *each) for each in operation.get("responses", {}).items()]),
    ]
    return f"<section>{''.join(parts)}</section>"


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{text}</td></tr>" for name, text in rows)
    return f"<h3>{title}</h3><table>{cells}</table>"


def _option(parameter: dict[str, Any]) -> tuple[str, str]:
    return parameter["name"], escape(parameter.get("description", ""))


def _contents(document: dict[str, Any], body: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for kind, content in body.get("content", {}).items():
        rows.append((kind, f"<code>{escape(shape(document, content.get('schema', {})))}</code>"))
    return rows


def _answer(document: dict[str, Any], status: str, response: dict[str, Any]) -> tuple[str, str]:
    shapes = _contents(document, response)
    return status, "<br>".join([escape(response.get("description", "")), *(text for _, text in shapes)])


def _marked(text: str) -> str:
    """Escape a text and set what stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def shape(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a JSON schema in short, such as {"label": text, "confidence": number}."""
    if "$ref" in schema:
        return shape(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return " or ".join(shape(document, option) for option in options)
    if schema.get("type") == "array":
        return f"[{shape(document, schema.get('items', {}))}, …]"
    if "properties" in schema:
        inner = ", ".join(f'"{name}": {shape(document, each)}' for name, each in schema["properties"].items())
        return f"{{{inner}}}"
    if schema.get("contentEncoding") == "base64":
        return "base64 text"
    names = {"string": "text", "binary": "the bytes of an image file"}
    kind = str(schema.get("format") if schema.get("format") in names else schema.get("type", "anything"))
    return names.get(kind, kind)
