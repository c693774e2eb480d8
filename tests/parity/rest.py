"""Every form in which the server takes an image, and gives an answer."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from sys import executable
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np

from app.dataset.decode import read_image
from app.engines.process import ROOT

THREADS = 3  # clients at once
BATCH = 50
Scores = dict[str, float]
Client = httpx.Client


@contextmanager
def serving(bundle: Path) -> Iterator[Client]:
    """Run the server as a user does, in a process of its own."""
    command = [executable, str(ROOT / "main.py"), "serve", str(bundle), "--port", "0", "--json", "--watch-stdin"]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with Client(base_url=url, timeout=120, trust_env=False) as client:
            yield client
        process.communicate()


def ask(client: Client, form: str, model: str, paths: Sequence[Path]) -> list[Scores]:
    """Ask about pictures in one of FORMS; return the probability of each label."""
    if form in BATCHES:
        parts = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
        return [scores for part in parts for scores in BATCHES[form](client, part)]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(partial(SINGLES[form], client, quote(model, safe="")), paths))


def _sent(client: Client, path: str, **options: Any) -> Any:
    reply = client.post(path, **options)
    assert reply.status_code == 200, (path, reply.text)
    return reply.json()


def _base64(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()


def _named(predictions: Sequence[dict[str, Any]], label: str = "label", score: str = "confidence") -> Scores:
    return {one[label]: one[score] for one in predictions}


def _multipart(client: Client, model: str, path: Path) -> Scores:
    return _named(_sent(client, "/predict", files={"file": path.read_bytes()})["predictions"])


def _raw(client: Client, model: str, path: Path) -> Scores:
    headers = {"Content-Type": "image/jpeg"}
    return _named(_sent(client, "/predict", content=path.read_bytes(), headers=headers)["predictions"])


def _in_json(client: Client, model: str, path: Path) -> Scores:
    return _named(_sent(client, "/predict", json={"image": _base64(path)})["predictions"])


def _lobe(client: Client, model: str, path: Path) -> Scores:
    return _named(_sent(client, "/v1/predict/any", json={"image": _base64(path)})["predictions"])


def _old_lobe(client: Client, model: str, path: Path) -> Scores:
    body = {"inputs": {"Image": _base64(path)}}
    return dict(_sent(client, "/v1/predict/any", json=body)["outputs"]["Labels"])


def _torchserve(client: Client, model: str, path: Path) -> Scores:
    return dict(_sent(client, f"/predictions/{model}", content=path.read_bytes()))


def _custom_vision(client: Client, model: str, path: Path) -> Scores:
    address = "/customvision/v3.0/Prediction/any/classify/iterations/any/image"
    headers = {"Content-Type": "application/octet-stream"}
    said = _sent(client, address, content=path.read_bytes(), headers=headers)
    return _named(said["predictions"], "tagName", "probability")


def _tutorial(client: Client, model: str, path: Path) -> Scores:
    said = _sent(client, "/score", json={"input_df": [{"image base64 string": _base64(path)}]})
    return {said["Id2Labels"][str(at)]: score for at, score in enumerate(said["allScores"])}


def _v2_pixels(client: Client, model: str, path: Path) -> Scores:
    image = np.ascontiguousarray(read_image(path)[None])
    return _v2(client, model, "UINT8", list(image.shape), image.tobytes())


def _v2_files(client: Client, model: str, path: Path) -> Scores:
    data = path.read_bytes()
    return _v2(client, model, "BYTES", [1], len(data).to_bytes(4, "little") + data)


def _v2(client: Client, model: str, datatype: str, shape: list[int], data: bytes) -> Scores:
    """Send a tensor in binary, and have the answer as `probability:index:label`, with no digit lost by a float."""
    tensor = {"name": "image", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [tensor], "outputs": [{"name": "probabilities"}]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}
    said = _sent(client, f"/v2/models/{model}/infer", content=head + data, headers=headers)
    (output,) = said["outputs"]
    return {str(at): score for at, score in enumerate(output["data"])}


def _many_files(client: Client, paths: Sequence[Path]) -> list[Scores]:
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    return [_named(one["predictions"]) for one in _sent(client, "/predict", files=files)["results"]]


def _many_in_json(client: Client, paths: Sequence[Path]) -> list[Scores]:
    body = {"images": [_base64(path) for path in paths]}
    return [_named(one["predictions"]) for one in _sent(client, "/predict", json=body)["results"]]


SINGLES: dict[str, Callable[[Client, str, Path], Scores]] = {
    "multipart": _multipart,
    "raw": _raw,
    "JSON": _in_json,
    "Lobe": _lobe,
    "old Lobe": _old_lobe,
    "TorchServe": _torchserve,
    "Custom Vision": _custom_vision,
    "tutorial": _tutorial,
    "v2 UINT8": _v2_pixels,
    "v2 BYTES": _v2_files,
}
BATCHES: dict[str, Callable[[Client, Sequence[Path]], list[Scores]]] = {
    "many files": _many_files,
    "many in JSON": _many_in_json,
}
FORMS = (*SINGLES, *BATCHES)
