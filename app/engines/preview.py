"""Ask a worker for a preview of augmentation: eight pictures of the training set as training may see them."""

import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.settings import TorchSettings

PREVIEW_WORKER = "app.engines.tuning_preview"


def preview_process() -> EngineProcess:
    """Return the worker, not yet started; one can draw many previews, of which all but the first take little time."""
    return EngineProcess(worker_command(PREVIEW_WORKER))


def draw_preview(
    worker: EngineProcess,
    paths: Sequence[Path],
    settings: TorchSettings,
    seed: int,
    to: Path,
    on_event: OnEvent,
    cancel: threading.Event,
) -> list[Path]:
    """Write eight pictures into a folder and return their paths; raises EngineError, or Cancelled.

    The worker must have been launched. Of `paths`, the first eight that can be read are taken.
    """
    job = {"kind": "preview", "paths": [str(path) for path in paths], "settings": asdict(settings)}
    found = worker.run({**job, "seed": seed, "to": str(to)}, on_event, cancel)
    return [Path(path) for path in found["pictures"]]
