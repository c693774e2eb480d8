"""How fast the server answers, against no more than decoding and running the model, and against LitServe.

On one computer, over loopback, with 1, 8 and 64 clients that each send the next photo as soon as the last was
answered; the clients run on the same processors. The contestants take turns in several rounds, and a ratio is the
median of the rounds' ratios, so that what else the computer does weighs on all of them alike.

`throughput_ratio`: the best throughput of `main.py serve` over that of a bare loop in this process that decodes the
same photos and runs the same ONNX file, in a thread per processor. `p99_ratio`: the 99th percentile of a request's
time under 8 clients, over the median with one client; clients that never pause make it 8 / processors at least.
`against_litserve`: over LitServe as it comes;
`against_litserve_tuned`: over the best of three set-ups. `choice`: the bare loop in threads, in processes, and with
batches, in photos a second: what the server does was chosen by that. `restart_seconds`: from killing the worker under
load to the next answer. With --soak N also `soak_growth_mb`: by how much the worker's memory grew over the last half
of N requests.
Usage: python benchmarks/serve.py [PHOTOS] [--requests N] [--rounds N] [--soak N] [--without-litserve]
"""

import argparse
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from app.dataset.decode import decode_image
from app.dataset.scan import scan_folder
from app.demo.garments import make_demo
from app.files import HOME_VARIABLE
from app.onnx_sessions import open_session
from app.parallel import processors
from app.project.project import Project
from app.training import TrainingRequest, train
from benchmarks.load_client import Load, load, requests_for
from benchmarks.result import PHOTOS, PROGRAM, middle, print_result, say

LITSERVE = "litserve==0.2.19"
CLIENTS = (1, 8, 64)
MOST_PHOTOS = 64
PER_CLASS = 10
PORT_FILE_WAIT_S = 60
OWN_SESSION = os.name != "nt"
SETUPS = ((1, 0), (processors(), 1), (processors(), 0))  # LitServe's workers, threads inside a call; as it comes first


def make_bundle(folder: Path) -> tuple[Path, list[bytes]]:
    """Train on drawn garments; return the bundle and the pictures it was trained on."""
    images = make_demo(folder / "images", seed=1, per_class=PER_CLASS)
    with Project.create(folder / "project", "Served") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        bundle = train(project, TrainingRequest(), lambda event: None, threading.Event()).bundle
    return bundle, [path.read_bytes() for path in sorted(images.rglob("*.jpg"))]


