"""How fast the server answers, against no more than decoding and running the model, and against LitServe.

On one computer, over loopback, with 1, 8 and 64 clients that each send the next photo as soon as the last was
answered; the clients run on the same processors. The contestants take turns in several rounds, and a ratio is the
median of the rounds' ratios, so that what else the computer does weighs on all of them alike.

`throughput_ratio`: the best throughput of `main.py serve` over that of a bare loop in this process that decodes the
same photos and runs the same ONNX file, in a thread per processor. `p99_ratio`: the 99th percentile of a request's
time under 8 clients, over the median with one client. `p99_ratio_bare`: the same of the bare loop, with 8 and with 1
photo asked for all the time, served in turn; and `mean_ratio_least`: 8 over what the best bare loop does in the time of
one such request, which no server can have its mean below.
`against_litserve`: over LitServe as it comes; `against_litserve_tuned`: over the best of three set-ups. `cpu_ms`: the
processor time of one answer, all processes of a server together, on Linux; a busy computer changes it little, and
`throughput_ratio_by_cpu` is the ratio of these. `choice`: the bare loop in threads, in processes, and with batches, in
photos a second: what the server does was chosen by that. `restart_seconds`: from killing the worker under load to the
next answer. `busy`: how many processes wanted a processor before it began; above 0.5 the times mean little, unless it
runs as `setsid nice -n -15`.
Usage: python benchmarks/serve.py [PHOTOS] [--requests N] [--rounds N] [--without-litserve]
"""

import argparse
import base64
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.dataset.scan import scan_folder
from app.demo.garments import make_demo
from app.files import HOME_VARIABLE
from app.parallel import processors
from app.project.project import Project
from app.training import TrainingRequest, train
from benchmarks.bare_loop import BareLoop
from benchmarks.contestants import Running, as_urgent, cpu_seconds, litserve, litserve_python, sightline, worker_of
from benchmarks.load_client import Load, load, requests_for
from benchmarks.result import PHOTOS, middle, print_result, say

CLIENTS = (1, 8, 64)
MOST_PHOTOS = 64
PER_CLASS = 10
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


def main(options: argparse.Namespace) -> None:
    """Let the contestants take turns."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        as_urgent(os.getpid())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        os.environ.setdefault(HOME_VARIABLE, name)
        folder = Path(name)
        say("train")
        bundle, drawn = make_bundle(folder)
        images = photos(options.photos, drawn)
        requests = requests_for(images)
        ours = stack.enter_context(sightline(bundle))
        others = {} if options.without_litserve else start_litserve(stack, folder, bundle / "model.onnx")
        bodies = [json.dumps({"image": base64.b64encode(image).decode()}).encode() for image in images]
        loop = BareLoop(bundle / "model.onnx", images, options.requests)
        rounds = []
        for number in range(options.rounds + 1):
            say(f"round {number} of {options.rounds}")
            rounds.append(one_round(loop, ours, requests, others, requests_for(bodies, "application/json"), options))
        loop.close()
        values: dict[str, Any] = {"restart_seconds": restart_seconds(ours.url, ours.log, requests)}
    print_result(**figures(rounds[1:]), **values, photos=len(images), busy=busy)  # the first warmed all of them


@dataclass(frozen=True)
class Round:
    """What one round saw: photos a second of the bare loop and of LitServe, the loads of the loop and of the server."""

    choice: dict[str, float]
    bare: dict[int, Load]
    loads: dict[int, Load]
    litserve: dict[str, float]
    cpu_ms: dict[str, float]

    @property
    def best(self) -> float:
        """The server's best throughput."""
        return max(each.per_second for each in self.loads.values())


def one_round(
    loop: BareLoop,
    ours: Running,
    requests: Sequence[bytes],
    others: dict[str, Running],
    theirs: Sequence[bytes],
    options: argparse.Namespace,
) -> Round:
    """Measure everyone once."""
    choice = loop.rates()
    cpu_ms = {"bare": choice.pop("cpu_ms")}
    bare = {clients: Load(choice["threads"], tuple(loop.times(clients))) for clients in CLIENTS[:2]}
    loads = {}
    for clients in CLIENTS:
        before = cpu_seconds(ours.process)
        loads[clients] = load(ours.url, requests, clients, options.requests)
        cpu_ms[f"{clients} clients"] = ours.cpu_ms(options.requests, before)
    rates = {}
    for name, other in others.items():
        before = cpu_seconds(other.process)
        both = [load(other.url, theirs, clients, options.requests) for clients in CLIENTS[1:]]
        rates[name] = max(each.per_second for each in both)
        cpu_ms[f"LitServe, {name}"] = other.cpu_ms(len(both) * options.requests, before)
    return Round(choice, bare, loads, rates, cpu_ms)


def p99_ratio(loads: dict[int, Load]) -> float:
    """Return the 99th percentile with 8 clients over the median with one."""
    return loads[8].percentile(0.99) / loads[1].percentile(0.5)


def mean_ratio_least(seen: Round) -> float:
    """Return the mean time of 8 clients over the median with one, for a server as fast as the best bare loop."""
    return 8 / max(seen.choice.values()) * 1000 / seen.loads[1].percentile(0.5)


def figures(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the ratios and the figures behind them, all as medians of the rounds."""
    values: dict[str, Any] = {
        "throughput_ratio": middle([each.best / each.choice["threads"] for each in rounds]),
        "p99_ratio": middle([p99_ratio(each.loads) for each in rounds]),
        "p99_ratio_bare": middle([p99_ratio(each.bare) for each in rounds]),
        "mean_ratio_least": middle([mean_ratio_least(each) for each in rounds]),
    }
    if rounds[0].litserve:
        as_it_comes = next(iter(rounds[0].litserve))
        values["against_litserve"] = middle([each.best / each.litserve[as_it_comes] for each in rounds])
        values["against_litserve_tuned"] = middle([each.best / max(each.litserve.values()) for each in rounds])
        values["litserve_per_second"] = {
            name: round(middle([each.litserve[name] for each in rounds]), 1) for name in rounds[0].litserve
        }
    cpu_ms = {name: middle([each.cpu_ms[name] for each in rounds]) for name in rounds[0].cpu_ms}
    if cpu_ms["8 clients"]:
        values["throughput_ratio_by_cpu"] = cpu_ms["bare"] / cpu_ms["8 clients"]
    values["cpu_ms"] = {name: round(value, 2) for name, value in cpu_ms.items()}
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


def start_litserve(stack: ExitStack, folder: Path, model: Path) -> dict[str, Running]:
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
    parser.add_argument("--without-litserve", action="store_true")
    main(parser.parse_args())
