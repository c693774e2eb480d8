"""Pretrained networks as ONNX: converted once per user, added and measured, by the worker that has PyTorch."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import Note, OnEvent
from app.errors import Cancelled, EngineError, InputError
from app.features.backbones import TIMM_PREFIX, Backbone, find_backbone, network_file
from app.files import safe_name

TORCH_WORKER = "app.engines.torch_worker"


def ensure_network(backbone: Backbone, on_event: OnEvent, cancel: threading.Event) -> None:
    """Make the ONNX form of a backbone if the cache lacks it; raises EngineError, or Cancelled."""
    if network_file(backbone).exists():
        return
    on_event(Note(f"Preparing the pretrained network {backbone.title}; this is done once."))
    job = {"kind": "export", "backbone": backbone.name, "to": str(network_file(backbone))}
    with _worker(cancel) as process:
        process.run(job, on_event, cancel)


def add_network(name: str, file: Path | None, on_event: OnEvent, cancel: threading.Event) -> Backbone:
    """Add a network to those that are here, with weights or as ONNX from a file; raises AppError, or Cancelled."""
    _check(name, file)
    with _worker(cancel) as process:
        job = {"kind": "add_backbone", "name": name, "file": str(file) if file else None}
        return find_backbone(process.run(job, on_event, cancel)["backbone"])


def _check(name: str, file: Path | None) -> None:
    """Raise InputError for what no worker has to be asked about: a name that is no file's, or a file that is none."""
    of_timm = name.startswith(TIMM_PREFIX)
    if not of_timm and safe_name(name) != name:
        raise InputError(
            f"“{name}” cannot be the name of a network.",
            "Use letters and digits, with spaces and - _ . ( ) between them; at most 60 characters.",
        )
    if of_timm and file is not None:
        raise InputError(f"The weights of {name} come from timm, not from a file.", "Leave the file out.")
    if file is not None and not file.is_file():
        what = f"“{file}” is a folder." if file.is_dir() else f"There is no file “{file}”."
        raise InputError(what, "Check the path: it is that of a file with weights, or of an ONNX network.")


def measure_network(backbone: Backbone, on_event: OnEvent, cancel: threading.Event) -> float:
    """Return how many images a second a network sees on this computer."""
    ensure_network(backbone, on_event, cancel)
    with _worker(cancel) as process:
        job = {"kind": "measure_backbone", "backbone": backbone.name}
        return float(process.run(job, on_event, cancel)["images_per_second"])


@contextmanager
def _worker(cancel: threading.Event) -> Iterator[EngineProcess]:
    with EngineProcess(worker_command(TORCH_WORKER)) as process:
        try:
            process.start()
        except EngineError:
            if cancel.is_set():  # Ctrl+C on a terminal may reach the process before it has a session of its own
                raise Cancelled from None
            raise
        yield process
