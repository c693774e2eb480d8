"""The server as its own process, started by the command line, over a model that was really trained."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from app.dataset.decode import decode_image
from app.export.predictor import Predictor

ROOT = Path(__file__).resolve().parents[3]
GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
STOPS = ["CTRL_BREAK_EVENT"] if os.name == "nt" else ["SIGTERM", "SIGINT"]
TOLERANCE = 1e-5
CALLERS = 4  # clients at once, each with one request in flight
CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"  # of the tests alone; its key lies beside it


@dataclass(frozen=True)
class Child:
    """A serving process, its address and where its log goes."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path


def command(bundle: Path, *options: str) -> list[str]:
    """Return the command line that serves a bundle."""
    return [sys.executable, str(ROOT / "main.py"), "serve", str(bundle), "--json", *options]


@contextmanager
def child(bundle: Path, log: Path, *options: str) -> Iterator[Child]:
    """Start a server on a free port; it is ended in any case."""
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command(bundle, "--port", "0", *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            creationflags=GROUP,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Child(process, json.loads(process.stdout.readline())["url"], log)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """Return a server over the trained bundle."""
    with child(bundle, tmp_path_factory.mktemp("served") / "log") as running:
        yield running


def pictures(count: int) -> list[bytes]:
    """Draw pictures of many sizes and formats."""
    generator = np.random.default_rng(7)
    suffixes = [".jpg", ".png", ".webp", ".bmp", ".tiff"]
    files = []
    for number in range(count):
        height, width = generator.integers(20, 700, 2)
        small = generator.integers(0, 256, (9, 9, 3), np.uint8)
        pixels = cv2.resize(small, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
        files.append(cv2.imencode(suffixes[number % len(suffixes)], pixels)[1].tobytes())
    return files


def confidences(reply: dict[str, Any], labels: tuple[str, ...]) -> list[float]:
    """Return the confidences of a reply in the order of the labels."""
    by_label = {entry["label"]: entry["confidence"] for entry in reply["predictions"]}
    return [by_label[label] for label in labels]


def test_it_answers_as_the_predictor_does_in_every_form(served: Child, bundle: Path) -> None:
    predictor = Predictor(bundle)
    labels = predictor.info.labels
    files = pictures(20)
    expected = np.array([predictor.predict_image(decode_image(data)) for data in files])
    url = f"{served.url}/predict"
    with httpx.Client(timeout=60, trust_env=False) as client:
        single = [
            client.post(url, content=files[0]).json(),
            client.post(url, files={"file": files[0]}).json(),
            client.post(url, json={"image": base64.b64encode(files[0]).decode()}).json(),
        ]
        batches = [
            client.post(url, files=[("file", data) for data in files]).json(),
            client.post(url, json={"images": [base64.b64encode(data).decode() for data in files]}).json(),
        ]
    for reply in single:
        assert np.abs(np.array(confidences(reply, labels)) - expected[0]).max() <= TOLERANCE
    for batch in batches:
        answers = np.array([confidences(result, labels) for result in batch["results"]])
        assert np.abs(answers - expected).max() <= TOLERANCE


def test_it_shows_what_speaks_for_a_label(served: Child) -> None:
    reply = httpx.post(f"{served.url}/predict?heatmap=true", content=pictures(1)[0], timeout=60, trust_env=False)
    picture = decode_image(base64.b64decode(reply.raise_for_status().json()["heatmap"]))
    assert max(picture.shape) <= 448


def test_eight_clients_at_once(served: Child, bundle: Path) -> None:
    predictor = Predictor(bundle)
    labels = predictor.info.labels
    files = pictures(8)

    def differences(data: bytes) -> float:
        expected = predictor.predict_image(decode_image(data))
        with httpx.Client(timeout=60, trust_env=False) as client:
            replies = [client.post(f"{served.url}/predict", content=data).json() for _ in range(5)]
        return max(float(np.abs(np.array(confidences(reply, labels)) - expected).max()) for reply in replies)

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(differences, files)) <= TOLERANCE


def test_info_is_that_of_the_bundle(served: Child, bundle: Path) -> None:
    info = httpx.get(f"{served.url}/info", trust_env=False).json()
    assert info["labels"] == list(Predictor(bundle).info.labels)
    assert info["engine"] == "quick"


def test_requests_are_logged_to_stderr(served: Child) -> None:
    httpx.get(f"{served.url}/health", trust_env=False)
    httpx.get(f"{served.url}/logged-address", trust_env=False)
    while '"GET /logged-address HTTP/1.1" 404' not in served.log.read_text():  # lines come a few times a second
        httpx.get(f"{served.url}/health", trust_env=False)
    assert '"GET /health HTTP/1.1" 200' in served.log.read_text()


def test_a_busy_port_is_said_and_a_free_one_named(served: Child, bundle: Path) -> None:
    port = served.url.rpartition(":")[2]
    second = subprocess.run(
        command(bundle, "--port", port), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert second.returncode == 1
    assert f"Port {port} is in use." in second.stderr
    assert "is free." in second.stderr
    assert "Traceback" not in second.stderr


def test_another_address_without_a_token_is_refused(bundle: Path) -> None:
    exposed = subprocess.run(
        command(bundle, "--host", "0.0.0.0", "--port", "0"),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert exposed.returncode == 1
    assert "needs a token" in exposed.stderr


@pytest.mark.parametrize("name", STOPS)
def test_a_signal_stops_it_in_good_order(bundle: Path, tmp_path: Path, name: str) -> None:
    with child(bundle, tmp_path / "log") as running:
        running.process.send_signal(getattr(signal, name))
        assert running.process.wait(20) == 0
    log = running.log.read_text()
    assert "Stopped" in log
    assert "Traceback" not in log


def test_it_leaves_when_its_input_is_closed(bundle: Path, tmp_path: Path) -> None:
    with child(bundle, tmp_path / "log", "--watch-stdin") as running:
        assert httpx.get(f"{running.url}/health", trust_env=False).status_code == 200
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(20) == 0


WORKER = re.compile(r"The worker is process (\d+)")


def test_a_killed_worker_is_replaced_while_clients_go_on_calling(bundle: Path, tmp_path: Path) -> None:
    done = threading.Event()
    failed: list[httpx.TransportError] = []

    def call() -> int:
        answered = 0
        with httpx.Client(timeout=60, trust_env=False) as client:
            while not done.is_set():
                try:
                    answered += client.post(f"{running.url}/predict", content=picture).status_code == 200
                except httpx.TransportError as error:
                    failed.append(error)
        return answered

    picture = pictures(1)[0]
    with child(bundle, tmp_path / "log") as running, ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(call) for _ in range(CALLERS)]
        try:
            first = int(WORKER.findall(running.log.read_text())[0])
            os.kill(first, getattr(signal, "SIGKILL", signal.SIGTERM))
            # A new connection waits in the listening socket until the next worker takes it.
            with httpx.Client(timeout=60, trust_env=False) as client:
                while "another takes its place" not in running.log.read_text():
                    with contextlib.suppress(httpx.TransportError):
                        client.get(f"{running.url}/health")
                assert client.post(f"{running.url}/predict", content=picture).status_code == 200
        finally:
            done.set()
        assert sum(each.result() for each in calls) > 0
    assert len(failed) <= CALLERS  # those in flight
    assert len(set(WORKER.findall(running.log.read_text()))) == 2


def test_a_newer_model_is_taken_under_load_without_a_failed_request(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    picture = pictures(1)[0]
    answered = threading.Barrier(CALLERS + 1)

    def model(client: httpx.Client) -> str:
        reply = client.post(f"{running.url}/predict", content=picture)
        return str(reply.raise_for_status().json()["model"])

    def call() -> None:
        """Call until the newer model answers, over a new connection now and then; any failure is raised."""
        with httpx.Client(timeout=60, trust_env=False) as client:
            model(client)
        answered.wait(60)
        newer = False
        while not newer:
            with httpx.Client(timeout=60, trust_env=False) as client:
                newer = any(model(client) == "Newer" for _ in range(3))

    with child(copy, tmp_path / "log") as running, ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(call) for _ in range(CALLERS)]
        answered.wait(60)
        info = json.loads((copy / "bundle.json").read_text())
        (copy / "bundle.json").write_text(json.dumps({**info, "name": "Newer"}))
        for each in calls:
            each.result()
        log = running.log.read_text()
    assert "Serving a newer model" in log
    assert not re.search(r'HTTP/1.1" [45]', log)


def test_a_certificate_makes_it_https(bundle: Path, tmp_path: Path) -> None:
    options = ["--certificate", str(CERTIFICATE), "--key", str(CERTIFICATE.with_name("localhost.key.pem"))]
    with child(bundle, tmp_path / "log", *options) as running:
        assert running.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=CERTIFICATE)
        with httpx.Client(verify=trusted, timeout=60, trust_env=False) as client:
            assert client.get(f"{running.url}/ready").status_code == 200
        with httpx.Client(timeout=60, trust_env=False) as client, pytest.raises(httpx.TransportError):
            client.get(f"{running.url.replace('https', 'http')}/ready")


def test_a_certificate_without_its_key_is_said(bundle: Path) -> None:
    options = ["--port", "0", "--certificate", str(CERTIFICATE)]
    done = subprocess.run(
        command(bundle, *options), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert done.returncode == 1
    assert "The certificate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_model_is_said_by_the_worker(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (copy / "model.onnx").write_bytes(b"damaged")
    done = subprocess.run(
        command(copy, "--port", "0"), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert done.returncode == 1
    assert "is damaged or was exchanged" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_model_is_said_in_one_sentence(tmp_path: Path) -> None:
    missing = subprocess.run(
        command(tmp_path / "nothing"), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert missing.returncode == 1
    assert "There is no model at" in missing.stderr
    assert "Traceback" not in missing.stderr
