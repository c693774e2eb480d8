"""The worker with PyTorch: turns published weights into ONNX feature networks, adds networks and measures them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.engines.onnx_backbones import add_onnx
from app.engines.protocol import Hello, OnEvent
from app.engines.torch_backbones import add_resnet, add_timm, load_backbone
from app.engines.torch_to_onnx import PIXELS, feature_network_onnx
from app.engines.worker import Job
from app.errors import InputError
from app.features.backbones import BACKBONES, RESNETS, TIMM_PREFIX, Backbone, find_backbone, network_file
from app.features.outputs import FEATURES
from app.files import write_bytes
from app.onnx_sessions import open_session
from app.parallel import processors

MEASURED = 12  # pictures a thread, after one that does not count


def export_backbone(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write the ONNX form of the job's `backbone` to its path `to`."""
    backbone = find_backbone(job["backbone"])
    write_bytes(Path(job["to"]), feature_network_onnx(load_backbone(backbone.name), backbone.side))
    return {"network": job["to"]}


def add_backbone(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Add the network of the job's `name`, with weights or as ONNX from its `file` if it has one."""
    return {"backbone": _add(job["name"], Path(job["file"]) if job.get("file") else None, on_event).name}


def _add(name: str, file: Path | None, on_event: OnEvent) -> Backbone:
    if name in BACKBONES:
        raise InputError(f"The network “{name}” is there already.", "Choose another name.")
    if name in RESNETS:
        return add_resnet(name, file, on_event)
    if name.startswith(TIMM_PREFIX):
        return add_timm(name, on_event)
    if file is None:
        names = ", ".join(RESNETS)
        raise InputError(f"There is no network “{name}” to add.", f"Add {names}, timm:NAME, or a file of ONNX.")
    return add_onnx(name, file)


def measure_backbone(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Measure how many images a second the job's `backbone` sees here, an image per thread."""
    backbone = find_backbone(job["backbone"])
    session = open_session(network_file(backbone))
    pixels = np.zeros((1, backbone.side, backbone.side, 3), np.uint8)

    def see(count: int) -> None:
        for _ in range(count):
            session.run([FEATURES], {PIXELS: pixels})

    threads = processors()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(see, [1] * threads))
        start = time.perf_counter()
        list(pool.map(see, [MEASURED] * threads))
    return {"images_per_second": round(threads * MEASURED / (time.perf_counter() - start), 1)}


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("torch", torch.__version__)


HANDLERS = {"export": export_backbone, "add_backbone": add_backbone, "measure_backbone": measure_backbone}
