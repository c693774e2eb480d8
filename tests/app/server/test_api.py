"""The forms of a request, and what comes back."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.dataset.decode import decode_image
from app.export.predictor import Answer
from tests.app.server.serving import BLUE, GREEN, LABELS, RED, ColourModel, encoded, serving

ANSWERED = ["accepted", "novelty", "predictions", "verdict"]


def base64_of(data: bytes) -> str:
    """Encode as JSON carries it."""
    return base64.b64encode(data).decode()


def best(reply: dict[str, Any]) -> str:
    """Return the first label of a reply to one image."""
    return str(reply["predictions"][0]["label"])


def test_one_file_of_a_form(client: httpx.Client) -> None:
    reply = client.post("/predict", files={"file": ("a.png", RED, "image/png")}).raise_for_status().json()
    assert sorted(reply) == ["accepted", "model", "novelty", "predictions", "time_ms", "verdict"]
    assert best(reply) == "red"
    assert reply["model"] == "colours"
    assert reply["time_ms"] > 0
    confidences = [entry["confidence"] for entry in reply["predictions"]]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1, abs=1e-6)


def test_several_files_of_a_form_are_answered_in_order(client: httpx.Client) -> None:
    files = [("file", ("a.png", RED)), ("file", ("b.png", BLUE)), ("other", ("c.png", GREEN))]
    reply = client.post("/predict", files=files).raise_for_status().json()
    assert sorted(reply) == ["model", "results", "time_ms"]
    assert [best(result) for result in reply["results"]] == ["red", "blue", "green"]


def test_a_text_field_beside_the_file_is_left_alone(client: httpx.Client) -> None:
    reply = client.post("/predict", files={"file": RED}, data={"note": "hello"}).raise_for_status().json()
    assert best(reply) == "red"


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/octet-stream", "IMAGE/PNG; q=1", None])
def test_the_bare_image(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert best(client.post("/predict", content=GREEN, headers=headers).raise_for_status().json()) == "green"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".gif"])
def test_every_format(client: httpx.Client, suffix: str) -> None:
    data = encoded((0, 0, 250), suffix)
    assert best(client.post("/predict", content=data).raise_for_status().json()) == "blue"


@pytest.mark.parametrize(
    "text",
    [
        base64_of(RED),
        "data:image/png;base64," + base64_of(RED),
        base64.urlsafe_b64encode(RED).decode().rstrip("="),
        base64.encodebytes(RED).decode(),
    ],
)
def test_one_image_as_json(client: httpx.Client, text: str) -> None:
    assert best(client.post("/predict", json={"image": text}).raise_for_status().json()) == "red"


def test_several_images_as_json(client: httpx.Client) -> None:
    images = [base64_of(BLUE), base64_of(RED)]
    reply = client.post("/predict", json={"images": images}).raise_for_status().json()
    assert [best(result) for result in reply["results"]] == ["blue", "red"]


def test_a_list_of_one_is_a_list(client: httpx.Client) -> None:
    reply = client.post("/predict", json={"images": [base64_of(BLUE)]}).raise_for_status().json()
    assert len(reply["results"]) == 1


def test_an_unreadable_image_of_several_has_a_problem_in_its_place(client: httpx.Client) -> None:
    images = [base64_of(RED), base64_of(b"no image"), "%%%", 7, base64_of(BLUE)]
    results = client.post("/predict", json={"images": images}).raise_for_status().json()["results"]
    assert [sorted(result) for result in results] == [ANSWERED, *[["problem"]] * 3, ANSWERED]
    assert results[1]["problem"] == "The image cannot be read."
    assert results[2]["problem"] == "The image is not valid base64."


@pytest.mark.parametrize(("top_k", "count"), [(1, 1), (2, 2), (3, 3), (99, 3)])
def test_top_k(client: httpx.Client, top_k: int, count: int) -> None:
    reply = client.post("/predict", params={"top_k": top_k}, content=RED).raise_for_status().json()
    assert len(reply["predictions"]) == count
    assert best(reply) == "red"


@pytest.mark.parametrize(("threshold", "accepted"), [(0, True), (0.98, True), (0.995, False)])
def test_an_answer_below_the_threshold_is_not_accepted(client: httpx.Client, threshold: float, accepted: bool) -> None:
    reply = client.post("/predict", params={"threshold": threshold}, content=RED).raise_for_status().json()
    assert 0.98 < reply["predictions"][0]["confidence"] < 0.995
    assert reply["accepted"] is accepted


def test_features_on_demand(client: httpx.Client) -> None:
    data = encoded((250, 100, 20))
    assert client.post("/predict?features=true", content=data).json()["features"] == [250, 100, 20]
    results = client.post("/predict?features=1", files=[("a", data), ("b", data)]).json()["results"]
    assert [result["features"] for result in results] == [[250, 100, 20]] * 2


def test_a_heat_map_on_demand(client: httpx.Client) -> None:
    data = encoded((0, 0, 90), size=(60, 40))
    reply = client.post("/predict?heatmap=true", content=data).raise_for_status().json()
    picture = decode_image(base64.b64decode(reply["heatmap"]))
    assert picture.shape == (40, 60, 3)
    assert picture[20, 3].tolist() != [0, 0, 90]
    assert picture[20, 57].tolist() == [0, 0, 90]
    results = client.post("/predict?heatmap=1&features=1", files=[("a", data), ("b", b"no")]).json()["results"]
    assert [sorted(result)[-1] for result in results] == ["verdict", "problem"]
    assert "heatmap" in results[0]


def test_health(client: httpx.Client) -> None:
    assert client.get("/health").raise_for_status().json() == {"status": "ok"}


def test_info(client: httpx.Client) -> None:
    info = client.get("/info").raise_for_status().json()
    assert info["labels"] == list(LABELS)
    assert (info["model"], info["engine"], info["version"]) == ("colours", "quick", "0.1.0")
    assert (info["accuracy"], info["interval"]) == (0.9, [0.8, 0.95])
    assert info["input"]["colour"] == "RGB"


def test_eight_clients_get_their_own_answers(client: httpx.Client) -> None:
    images = {"red": RED, "green": GREEN, "blue": BLUE}

    def call(number: int) -> bool:
        label = LABELS[number % 3]
        with httpx.Client(base_url=client.base_url, trust_env=False) as own:
            replies = [own.post("/predict", content=images[label]).json() for _ in range(10)]
        return all(best(reply) == label for reply in replies)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(8)))


@pytest.mark.parametrize(("colour", "accepted", "verdict"), [
    ((200, 0, 0), True, "accepted"),
    ((200, 40, 0), False, "unsure"),
    ((101, 100, 100), False, "unknown"),
])  # fmt: skip
def test_every_form_gives_the_verdict_of_the_models_rule(
    client: httpx.Client, colour: tuple[int, int, int], accepted: bool, verdict: str
) -> None:
    data = encoded(colour)
    text = base64_of(data)
    custom_vision = "/customvision/v3.0/Prediction/p/classify/iterations/i/image"
    for reply in (
        client.post("/predict?top_k=1", content=data),
        client.post("/v1/predict/x", json={"image": text}),
        client.post("/v1/predict/x", json={"inputs": {"Image": text}}),
        client.post(custom_vision, content=data),
        client.post("/score", json={"input_df": [{"image base64 string": text}]}),
    ):
        said = reply.raise_for_status().json()
        assert (said["accepted"], said["verdict"]) == (accepted, verdict)
        assert 0 <= said["novelty"] <= 1
    assert client.post("/predictions/colours", content=data).headers["X-Verdict"] == verdict
    body = {
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [text]}],
        "outputs": [{"name": "verdict"}, {"name": "novelty"}],
    }
    outputs = client.post("/v2/models/colours/infer", json=body).raise_for_status().json()["outputs"]
    assert outputs[0]["data"] == [verdict]
    assert 0 <= outputs[1]["data"][0] <= 1


class WaitingModel(ColourModel):
    """Holds every prediction back until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.release = threading.Event()

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Wait, then answer."""
        self.entered.set()
        assert self.release.wait(10)
        return super().answer(image, features)


def test_the_server_answers_while_the_model_computes() -> None:
    model = WaitingModel()
    with serving(model) as served, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx.post, f"{served.url}/predict", content=RED, trust_env=False)
        assert model.entered.wait(10)
        assert served.client.get("/health").json() == {"status": "ok"}
        model.release.set()
        assert best(slow.result().json()) == "red"
