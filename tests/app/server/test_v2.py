"""The Open Inference Protocol, request by request as its specification writes them."""

import json
import struct
from typing import Any

import httpx
import pytest

from tests.app.server.serving import RED, ColourModel, serving
from tests.app.server.test_api import base64_of

INFER = "/v2/models/colours/infer"
RED_PIXELS = [[[[250, 0, 0], [250, 0, 0]]]]


def tensor(**values: Any) -> dict[str, Any]:
    """Return the input of one red picture of 1 × 2 pixels, with other values in places."""
    return {"name": "image", "shape": [1, 1, 2, 3], "datatype": "UINT8", "data": RED_PIXELS, **values}


def infer(client: httpx.Client, *inputs: dict[str, Any], **values: Any) -> httpx.Response:
    return client.post(INFER, json={"inputs": list(inputs), **values})


@pytest.mark.parametrize("data", [RED_PIXELS, [250, 0, 0, 250, 0, 0]])
def test_data_is_nested_or_flat(client: httpx.Client, data: Any) -> None:
    reply = infer(client, tensor(data=data), id="42", outputs=[{"name": "probabilities"}]).raise_for_status().json()
    (output,) = reply.pop("outputs")
    assert reply == {"model_name": "colours", "model_version": "1", "id": "42"}
    assert (output["name"], output["datatype"], output["shape"]) == ("probabilities", "FP32", [1, 3])
    assert sum(output["data"]) == pytest.approx(1, abs=1e-6)
    assert max(output["data"]) == output["data"][2]


def test_without_an_id_there_is_none_in_the_answer(client: httpx.Client) -> None:
    reply = infer(client, tensor()).raise_for_status().json()
    assert "id" not in reply
    assert [output["name"] for output in reply["outputs"]] == ["probabilities", "features"]


def test_image_files_in_json_are_base64(client: httpx.Client) -> None:
    files = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [base64_of(RED)]}
    wanted = [{"name": "probabilities", "parameters": {"classification": 1}}]
    (output,) = infer(client, files, outputs=wanted).raise_for_status().json()["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [1, 1])
    assert output["data"][0].endswith(":2:red")


def test_binary_data_stands_behind_the_json(client: httpx.Client) -> None:
    raw = bytes([250, 0, 0])
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "image",
                    "shape": [1, 1, 1, 3],
                    "datatype": "UINT8",
                    "parameters": {"binary_data_size": len(raw)},
                }
            ],
            "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
        }
    ).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}
    reply = client.post(INFER, content=head + raw, headers=headers).raise_for_status()
    length = int(reply.headers["inference-header-content-length"])
    (output,) = json.loads(reply.content[:length])["outputs"]
    assert output["parameters"] == {"binary_data_size": 12}
    assert "data" not in output
    assert sum(struct.unpack("<3f", reply.content[length:])) == pytest.approx(1, abs=1e-6)


def test_health(client: httpx.Client) -> None:
    assert client.get("/v2/health/live").raise_for_status().json() == {"live": True}
    assert client.get("/v2/health/ready").raise_for_status().json() == {"ready": True}
    ready = client.get("/v2/models/colours/versions/1/ready").raise_for_status().json()
    assert ready == {"name": "colours", "ready": True}


def test_server_metadata_says_which_extensions_there_are(client: httpx.Client) -> None:
    metadata = client.get("/v2").raise_for_status().json()
    assert sorted(metadata) == ["extensions", "name", "version"]
    assert "classification" in metadata["extensions"]


BAD: list[Any] = [
    {},
    [],
    {"inputs": []},
    {"inputs": [7]},
    {"inputs": [tensor(), tensor()]},
    {"inputs": [tensor()], "id": 7},
    {"inputs": [tensor()], "parameters": []},
    {"inputs": [tensor()], "parameters": {"binary_data_output": 1}},
    {"inputs": [tensor()], "outputs": {}},
    {"inputs": [tensor()], "outputs": [{}]},
    {"inputs": [tensor()], "outputs": [{"name": "logits"}]},
    {"inputs": [tensor()], "outputs": [{"name": "probabilities", "parameters": {"classification": -1}}]},
    {"inputs": [tensor(name="picture")]},
    {"inputs": [tensor(shape=[1, 1, 2])]},
    {"inputs": [tensor(shape=[1, 1, 2, 4])]},
    {"inputs": [tensor(shape=[0, 1, 2, 3])]},
    {"inputs": [tensor(shape=[-1, 1, 2, 3])]},
    {"inputs": [tensor(shape=[1, 1, 3, 3])]},
    {"inputs": [tensor(shape=[True, 1, 2, 3])]},
    {"inputs": [tensor(shape="1")]},
    {"inputs": [tensor(datatype="FP32")]},
    {"inputs": [tensor(data=[256] * 6)]},
    {"inputs": [tensor(data=[-1] * 6)]},
    {"inputs": [tensor(data=[0.5] * 6)]},
    {"inputs": [tensor(data=[True] * 6)]},
    {"inputs": [tensor(data=[10**40] * 6)]},
    {"inputs": [tensor(data=[[1, 2], [3]])]},
    {"inputs": [tensor(data="text")]},
    {"inputs": [tensor(data=None)]},
    {"inputs": [tensor(parameters={"binary_data_size": 6})]},
    {"inputs": [{"name": "image", "shape": [1], "datatype": "UINT8"}]},
    {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": "text"}]},
    {"inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": ["AA"]}]},
    {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [7]}]},
    {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["AA=="]}]},
]


@pytest.mark.parametrize("value", BAD)
def test_400_says_why_in_the_protocols_form(client: httpx.Client, value: Any) -> None:
    reply = client.post(INFER, json=value)
    assert reply.status_code == 400
    assert sorted(reply.json()) == ["error"]


@pytest.mark.parametrize("length", ["x", "-1", "1000000", ""])
def test_400_for_a_wrong_length_of_the_json(client: httpx.Client, length: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    assert client.post(INFER, content=b'{"inputs": []}', headers=headers).status_code == 400


@pytest.mark.parametrize("raw", [b"\x01", b"\x05\0\0\0abc", b"\xff\xff\xff\xff"])
def test_400_for_torn_binary_data(client: httpx.Client, raw: bytes) -> None:
    image = {"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(raw)}}
    head = json.dumps({"inputs": [image]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    assert client.post(INFER, content=head + raw, headers=headers).status_code == 400


def test_413_for_a_shape_that_is_too_large(client: httpx.Client) -> None:
    assert infer(client, tensor(shape=[65, 1, 2, 3])).status_code == 413
    assert infer(client, tensor(shape=[1, 10**9, 10**9, 3])).status_code == 413


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/colours/versions/2", "/v2/nothing"])
def test_404(client: httpx.Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert sorted(reply.json()) == ["error"]


def test_401_is_in_the_protocols_form() -> None:
    with serving(ColourModel(), "secret") as served:
        reply = served.client.get("/v2")
        assert reply.status_code == 401
        assert sorted(reply.json()) == ["error"]
        assert served.client.get("/v2/health/live").status_code == 200
