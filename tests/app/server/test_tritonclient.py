"""NVIDIA's own client of the Open Inference Protocol calls the server."""

from collections.abc import Iterator

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.app.server.serving import BLUE, GREEN, LABELS, RED, ColourModel, encoded, serving

NAME = "colours"


@pytest.fixture(scope="module")
def client() -> Iterator[triton.InferenceServerClient]:
    with serving(ColourModel()) as served:
        client = triton.InferenceServerClient(served.url.removeprefix("http://"))
        yield client
        client.close()


def pixels(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.stack([np.full((8, 6, 3), colour, np.uint8) for colour in colours])


def image_input(values: np.ndarray, binary: bool = True) -> triton.InferInput:
    made = triton.InferInput("image", list(values.shape), "UINT8" if values.dtype == np.uint8 else "BYTES")
    return made.set_data_from_numpy(values, binary_data=binary)


def test_health_and_metadata(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(NAME)
    assert client.is_model_ready(NAME, "1")
    assert not client.is_model_ready("another")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata(NAME)
    assert metadata["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, -1, -1, 3]}]
    assert metadata["outputs"][0] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}
    assert client.get_model_config(NAME)["max_batch_size"] == 64


@pytest.mark.parametrize("binary", [True, False])
def test_arrays(client: triton.InferenceServerClient, binary: bool) -> None:
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary)]
    batch = pixels((250, 0, 0), (0, 0, 250))
    result = client.infer(NAME, [image_input(batch, binary)], outputs=outputs, request_id="seven")
    values = result.as_numpy("probabilities")
    expected = np.stack([ColourModel().answer(image).probabilities for image in batch])
    assert values.dtype == np.float32
    assert np.abs(values - expected).max() < 1e-6
    assert result.get_response()["id"] == "seven"
    assert result.get_response()["model_name"] == NAME


def test_all_outputs_by_default(client: triton.InferenceServerClient) -> None:
    result = client.infer(NAME, [image_input(pixels((1, 2, 3)))], model_version="1")
    assert result.as_numpy("probabilities").shape == (1, 3)
    assert result.as_numpy("features").tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_image_files(client: triton.InferenceServerClient, shape: tuple[int, ...]) -> None:
    files = np.array([GREEN, RED, BLUE], dtype=object).reshape(shape)
    values = client.infer(NAME, [image_input(files)]).as_numpy("probabilities")
    assert [LABELS[at] for at in values.argmax(axis=1)] == ["green", "red", "blue"]


@pytest.mark.parametrize("binary", [True, False])
def test_classification(client: triton.InferenceServerClient, binary: bool) -> None:
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=2)]
    values = client.infer(NAME, [image_input(pixels((250, 0, 0), (9, 99, 0)))], outputs=outputs)
    texts = values.as_numpy("probabilities")
    assert texts.shape == (2, 2)
    first = texts[0][0].decode() if isinstance(texts[0][0], bytes) else texts[0][0]
    confidence, index, label = first.split(":")
    assert (index, label) == ("2", "red")
    assert float(confidence) == pytest.approx(0.992, abs=1e-3)


def test_refusals_are_the_clients_exceptions(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="cannot be read") as caught:
        client.infer(NAME, [image_input(np.array([b"no image"], dtype=object))])
    assert caught.value.status() == "400"
    with pytest.raises(InferenceServerException, match="no model “another” here"):
        client.infer("another", [image_input(pixels((1, 2, 3)))])
    with pytest.raises(InferenceServerException, match="no version “7” here"):
        client.infer(NAME, [image_input(pixels((1, 2, 3)))], model_version="7")
    with pytest.raises(InferenceServerException, match="no output"):
        client.infer(NAME, [image_input(pixels((1, 2, 3)))], outputs=[triton.InferRequestedOutput("nothing")])


def test_the_largest_batch(client: triton.InferenceServerClient) -> None:
    assert client.infer(NAME, [image_input(pixels(*[(5, 6, 7)] * 64))]).as_numpy("probabilities").shape == (64, 3)
    with pytest.raises(InferenceServerException, match="may hold 64 images"):
        client.infer(NAME, [image_input(pixels(*[(5, 6, 7)] * 65))])


def test_a_token_in_the_clients_headers() -> None:
    with serving(ColourModel(), "secret") as served:
        client = triton.InferenceServerClient(served.url.removeprefix("http://"))
        assert client.is_server_ready()
        with pytest.raises(InferenceServerException, match="token"):
            client.get_server_metadata()
        assert client.get_server_metadata(headers={"Authorization": "Bearer secret"})["name"] == "sightline"
        files = image_input(np.array([encoded((0, 0, 9))], dtype=object))
        assert client.infer(NAME, [files], headers={"X-API-Key": "secret"}).as_numpy("probabilities").shape == (1, 3)
        client.close()
