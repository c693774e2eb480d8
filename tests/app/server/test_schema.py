"""Every address takes whatever its OpenAPI document allows, and much that it does not, without failing inside."""

import gc
import logging
import tracemalloc
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from app.server.api import create_app
from app.server.limits import Limits
from app.server.models import ModelHolder
from app.server.security import Access
from tests.app.server.serving import RED, ColourModel, serving
from tests.hostile.images import readable, unreadable

EXAMPLES = 25
LOCAL = {"host": "localhost"}
APP = create_app(ModelHolder(ColourModel()), Access(allowed_hosts=("localhost", "testserver")), Limits(images=8))
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP, headers=LOCAL)


@schemathesis.serializer("image/*")
def as_it_is(context: Any, value: Any) -> bytes:
    """Send an image's bytes, or whatever stands in their place."""
    return value if isinstance(value, bytes) else str(value).encode()


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_no_request_fails_inside(case: Any) -> None:
    reply = case.call(headers=LOCAL)
    assert reply.status_code < 500, reply.text
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("hostile", [*readable(), *unreadable()], ids=lambda each: each.name)
def test_hostile_images_are_answered_or_refused(client: httpx.Client, hostile: Any) -> None:
    reply = client.post("/predict", content=hostile.data)
    expected = 400 if not hostile.data else 200 if hostile.size is not None else 422
    if reply.status_code == 413:  # more pixels than the server takes
        expected = 413
    assert reply.status_code == expected, reply.text
    if reply.status_code == 200:
        assert len(reply.json()["predictions"]) == 3
    else:
        assert sorted(reply.json()) == ["error", "hint"]


def test_memory_stays_flat_over_many_requests() -> None:
    """Measured by Python's own allocations: whatever is kept for each request would show."""
    with serving(ColourModel()) as served:

        def call(times: int) -> None:
            for _ in range(times):
                served.client.post("/predict", content=RED)
                served.client.get("/nothing")

        logging.disable(logging.INFO)  # pytest keeps every line that is logged
        call(100)
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            call(1000)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
            logging.disable(logging.NOTSET)
    assert grown < 200_000  # 100 bytes a request
