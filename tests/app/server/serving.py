"""A server in a thread over a small model whose answers are known, for tests of the HTTP side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from app.evaluation.rule import Rule
from app.export.bundle import BundleInfo
from app.export.explaining import HeatMap
from app.export.predictor import Answer
from app.server.api import create_app
from app.server.limits import Limits
from app.server.listener import listen
from app.server.models import ImageModel, ModelHolder
from app.server.security import Access
from app.server.worker import Server

LABELS = ("blue", "green", "red")
BIND = "127.0.0.1"


class ColourModel:
    """Answers with the share of each colour channel in the picture."""

    def __init__(self) -> None:
        self.info = BundleInfo(
            name="colours",
            labels=LABELS,
            engine="quick",
            backbone="none",
            created="2026-01-01T00:00:00+00:00",
            version="0.1.0",
            temperature=1.0,
            training_images=30,
            training_digest="0" * 64,
            model_sha256="0" * 64,
            accuracy=0.9,
            interval=(0.8, 0.95),
            rule=Rule((0.5, 0.5, 0.9), 0.95),
        )

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Return the shares of blue, green and red, with the channels' means as features; grey is like no colour."""
        means = image.reshape(-1, 3).mean(axis=0)[::-1] + 1.0
        shares = (means / means.sum()).astype(np.float32)
        novelty = float(1 - (shares.max() - shares.min()))
        best = int(shares.argmax())
        verdict = self.info.ruled.verdict(best, float(shares[best]), novelty)
        channels = image.reshape(-1, 3).mean(axis=0).astype(np.float32)
        return Answer(shares, novelty, verdict, channels if features else None)

    def heat(self, image: NDArray[np.uint8], label: int) -> HeatMap:
        """Return that the left half speaks for everything."""
        return HeatMap(np.array([[1, 0]], np.float32), (0.0, 0.0, 1.0, 1.0))


@dataclass(frozen=True)
class Served:
    """A running server and how to reach it."""

    url: str
    port: int
    client: httpx.Client


@contextmanager
def serving(
    model: ImageModel | ModelHolder,
    token: str | None = None,
    limits: Limits | None = None,
    hosts: tuple[str, ...] = (BIND, "localhost"),
    **options: Any,
) -> Iterator[Served]:
    """Serve a model, or one that comes later, on a free port of this computer."""
    listener = listen(BIND, 0, token)
    ready = threading.Event()
    models = model if isinstance(model, ModelHolder) else ModelHolder(model)
    app = create_app(models, Access(token, hosts), limits, **options)
    server = Server(app, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener.socket]})
    thread.start()
    try:
        assert ready.wait(10)
        with httpx.Client(base_url=listener.url, timeout=20, trust_env=False) as client:
            yield Served(listener.url, listener.port, client)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.socket.close()


def encoded(colour: tuple[int, int, int], suffix: str = ".png", size: tuple[int, int] = (40, 30)) -> bytes:
    """Return an image file of one RGB colour; size is (width, height)."""
    pixels = np.full((size[1], size[0], 3), colour[::-1], np.uint8)
    return cv2.imencode(suffix, pixels)[1].tobytes()


RED, GREEN, BLUE = encoded((250, 0, 0)), encoded((0, 250, 0)), encoded((0, 0, 250))
