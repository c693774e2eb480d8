"""From encoded images to ranked labels, in a bounded pool of threads beside the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import decode_image
from app.dataset.image_header import read_header
from app.errors import InputError
from app.evaluation.rule import ACCEPTED
from app.export.bundle import BundleInfo
from app.export.predictor import Answer
from app.server.bodies import no_base64
from app.server.limits import MEGAPIXEL, Limits
from app.server.problems import RequestError

T = TypeVar("T")
Encoded = tuple[bytes | None, ...]
Classified = dict[str, Any]

FORMATS_HINT = "It should be a complete JPEG, PNG, BMP, GIF, TIFF or WebP file."


class ImageModel(Protocol):
    """What the server needs of a model; `app.export.predictor.Predictor` is one."""

    @property
    def info(self) -> BundleInfo:
        """Labels and provenance."""

    def answer(self, image: NDArray[np.uint8]) -> Answer:
        """Return the probability of each label, novelty and verdict; called from several threads at once."""


class Classifier:
    """Runs decoding and prediction in a fixed number of threads; the rest wait their turn."""

    def __init__(self, model: ImageModel, limits: Limits, threads: int | None = None):
        self.model = model
        self._limits = limits
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="classify")

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._pool.shutdown(cancel_futures=True)

    async def in_pool(self, function: Callable[[], T]) -> T:
        """Run a blocking function in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    async def classify(self, data: bytes | None, top_k: int | None) -> Classified:
        """Return the best `top_k` labels of one encoded image, best first, and the verdict; raises RequestError."""
        return await self.in_pool(lambda: self._classify(data, top_k))

    async def classify_all(self, images: Encoded, top_k: int | None) -> list[Classified | RequestError]:
        """Classify each image; a RequestError takes the place of an image that cannot be read."""

        def attempt(data: bytes | None) -> Classified | RequestError:
            try:
                return self._classify(data, top_k)
            except RequestError as problem:
                return problem

        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(self._pool, attempt, data) for data in images))

    def _classify(self, data: bytes | None, top_k: int | None) -> Classified:
        answer = self.model.answer(self._decode(data))
        order = np.argsort(-answer.probabilities, kind="stable")[:top_k]
        labels = self.model.info.labels
        return {
            "predictions": [
                {"label": labels[index], "confidence": float(answer.probabilities[index])} for index in order
            ],
            "accepted": answer.verdict == ACCEPTED,
            "verdict": answer.verdict,
            "novelty": answer.novelty,
        }

    def _decode(self, data: bytes | None) -> NDArray[np.uint8]:
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
