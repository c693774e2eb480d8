"""The job that hands a run over to CNTK's own Python: pictures, what to learn, and the network to build upon."""

import shutil
import threading
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from app.engines.cntk_nodes import RGB, choose_node
from app.engines.cntk_runtime import default_runtime
from app.engines.cntk_training.task import FOLDER, ROWS_FILE, TASK_FILE
from app.engines.pixel_cache import PixelCache
from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.snapshot import Snapshot, read_snapshot, read_split
from app.engines.validation_part import Parts, divide
from app.engines.worker import Job
from app.errors import EngineError, InputError
from app.features.backbones import BACKBONES, Backbone, network_file
from app.files import write_json
from app.settings.cntk import OUR_NETWORK, REFINING, CntkSettings, read_numbers

SOURCE_FILE = "source.model"  # the user's file as it was when the run began


def prepare(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write the task of the job's `run` folder for CNTK; raises InputError for a network that cannot be used."""
    run = Path(job["run"])
    snapshot, split = read_snapshot(run), read_split(run)
    settings = CntkSettings(**snapshot.settings)  # type: ignore[arg-type]
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    network = _network(folder, snapshot, settings)
    device = _device(settings.device)
    parts = divide(snapshot, split)
    _check_classes(snapshot, parts)
    cache = PixelCache(Path(snapshot.cache), settings.resolution)
    throttle = Throttle(on_event)
    images = [snapshot.images[position] for position in (*parts.training, *parts.validation)]
    cache.fill(images, lambda done, total: _report(throttle, done, total), cancel)
    _write_rows(folder / ROWS_FILE, snapshot, parts, cache)
    numbers = {name: read_numbers(getattr(settings, name)) for name in ("rates", "head_rates")}
    write_json(
        folder / TASK_FILE,
        {
            "settings": {**asdict(settings), **numbers},
            "network": network,
            "seed": snapshot.seed,
            "classes": len(snapshot.classes),
            "refines": settings.mode in REFINING,
            "device": device,
            "pixels": {"path": str(cache.file), "rows": len(cache), "side": settings.resolution},
        },
    )
    return {}


def _report(throttle: Throttle, done: int, total: int) -> None:
    throttle.progress("pixels", done, total)


def _network(folder: Path, snapshot: Snapshot, settings: CntkSettings) -> dict[str, Any]:
    """Say what CNTK builds upon; a file of the user's is copied, so that it cannot change meanwhile."""
    if settings.network == OUR_NETWORK:
        return {"weights": str(_weights(BACKBONES[snapshot.backbone])), "colour": RGB}
    source = folder / SOURCE_FILE
    if not source.exists():
        path = Path(settings.network).expanduser()
        if not path.is_file():
            raise InputError(f"There is no file “{path}”.", f"Choose a .model file of CNTK 2, or {OUR_NETWORK}.")
        choose_node(path, settings)  # complains under the user's name for the file
        shutil.copyfile(path, source)
    node = choose_node(source, settings)
    return {
        "model": str(source),
        "node": node.uid,
        "title": node.name,
        "colour": node.colour,
        "subtract": node.subtract,
    }


def _weights(backbone: Backbone) -> Path:
    """Return the published weights in a form that numpy reads; they are converted once."""
    path = network_file(backbone).with_suffix(".npz")
    if not path.exists():
        import_module("app.engines.cntk_weights").write_weights(backbone, path)  # which imports torch
    return path


def _device(wish: str) -> str:
    info = default_runtime().info()
    if info is None:
        raise EngineError("CNTK is not set up.", "Set it up with “python main.py cntk-setup”, then resume the run.")
    if wish == "gpu" and "gpu" not in info.devices:
        raise InputError(
            "CNTK cannot use a graphics card here.",
            f"{info.gpu_problem} Choose the device cpu, or run “python main.py cntk-setup --gpu”.".strip(),
        )
    return "gpu" if "gpu" in info.devices and wish != "cpu" else "cpu"


def _check_classes(snapshot: Snapshot, parts: Parts) -> None:
    learnt = {snapshot.images[position].label for position in parts.training}
    missing = [name for label, name in enumerate(snapshot.classes) if label not in learnt]
    if missing:
        raise InputError(
            f"The class “{missing[0]}” has too few different images to train on.",
            "Give every class at least two images that are not copies of each other, nor of another class's.",
        )


def _write_rows(path: Path, snapshot: Snapshot, parts: Parts, cache: PixelCache) -> None:
    arrays: dict[str, Any] = {}
    for rows, truth, positions in (("training", "truth", parts.training), ("validation", "judged", parts.validation)):
        arrays[rows] = cache.rows([snapshot.images[position].digest for position in positions])
        arrays[truth] = np.array([snapshot.images[position].label for position in positions], np.int64)
        arrays[f"{rows}_positions"] = np.array(positions, np.int64)
    np.savez(path, **arrays)


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("cntk preparation", onnxruntime.__version__)


HANDLERS = {"prepare": prepare}
