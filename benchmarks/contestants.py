"""What is measured against each other: a bare loop, `main.py serve`, and LitServe. Each has a session of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import cv2
import numpy as np

from app.dataset.decode import decode_image
from app.onnx_sessions import open_session
from app.parallel import processors
from benchmarks.result import PROGRAM

LITSERVE = "litserve==0.2.19"
START_S = 60  # for LitServe
OWN_SESSION = os.name != "nt"  # Linux shares processors out by sessions


@dataclass(frozen=True)
class Running:
    """A server that answers: its address, its first process, and its log if that is kept."""

    url: str
    process: int
    log: Path = Path(os.devnull)

    def cpu_ms(self, answered: int, before: float) -> float:
        """Return the processor time of each of so many answers, in milliseconds, since `cpu_seconds` was `before`."""
        return (cpu_seconds(self.process) - before) / answered * 1000


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
    def _rate(cls, run: Callable[[], Iterable[Any]]) -> float:
        start = time.perf_counter()
        for _ in run():
            pass
        return len(cls.work) / (time.perf_counter() - start)

    @classmethod
    def close(cls) -> None:
        cls.threads.shutdown()
        cls.processes.shutdown()


def own_group() -> None:
    """Leave the session of who started this."""
    if hasattr(os, "setsid"):
        os.setsid()


@contextmanager
def sightline(bundle: Path) -> Iterator[Running]:
    """Start `main.py serve`."""
    log = bundle.parent / "serve.log"
    command = [sys.executable, str(PROGRAM), "serve", str(bundle), "--port", "0", "--json"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=OWN_SESSION
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Running(json.loads(process.stdout.readline())["url"], process.pid, log)
        finally:
            process.terminate()


def worker_of(log: Path) -> int:
    """Return the process that answers, as the log says."""
    return int(log.read_text().rpartition("The worker is process ")[2].split()[0])


def litserve_python(folder: Path) -> str:
    """Make an environment with LitServe; what both servers need is that of this one."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    site = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "shared.pth").write_text("\n".join(ours), encoding="utf-8")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", LITSERVE], check=True, stderr=subprocess.DEVNULL)
    return str(python)


@contextmanager
def litserve(python: str, model: Path, port: int, workers: int, threads: int) -> Iterator[Running]:
    """Start LitServe and wait until it answers."""
    script = str(Path(__file__).with_name("litserve_server.py"))
    arguments = [python, script, str(model), str(port), str(workers), str(threads)]
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=OWN_SESSION
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield Running(url, process.pid)
        finally:
            if OWN_SESSION:
                os.killpg(process.pid, signal.SIGKILL)  # its workers, too
            else:
                process.terminate()


def _wait_for(url: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if urlopen(f"{url}/health", timeout=5).status == 200:
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("LitServe does not answer.")


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process and those it started have used so far; 0 where Linux' /proc is not."""
    used = 0
    for one in _family(process):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK") if used else 0.0


def _family(process: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, at = [process], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found
