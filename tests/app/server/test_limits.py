"""What one client and all together may ask for, and pages of listed origins."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.export.predictor import Answer
from app.server.api import create_app
from app.server.limits import Limits
from app.server.models import ModelHolder
from app.server.problems import RequestError
from app.server.rate import RateLimit
from app.server.security import Access
from tests.app.server.serving import RED, ColourModel, serving

PAGE = "https://shop.example"


class WaitingModel(ColourModel):
    """Holds every prediction back until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.release = threading.Event()

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Wait, then answer."""
        self.entered.set()
        assert self.release.wait(60)
        return super().answer(image, features)


def test_429_for_too_many_requests_of_one_address() -> None:
    with serving(ColourModel(), limits=Limits(per_minute=3)) as served:
        codes = [served.client.get("/info").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert 1 <= int(served.client.get("/info").headers["retry-after"]) <= 60
        assert served.client.get("/health").status_code == 200


def test_the_rate_is_that_of_a_minute_and_of_an_address() -> None:
    now = 0.0
    rate = RateLimit(1, lambda: now)
    rate.count("a")
    rate.count("b")
    with pytest.raises(RequestError, match="More than 1 requests"):
        rate.count("a")
    now = 61.0
    rate.count("a")


def test_503_when_too_much_waits() -> None:
    model = WaitingModel()
    with serving(model, limits=Limits(queue=1)) as served, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx.post, f"{served.url}/predict", content=RED, trust_env=False, timeout=60)
        assert model.entered.wait(60)
        reply = served.client.post("/predict", content=RED)
        batch = served.client.post("/predict", files=[("a", RED), ("b", RED)])
        model.release.set()
        assert slow.result().status_code == 200
        assert (reply.status_code, batch.status_code) == (503, 503)
        assert int(reply.headers["retry-after"]) > 0
        assert served.client.post("/predict", content=RED).status_code == 200


def test_503_when_the_answer_takes_too_long() -> None:
    model = WaitingModel()
    with serving(model, limits=Limits(answer_seconds=0.1)) as served:
        reply = served.client.post("/predict", content=RED)
        model.release.set()
    assert reply.status_code == 503
    assert reply.json()["error"] == "The answer took too long."


def test_503_when_all_bodies_together_are_too_large_and_the_room_is_given_back() -> None:
    with serving(ColourModel(), limits=Limits(all_bodies_bytes=5000)) as served:
        for _ in range(3):
            assert served.client.post("/predict", content=bytes(6000)).status_code == 503
            assert served.client.post("/predict", content=bytes(4000)).status_code == 422


def test_415_for_a_compressed_body(client: httpx.Client) -> None:
    assert client.post("/predict", content=RED, headers={"content-encoding": "gzip"}).status_code == 415


def test_pages_of_a_listed_origin_may_call() -> None:
    app_access = Access("secret", allowed_origins=(f"{PAGE}/",))
    transport = httpx.ASGITransport(create_app(ModelHolder(ColourModel()), app_access))

    async def calls() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            asks = {"origin": PAGE, "access-control-request-method": "POST"}
            return [
                await client.options("/predict", headers=asks),
                await client.post("/predict", content=RED, headers={"origin": PAGE, "x-api-key": "secret"}),
                await client.post("/predict", content=RED, headers={"origin": PAGE}),
                await client.options("/predict", headers={**asks, "origin": "https://evil.example"}),
            ]

    preflight, answered, without_token, stranger = asyncio.run(calls())
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "x-api-key" in preflight.headers["access-control-allow-headers"]
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == PAGE
    assert answered.headers["cross-origin-resource-policy"] == "cross-origin"
    assert without_token.status_code == 401
    assert stranger.status_code == 403
    assert "access-control-allow-origin" not in stranger.headers
