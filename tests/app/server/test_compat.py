"""Requests copied from the documentation of other programs, sent to this server."""

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.app.server.serving import BLUE, RED, ColourModel, serving
from tests.app.server.test_api import base64_of

PROJECT = "bc3f7dad-5544-468c-8573-3ef04d55463e"
CUSTOM_VISION = f"/customvision/v3.0/Prediction/{PROJECT}/classify/iterations/Iteration1/image"
SCORE = {"input_df": [{"image base64 string": base64_of(RED)}]}

RULE = ("accepted", "verdict", "novelty")


def reply_of(response: httpx.Response) -> Any:
    return response.raise_for_status().json()


# -- Lobe


def test_lobe(client: httpx.Client) -> None:
    address = f"/v1/predict/{uuid.uuid4()}"
    headers = {"Content-Type": "application/json"}
    reply = reply_of(client.post(address, content=json.dumps({"image": base64_of(RED)}), headers=headers))
    assert sorted(reply) == sorted(["predictions", *RULE])
    assert [sorted(each) for each in reply["predictions"]] == [["confidence", "label"]] * 3
    assert reply["predictions"][0]["label"] == "red"


def test_lobe_as_it_first_was(client: httpx.Client) -> None:
    reply = reply_of(client.post("/v1/predict/any", json={"inputs": {"Image": base64_of(BLUE)}}))
    assert reply["outputs"]["Prediction"] == ["blue"]
    label, confidence = reply["outputs"]["Labels"][0]
    assert label == "blue"
    assert 0.9 < confidence < 1


@pytest.mark.parametrize("value", [{}, {"inputs": {}}, {"inputs": {"Image": 7}}, {"image": "%%%"}])
def test_lobe_without_an_image(client: httpx.Client, value: Any) -> None:
    assert client.post("/v1/predict/any", json=value).status_code == 422


# -- TorchServe


def test_torchserve_with_curls_upload(client: httpx.Client) -> None:
    # curl http://127.0.0.1:8080/predictions/densenet161 -T kitten_small.jpg
    reply = reply_of(client.put("/predictions/colours", content=RED))
    assert list(reply) == ["red", "blue", "green"]
    assert sum(reply.values()) == pytest.approx(1, abs=1e-6)


def test_torchserve_with_a_form_and_a_version(client: httpx.Client) -> None:
    # curl -X POST http://127.0.0.1:8080/predictions/resnet-18/2.0 -F "data=@kitten_small.jpg"
    reply = reply_of(client.post("/predictions/colours/1", files={"data": ("kitten_small.jpg", BLUE)}))
    assert next(iter(reply)) == "blue"


def test_torchserves_health_and_errors(client: httpx.Client) -> None:
    assert reply_of(client.get("/ping")) == {"status": "Healthy"}
    for path, status in (("/predictions/other", 404), ("/predictions/colours/9", 404), ("/predictions/colours", 422)):
        reply = client.post(path, content=b"no image")
        assert reply.status_code == status
        assert sorted(reply.json()) == ["code", "message", "type"]
        assert reply.json()["code"] == status


# -- Custom Vision


@pytest.mark.parametrize("ending", ["", "/nostore"])
def test_custom_vision(ending: str) -> None:
    headers = {"Prediction-Key": "secret", "Content-Type": "application/octet-stream"}
    with serving(ColourModel(), "secret") as served:
        assert served.client.post(CUSTOM_VISION, content=RED).status_code == 401
        reply = reply_of(served.client.post(CUSTOM_VISION + ending, content=RED, headers=headers))
        again = reply_of(served.client.post(CUSTOM_VISION, content=RED, headers=headers))
    assert sorted(reply) == sorted(["created", "id", "iteration", "predictions", "project", *RULE])
    assert reply["project"] == PROJECT
    best = reply["predictions"][0]
    assert (best["tagName"], best["tagType"]) == ("red", "Regular")
    assert 0.9 < best["probability"] < 1
    assert uuid.UUID(best["tagId"]) == uuid.UUID(again["predictions"][0]["tagId"])
    assert reply["iteration"] == again["iteration"]
    assert reply["id"] != again["id"]


def test_custom_vision_as_its_library_sends_it(client: httpx.Client) -> None:
    files = {"imageData": ("imageData", BLUE, "application/octet-stream")}
    assert reply_of(client.post(CUSTOM_VISION, files=files))["predictions"][0]["tagName"] == "blue"


def test_custom_visions_errors(client: httpx.Client) -> None:
    reply = client.post(CUSTOM_VISION, content=b"no image")
    assert reply.status_code == 422
    assert sorted(reply.json()) == ["code", "message"]
    address = CUSTOM_VISION.removesuffix("image") + "url"
    assert client.post(address, json={"Url": "https://example.com/a.jpg"}).status_code == 403
    assert client.post(address, json={"Address": 7}).status_code == 422


# -- Microsoft's tutorial


@pytest.mark.parametrize("path", ["/score", "/api/v1/service/imgclassapi1/score"])
def test_the_tutorials_own_client_reads_the_legacy_answer(client: httpx.Client, path: str) -> None:
    data = '{"input_df": [{"image base64 string": "' + base64_of(RED) + '"}]}'
    reply = client.post(f"{path}?legacy=1", content=data, headers={"Content-Type": "application/json"})
    values = json.loads(reply_of(reply))
    assert sorted(values) == ["Id2Labels", "allScores", "executionTimeMs", "label", "score"]
    assert all(isinstance(value, str) for value in values.values())
    assert values["label"] == "red"
    assert int(float(values["executionTimeMs"])) >= 0
    assert values["Id2Labels"] == "{0: 'blue', 1: 'green', 2: 'red'}"


def test_the_clean_answer_is_json(client: httpx.Client) -> None:
    values = reply_of(client.post("/score", json=SCORE))
    assert values["label"] == "red"
    assert values["score"] == max(values["allScores"])
    assert values["Id2Labels"] == {"0": "blue", "1": "green", "2": "red"}


@pytest.mark.parametrize("value", [{}, [], {"input_df": []}, {"input_df": [7]}, {"input_df": [{"image": "AA"}]}])
def test_the_tutorial_without_an_image(client: httpx.Client, value: Any) -> None:
    assert client.post("/score", json=value).status_code == 422
