"""Hostile image files reach the server in every form: each is answered, or refused with a reason; nothing fails."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from app.dataset.decode import decode_image
from tests.app.server.serving import ColourModel, serving
from tests.hostile.images import Hostile, readable, unreadable

HOSTILE = [*readable(), *unreadable()]
AT_ONCE = 16
REFUSED = {400, 413, 422}  # the first for a body of no bytes
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(ColourModel()) as served:
        yield served.client


def in_base64(hostile: Hostile) -> str:
    return base64.b64encode(hostile.data).decode()


def check_answer(hostile: Hostile, reply: dict[str, Any]) -> None:
    """Compare with the model's answer to the pixels that every other stage sees."""
    expected = ColourModel().answer(decode_image(hostile.data)).probabilities
    found = {one["label"]: one["confidence"] for one in reply["predictions"]}
    assert np.abs(np.array([found[label] for label in sorted(found)]) - expected).max() < TOLERANCE


def check_reason(reply: dict[str, Any], key: str) -> None:
    assert reply[key][0].isupper()
    assert reply[key].endswith(".")
    assert "Traceback" not in str(reply)
    assert "/" not in reply[key].replace("image/", "").replace("multipart/form-data", "")


@pytest.mark.parametrize("form", ["bare", "form", "json"])
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_one_at_a_time(client: httpx.Client, hostile: Hostile, form: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "bare": {"content": hostile.data},
        "form": {"files": {"file": hostile.data}},
        "json": {"json": {"image": in_base64(hostile)}},
    }
    reply = client.post("/predict", **bodies[form])
    if hostile.size is None:
        assert reply.status_code in REFUSED
        check_reason(reply.json(), "error")
    else:
        assert reply.status_code == 200
        check_answer(hostile, reply.json())


def test_several_at_once_spoil_nothing_for_each_other(client: httpx.Client) -> None:
    for start in range(0, len(HOSTILE), AT_ONCE):
        some = HOSTILE[start : start + AT_ONCE]
        reply = client.post("/predict", json={"images": [in_base64(hostile) for hostile in some]})
        results = reply.raise_for_status().json()["results"]
        for hostile, result in zip(some, results, strict=True):
            if hostile.size is None:
                check_reason(result, "problem")
            else:
                check_answer(hostile, result)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_as_tensors(client: httpx.Client, hostile: Hostile) -> None:
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [in_base64(hostile)]}
    reply = client.post("/v2/models/colours/infer", json={"inputs": [tensor]})
    assert reply.status_code in ({200} if hostile.size else {400, 413})
    assert list(reply.json()) == (["model_name", "model_version", "outputs"] if hostile.size else ["error"])
