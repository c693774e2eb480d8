"""The page at /docs works offline."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx

from tests.app.server.serving import ColourModel, serving


def test_it_lists_every_address_and_runs_no_script(client: httpx.Client) -> None:
    page = client.get("/docs").raise_for_status().text
    for word in ("/predict", "/health", "/info", "top_k", "multipart/form-data", "confidence", "422"):
        assert word in page
    assert "<script" not in page
    assert "[object" not in page


def test_nothing_is_fetched_from_elsewhere(client: httpx.Client) -> None:
    addresses: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            """Collect what a browser would load or open."""
            addresses.extend(value or "" for name, value in attrs if name in ("src", "href", "action"))

    Reader().feed(client.get("/docs").text)
    assert sorted(addresses) == ["/openapi.json", "/predict"]


def test_the_policy_allows_its_own_style_alone(client: httpx.Client) -> None:
    reply = client.get("/docs")
    style = re.search(r"<style>(.*)</style>", reply.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_its_examples_have_the_real_address(client: httpx.Client) -> None:
    assert f"{str(client.base_url).rstrip('/')}/predict" in client.get("/docs").text


def test_with_a_token_it_says_so() -> None:
    with serving(ColourModel(), "secret-token") as served:
        page = served.client.get("/docs", headers={"x-api-key": "secret-token"}).text
        assert "Authorization: Bearer TOKEN" in page
        assert "secret-token" not in page
        assert "<form" not in page


def test_the_openapi_document_has_each_form_of_the_body(client: httpx.Client) -> None:
    document = client.get("/openapi.json").raise_for_status().json()
    forms = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert sorted(forms) == ["application/json", "application/octet-stream", "image/*", "multipart/form-data"]
