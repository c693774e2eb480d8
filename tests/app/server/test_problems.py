"""Every failure is an HTTP status with one sentence and a hint."""

import struct
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.export.predictor import Answer
from app.server.limits import Limits
from tests.app.server.serving import RED, ColourModel, encoded, serving

CUT_FORM = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nab'


def failure(reply: httpx.Response, status: int) -> dict[str, Any]:
    """Check that a reply is a failure as promised, and return it."""
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/json"
    value: dict[str, Any] = reply.json()
    assert sorted(value) == ["error", "hint"]
    assert value["error"].endswith(".")
    assert value["hint"].endswith(".")
    assert "Traceback" not in reply.text
    assert "/app/" not in reply.text
    return value


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("image/png", b""),
        ("multipart/form-data", RED),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--\r\n"),
        (
            "multipart/form-data; boundary=x",
            CUT_FORM,
        ),
    ],
)
def test_400(client: httpx.Client, kind: str, body: bytes) -> None:
    failure(client.post("/predict", content=body, headers={"content-type": kind}), 400)


def test_404(client: httpx.Client) -> None:
    assert failure(client.get("/nothing"), 404)["error"] == "There is nothing at this address."


def test_405(client: httpx.Client) -> None:
    reply = client.get("/predict")
    failure(reply, 405)
    assert reply.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "video/mp4", "nonsense"])
def test_415(client: httpx.Client, kind: str) -> None:
    value = failure(client.post("/predict", content=RED, headers={"content-type": kind}), 415)
    assert kind in value["error"]


@pytest.mark.parametrize(
    "value",
    [{}, [], 7, "text", {"image": 7}, {"image": None}, {"images": {}}, {"images": []}, {"image": "%%%"}],
)
def test_422_for_json_of_another_shape(client: httpx.Client, value: Any) -> None:
    failure(client.post("/predict", json=value), 422)


@pytest.mark.parametrize("data", [b"no image at all", RED[:60], b"\xff\xd8\xff", b"BM", b"II*\x00\xff\xff\xff\x7f"])
def test_422_for_an_unreadable_image(client: httpx.Client, data: bytes) -> None:
    value = failure(client.post("/predict", content=data), 422)
    assert value["error"] == "The image cannot be read."


@pytest.mark.parametrize("top_k", ["0", "-1", "many", "1.5", ""])
def test_422_for_top_k(client: httpx.Client, top_k: str) -> None:
    value = failure(client.post("/predict", params={"top_k": top_k}, content=RED), 422)
    assert "top_k" in value["error"]


def test_422_for_a_form_without_a_file(client: httpx.Client) -> None:
    files: list[tuple[str, Any]] = [("note", (None, "hello"))]
    failure(client.post("/predict", files=files), 422)


@pytest.mark.parametrize("declared", [True, False])
def test_413_for_bytes(declared: bool) -> None:
    body = b"x" * 3_000_000
    with serving(ColourModel(), limits=Limits(body_bytes=1 << 20)) as served:
        content = body if declared else iter([body[:1000], body[1000:]])
        value = failure(served.client.post("/predict", content=content), 413)
        assert value["error"] == "The request is larger than 1 MiB."


def test_413_for_images() -> None:
    with serving(ColourModel(), limits=Limits(images=2)) as served:
        failure(served.client.post("/predict", files=[("f", RED)] * 3), 413)
        failure(served.client.post("/predict", json={"images": ["AA"] * 3}), 413)


def test_413_for_pixels_before_they_are_decoded(client: httpx.Client) -> None:
    bomb = bytearray(RED)
    bomb[16:24] = struct.pack(">II", 50_000, 50_000)
    value = failure(client.post("/predict", content=bytes(bomb)), 413)
    assert value["error"] == "The image has 50000 × 50000 pixels, more than 100 megapixels."


def test_an_image_just_within_the_pixel_limit_is_taken() -> None:
    with serving(ColourModel(), limits=Limits(pixels=1200)) as served:
        assert served.client.post("/predict", content=encoded((9, 9, 9), size=(40, 30))).status_code == 200
        failure(served.client.post("/predict", content=encoded((9, 9, 9), size=(41, 30))), 413)


class BrokenModel(ColourModel):
    """Fails on every image."""

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Fail with something that must not reach the client."""
        raise RuntimeError("secret of /home/someone")


def test_500_says_nothing_of_the_inside() -> None:
    with serving(BrokenModel()) as served:
        reply = served.client.post("/predict", content=RED)
        assert failure(reply, 500)["error"] == "The server failed on this request."
        assert "secret" not in reply.text
        assert served.client.get("/health").status_code == 200