def photos(folder: Path | None, drawn: list[bytes]) -> list[bytes]:
    """Return photos of a folder that was named, of the one beside the repository, or the drawn pictures."""
    folder = folder or (PHOTOS if PHOTOS.is_dir() else None)
    if folder is None:
        return drawn
    found = [image.path for image in scan_folder(folder).images]
    return [path.read_bytes() for path in found[:: max(1, len(found) // MOST_PHOTOS)][:MOST_PHOTOS]]


# -- the bare loop


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
        """Return photos a second in threads, in processes, and in threads with batches of eight."""
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
        return {
            "threads": cls._rate(lambda: cls.threads.map(answer, cls.work)),
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
    """Leave the session: Linux shares processors out by sessions, and each contestant shall have one."""
    if hasattr(os, "setsid"):
        os.setsid()


# -- servers


@contextmanager
def sightline(bundle: Path) -> Iterator[tuple[str, Path]]:
    """Start `main.py serve`; give its address and its log."""
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
            yield json.loads(process.stdout.readline())["url"], log
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
def litserve(python: str, model: Path, port: int, workers: int, threads: int) -> Iterator[str]:
    """Start LitServe and wait until it answers."""
    script = str(Path(__file__).with_name("litserve_server.py"))
    arguments = [python, script, str(model), str(port), str(workers), str(threads)]
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=OWN_SESSION
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url
        finally:
            if OWN_SESSION:
                os.killpg(process.pid, signal.SIGKILL)  # its workers, too
            else:
                process.terminate()


def _wait_for(url: str) -> None:
    from urllib.error import URLError
    from urllib.request import urlopen

    end = time.monotonic() + PORT_FILE_WAIT_S
    while time.monotonic() < end:
        try:
            if urlopen(f"{url}/health", timeout=5).status == 200:
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("LitServe does not answer.")


# -- figures


def restart_seconds(url: str, log: Path, requests: Sequence[bytes]) -> float:
    """Kill the worker while it answers; return the seconds until another does."""
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            try:
                load_one(url, requests[0])
            except (OSError, SystemExit):
                continue

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    os.kill(worker_of(log), getattr(signal, "SIGKILL", signal.SIGTERM))
    start = time.perf_counter()
    while True:
        try:
            load_one(url, requests[0])
            break
        except (OSError, SystemExit):
            continue
    seconds = time.perf_counter() - start
    stop.set()
    for thread in threads:
        thread.join()
    return seconds


def load_one(url: str, request: bytes) -> None:
    """Send one request over a connection of its own."""
    load(url, [request], 1, 1)


def resident_mb(process: int) -> float:
    """Return the memory of a process, on Linux."""
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def soak(url: str, log: Path, requests: Sequence[bytes], total: int) -> dict[str, Any]:
    """Send many requests; return how the worker's memory grew over the last half of them."""
    load(url, requests, 8, total // 2)
    before = resident_mb(worker_of(log))
    load(url, requests, 8, total - total // 2)
    after = resident_mb(worker_of(log))
    return {"soak_requests": total, "soak_mb": after, "soak_growth_mb": after - before}


def main(options: argparse.Namespace) -> None:
    """Let the contestants take turns."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        os.environ.setdefault(HOME_VARIABLE, name)
        folder = Path(name)
        say("train")
        bundle, drawn = make_bundle(folder)
        images = photos(options.photos, drawn)
        requests = requests_for(images)
        url, log = stack.enter_context(sightline(bundle))
        others = {} if options.without_litserve else start_litserve(stack, folder, bundle / "model.onnx")
        bodies = [json.dumps({"image": base64.b64encode(image).decode()}).encode() for image in images]
        loop = BareLoop(bundle / "model.onnx", images, options.requests)
        rounds = []
        for number in range(options.rounds + 1):
            say(f"round {number} of {options.rounds}")
            rounds.append(one_round(loop, url, requests, others, requests_for(bodies, "application/json"), options))
        loop.close()
        values: dict[str, Any] = {"restart_seconds": restart_seconds(url, log, requests)}
        if options.soak:
            say("soak")
            values |= soak(url, log, requests, options.soak)
    print_result(**figures(rounds[1:]), **values, photos=len(images))  # the first warmed all of them


@dataclass(frozen=True)
class Round:
    """What one round saw: photos a second of the bare loop and of LitServe, and the loads of the server."""

    choice: dict[str, float]
    loads: dict[int, Load]
    litserve: dict[str, float]

    @property
    def best(self) -> float:
        """The server's best throughput."""
        return max(each.per_second for each in self.loads.values())


def one_round(
    loop: BareLoop,
    url: str,
    requests: Sequence[bytes],
    others: dict[str, str],
    theirs: Sequence[bytes],
    options: argparse.Namespace,
) -> Round:
    """Measure everyone once."""
    choice = loop.rates()
    loads = {clients: load(url, requests, clients, options.requests) for clients in CLIENTS}
    litserve = {
        name: max(load(other, theirs, clients, options.requests).per_second for clients in CLIENTS[1:])
        for name, other in others.items()
    }
    return Round(choice, loads, litserve)


def figures(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the ratios and the figures behind them, all as medians of the rounds."""
    values: dict[str, Any] = {
        "throughput_ratio": middle([each.best / each.choice["threads"] for each in rounds]),
        "p99_ratio": middle([each.loads[8].percentile(0.99) / each.loads[1].percentile(0.5) for each in rounds]),
    }
    if rounds[0].litserve:
        as_it_comes = next(iter(rounds[0].litserve))
        values["against_litserve"] = middle([each.best / each.litserve[as_it_comes] for each in rounds])
        values["against_litserve_tuned"] = middle([each.best / max(each.litserve.values()) for each in rounds])
        values["litserve_per_second"] = {
            name: round(middle([each.litserve[name] for each in rounds]), 1) for name in rounds[0].litserve
        }
    values["clients"] = {
        str(clients): {
            "per_second": round(middle([each.loads[clients].per_second for each in rounds]), 1),
            "p50_ms": round(middle([each.loads[clients].percentile(0.5) for each in rounds]), 1),
            "p99_ms": round(middle([each.loads[clients].percentile(0.99) for each in rounds]), 1),
        }
        for clients in CLIENTS
    }
    values["choice"] = {name: round(middle([each.choice[name] for each in rounds]), 1) for name in rounds[0].choice}
    return values


def start_litserve(stack: ExitStack, folder: Path, model: Path) -> dict[str, str]:
    """Start each of LitServe's set-ups; return their addresses."""
    say("LitServe")
    python = litserve_python(folder / "litserve")
    found = {}
    for workers, threads in SETUPS:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        name = f"{workers} workers, {threads or 'all'} threads"
        found[name] = stack.enter_context(litserve(python, model, port, workers, threads))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", nargs="?", type=Path)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--soak", type=int, default=0)
    parser.add_argument("--without-litserve", action="store_true")
    main(parser.parse_args())
