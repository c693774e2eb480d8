"""From encoded images to answers, in a bounded pool of threads beside the event loop."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import decode_image
from app.dataset.image_header import read_header
from app.dataset.thumbnails import shrunk
from app.errors import InputError
from app.evaluation.rule import ACCEPTED
from app.export.predictor import Answer as ModelAnswer
from app.parallel import processors
from app.server.bodies import no_base64
from app.server.limits import MEGAPIXEL, Limits
from app.server.metrics import Metrics
from app.server.models import Served
from app.server.problems import RequestError

T = TypeVar("T")
Pixels = NDArray[np.uint8]
Image = bytes | Pixels | None  # a file's bytes, RGB [height, width, 3], or None for what was no valid base64
Ranked = list[dict[str, Any]]

FORMATS_HINT = "It should be a complete JPEG, PNG, BMP, GIF, TIFF or WebP file."
RETRY_SECONDS = "2"
HEAT_SIDE, HEAT_OPACITY = 448, 0.6  # pixels; 0 to 1


@dataclass(frozen=True)
class Wish:
    """What an answer shall have besides probabilities."""

    features: bool = False
    heat: bool = False


@dataclass(frozen=True)
class Answer:
    """What the model said of an image, in the order of the labels, and the time it took."""

    labels: tuple[str, ...]
    said: ModelAnswer
    milliseconds: float
    heat: bytes | None = None  # a PNG: the image under the map of what speaks for the best label

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Return the probabilities [classes]."""
        return self.said.probabilities

    @property
    def rule(self) -> dict[str, Any]:
        """Return what the model's rule makes of it, as replies of other programs' forms carry it."""
        return {
            "accepted": self.said.verdict == ACCEPTED,
            "verdict": self.said.verdict,
            "novelty": self.said.novelty,
        }

    def ranked(self, top_k: int | None = None) -> Ranked:
        """Return the best `top_k` labels, or all, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:top_k]
        return [{"label": self.labels[at], "confidence": float(self.probabilities[at])} for at in order]


NOTHING_ELSE = Wish()


def heat_picture(served: Served, image: Pixels, label: int) -> bytes:
    """Return a PNG of the image, made small, under the map of what speaks for a class."""
    from app.export.explaining import overlaid  # it loads a second library for models

    picture = overlaid(shrunk(image, HEAT_SIDE), served.model.heat(image, label), HEAT_OPACITY)
    return cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()


class Classifier:
    """Decodes and predicts in a fixed number of threads; a bounded number of images waits for its turn."""

    def __init__(self, limits: Limits, threads: int | None = None):
        self._limits = limits
        self.metrics = Metrics(lambda: self.waiting)
        self._threads = threads or processors()
        self._pool = self._new_pool()
        self._closed = False
        self.waiting = 0

    def _new_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="classify")

    def open(self) -> None:
        """Begin again after `close`."""
        if self._closed:
            self._pool = self._new_pool()
            self._closed = False

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    async def in_pool(self, function: Callable[[], T], images: int = 1) -> T:
        """Run a blocking function in the pool; raises RequestError 503 where too much waits or it takes too long."""
        if self.waiting + images > self._limits.queue:
            raise RequestError(
                503, "The server has too much to do.", "Try again in a moment.", {"Retry-After": RETRY_SECONDS}
            )
        self.waiting += images
        try:
            future = asyncio.get_running_loop().run_in_executor(self._pool, function)
            return await asyncio.wait_for(future, self._limits.answer_seconds)
        except asyncio.TimeoutError as error:  # before Python 3.11 this is another than the built-in one
            raise RequestError(503, "The answer took too long.", "Send fewer or smaller images.") from error
        finally:
            self.waiting -= images

    async def answer(self, served: Served, image: Image, wish: Wish = NOTHING_ELSE) -> Answer:
        """Return the answer to one image; raises RequestError."""
        self.metrics.count_images(1)
        return await self.in_pool(lambda: self._answer(served, image, wish))

    async def answers(
        self, served: Served, images: Sequence[Image], wish: Wish = NOTHING_ELSE
    ) -> list[Answer | RequestError]:
        """Answer each image; a RequestError takes the place of an image that cannot be read."""
        self.metrics.count_images(len(images))

        def attempt(image: Image) -> Answer | RequestError:
            try:
                return self._answer(served, image, wish)
            except RequestError as problem:
                return problem

        if self.waiting + len(images) > self._limits.queue:
            await self.in_pool(lambda: None, len(images))  # refuses all of them at once
        return await asyncio.gather(*(self.in_pool(partial(attempt, image)) for image in images))

    def _answer(self, served: Served, image: Image, wish: Wish) -> Answer:
        start = time.perf_counter()
        pixels = image if isinstance(image, np.ndarray) else self._decode(image)
        said = served.model.answer(pixels, wish.features)
        best = int(said.probabilities.argmax())
        heat = heat_picture(served, pixels, best) if wish.heat else None
        self.metrics.count_prediction(served.labels[best])
        return Answer(served.labels, said, (time.perf_counter() - start) * 1000, heat)

    def _decode(self, data: bytes | None) -> Pixels:
        if data is None:
            raise no_base64()
        header = read_header(data)
        if header is None:
            raise RequestError(422, "The image cannot be read.", FORMATS_HINT)
        if header.width * header.height > self._limits.pixels:
            most = f"{self._limits.pixels / MEGAPIXEL:g} megapixels"
            raise RequestError(
                413, f"The image has {header.width} × {header.height} pixels, more than {most}.", "Shrink it."
            )
        try:
            return decode_image(data)
        except InputError as error:
            raise RequestError(422, "The image cannot be read.", FORMATS_HINT) from error
