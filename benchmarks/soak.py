"""Whether the server's memory stays flat over very many requests, right ones and wrong ones, in every form it takes.

Clients that never pause send pictures of many sizes and formats bare, in forms, in JSON, several at a time, as tensors
and as other programs do, and among them what must be refused. Each leaves its connection for a new one after a while.
`failed` counts answers of another status than they must have, `replaced` how often the worker died. `growth_mb`: the
median of the worker's memory over the last quarter of the requests less that over the second quarter; `memory_mb` are
its 20 marks. `files` and `threads` are how many more of each the worker had at the end than after a tenth. On Linux.
With --light the network is a single layer behind the real preprocessing, so that most of the work is the server's own.
Usage: python benchmarks/soak.py [--requests N] [--clients N] [--light]
"""

import argparse
import base64
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from app.files import HOME_VARIABLE
from benchmarks.contestants import Running, sightline, worker_of
from benchmarks.light_bundle import light_bundle
from benchmarks.load_client import connect, exchange, post
from benchmarks.result import middle, print_result, say
from benchmarks.serve import make_bundle

Known = tuple[bytes, int]  # a request, and the status it must get

MARKS = 20
CALLS = 200  # on one connection
SUFFIXES = (".jpg", ".png", ".webp", ".bmp", ".tiff")
SIDES = (20, 200)  # of the pictures, in pixels
PICTURES = 20
SEVERAL = 4
MEBIBYTE = 1 << 20


def pictures(number: int) -> list[bytes]:
    """Draw smooth pictures of many sizes and formats."""
    generator = np.random.default_rng(7)
    files = []
    for at in range(number):
        height, width = (int(side) for side in generator.integers(*SIDES, 2))
        small = generator.integers(0, 256, (9, 9, 3), np.uint8)
        pixels = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        files.append(cv2.imencode(SUFFIXES[at % len(SUFFIXES)], pixels)[1].tobytes())
    return files


def every_kind(images: Sequence[bytes], model: str) -> list[Known]:
    """Return requests of every form that the server takes, and of every kind that it refuses."""
    found = [known for image in images for known in (*_right(image, model), *_wrong(image))]
    texts = [base64.b64encode(image).decode() for image in images]
    for at in range(0, len(texts), SEVERAL):
        found.append((_json("/predict", {"images": texts[at : at + SEVERAL]}), 200))
    return found


def _right(image: bytes, model: str) -> list[Known]:
    text = base64.b64encode(image).decode()
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + image + b"\r\n--x--\r\n"
    return [
        (post("/predict", image, "image/jpeg"), 200),
        (post("/predict?top_k=1&threshold=0.5&features=true", image, "application/octet-stream"), 200),
        (post("/predict", form, "multipart/form-data; boundary=x"), 200),
        (_json("/predict", {"image": text}), 200),
        (_json(f"/v2/models/{model}/infer", {"inputs": [tensor]}), 200),
        (post(f"/predictions/{model}", image, "image/jpeg"), 200),
        (_json("/v1/predict/any", {"image": text}), 200),
        (_json("/score", {"input_df": [{"image base64 string": text}]}), 200),
    ]


def _wrong(image: bytes) -> list[Known]:
    return [
        (post("/predict", image[:20], "image/jpeg"), 422),
        (post("/predict", image, "text/plain"), 415),
        (_json("/predict", {"image": "?"}), 422),
        (post("/elsewhere", b"{}", "application/json"), 404),
    ]


def _json(path: str, value: object) -> bytes:
    return post(path, json.dumps(value).encode(), "application/json")


class Soak:
    """Sends requests from several clients and marks the worker's memory as they go."""

    def __init__(self, server: Running, requests: Sequence[Known], total: int):
        self._server = server
        self._requests = requests
        self._total = total
        self._numbers = count()
        self._worker = worker_of(server.log)
        self.failed = 0
        self.marks: list[tuple[float, int, int]] = []  # MiB, open files, threads

    def run(self, clients: int) -> None:
        """Send them all."""
        threads = [threading.Thread(target=self._call) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _call(self) -> None:
        going = True
        while going:
            try:
                going = self._on_one_connection()
            except OSError:
                self.failed += 1

    def _on_one_connection(self) -> bool:
        with connect(self._server.url) as connection:
            for _ in range(CALLS):
                number = next(self._numbers)
                if number >= self._total:
                    return False
                request, status = self._requests[number % len(self._requests)]
                reply = exchange(connection, request)
                self.failed += reply.status != status
                if (number + 1) % (self._total // MARKS) == 0:
                    self.marks.append(state_of(self._worker))
                    say(f"{number + 1} requests: {self.marks[-1][0]:.1f} MiB, {self.failed} failed")
                if not reply.stays:
                    break
        return True


def state_of(process: int) -> tuple[float, int, int]:
    """Return the memory of a process in MiB, its open files, and its threads."""
    folder = Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text().split()[1])
    files, threads = (sum(1 for _ in (folder / name).iterdir()) for name in ("fd", "task"))
    return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE, files, threads


def main(options: argparse.Namespace) -> None:
    """Soak one server."""
    if options.requests < MARKS:
        raise SystemExit(f"There must be {MARKS} requests at least.")
    with tempfile.TemporaryDirectory() as name:
        os.environ.setdefault(HOME_VARIABLE, name)
        bundle = light_bundle(Path(name) / "light") if options.light else make_bundle(Path(name))[0]
        requests = every_kind(pictures(PICTURES), json.loads((bundle / "bundle.json").read_text())["name"])
        with sightline(bundle) as server:
            soak = Soak(server, requests, options.requests)
            start = time.perf_counter()
            soak.run(options.clients)
            seconds = time.perf_counter() - start
            replaced = server.log.read_text().count("another takes its place")
    memory, files, threads = (list(values) for values in zip(*soak.marks, strict=True))
    quarter = MARKS // 4
    print_result(
        requests=options.requests,
        failed=soak.failed,
        replaced=replaced,
        growth_mb=middle(memory[-quarter:]) - middle(memory[quarter : 2 * quarter]),
        memory_mb=[round(mark, 1) for mark in memory],
        files=files[-1] - files[1],
        threads=threads[-1] - threads[1],
        seconds=seconds,
        light=options.light,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--light", action="store_true")
    main(parser.parse_args())
