"""A bare loop that decodes and predicts without a server: what a server that cost nothing would reach."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.dataset.decode import decode_image
from app.onnx_sessions import open_session
from app.parallel import processors
from benchmarks.contestants import own_group

_session: Any = None


def set_up(model: Path) -> None:
    """Load the model in this process."""
    global _session  # a pool's processes have no other place
    cv2.setNumThreads(1)
    _session = open_session(model)


def answer(data: bytes) -> float:
    """Decode and predict one photo."""
    return float(_session.run(["probabilities"], {"image": decode_image(data)[np.newaxis]})[0].max())


def answer_several(batch: Sequence[bytes]) -> int:
    """Decode photos and predict them in one call; they are brought to one size, which a batch must have."""
    pixels = np.stack([cv2.resize(decode_image(data), (400, 400)) for data in batch])
    return len(_session.run(["probabilities"], {"image": pixels})[0])


class BareLoop:
    """Decodes and predicts without a server, in every way that one could; it has a process of its own, as they have."""

    def __init__(self, model: Path, images: Sequence[bytes], total: int):
        self._host = ProcessPoolExecutor(1, get_context("spawn"), initializer=own_group)
        self._host.submit(_Pools.make, model, [images[at % len(images)] for at in range(total)]).result()

    def rates(self) -> dict[str, float]:
        """Return photos a second in threads, in processes, and in threads with batches of eight.

        `cpu_ms` is the processor time of a photo in threads, in milliseconds.
        """
        return self._host.submit(_Pools.rates).result()

    def times(self, clients: int) -> list[float]:
        """Return the milliseconds of each photo when so many are always asked for, first come, first served."""
        return self._host.submit(_Pools.times, clients).result()

    def close(self) -> None:
        """End the pools."""
        self._host.submit(_Pools.close).result()
        self._host.shutdown()


class _Pools:
    """The pools of the bare loop, in its process."""

    work: Sequence[bytes] = ()
    threads: ThreadPoolExecutor
    processes: ProcessPoolExecutor

    @classmethod
    def make(cls, model: Path, work: Sequence[bytes]) -> None:
        set_up(model)
        cls.work = work
        cls.threads = ThreadPoolExecutor(processors())
        cls.processes = ProcessPoolExecutor(processors(), get_context("spawn"), initializer=set_up, initargs=(model,))
        list(cls.processes.map(answer, work[: 4 * processors()]))

    @classmethod
    def rates(cls) -> dict[str, float]:
        batches = [cls.work[at : at + 8] for at in range(0, len(cls.work), 8)]
        before = time.process_time()
        threads = cls._rate(lambda: cls.threads.map(answer, cls.work))
        return {
            "cpu_ms": (time.process_time() - before) / len(cls.work) * 1000,
            "threads": threads,
            "processes": cls._rate(lambda: cls.processes.map(answer, cls.work, chunksize=4)),
            "batches_of_8": cls._rate(lambda: cls.threads.map(answer_several, batches)),
        }

    @classmethod
    def times(cls, clients: int) -> list[float]:
        work, lock, found = iter(cls.work), threading.Lock(), []

        def ask(_client: int) -> None:
            while True:
                with lock:
                    data = next(work, None)
                if data is None:
                    return
                start = time.perf_counter()
                cls.threads.submit(answer, data).result()
                found.append((time.perf_counter() - start) * 1000)

        with ThreadPoolExecutor(clients) as asking:
            list(asking.map(ask, range(clients)))
        return found

    @classmethod
    def _rate(cls, run: Callable[[], Iterable[Any]]) -> float:
        start = time.perf_counter()
        for _ in run():
            pass
        return len(cls.work) / (time.perf_counter() - start)

    @classmethod
    def close(cls) -> None:
        cls.threads.shutdown()
        cls.processes.shutdown()
