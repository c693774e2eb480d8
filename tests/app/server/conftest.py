"""Fixtures of the server's tests."""

from collections.abc import Iterator

import httpx
import pytest

from tests.app.server.serving import ColourModel, serving


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Return a client of a server without a token."""
    with serving(ColourModel()) as served:
        yield served.client
