"""Divide a project as training would, without a run: for what looks at the division, or measures on all of it."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.engines.conversion import ensure_network
from app.engines.process import QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.engines.snapshot import Snapshot, write_snapshot
from app.errors import Cancelled
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.project.project import Project
from app.training import TrainingRequest, check_ready, take_snapshot


@dataclass(frozen=True)
class Trial:
    """A project divided in a temporary `folder`, with the `worker` that did it and the `pairs` it found leaking.

    Each pair is the path of a training and of a test image.
    """

    folder: Path
    snapshot: Snapshot
    worker: EngineProcess
    pairs: tuple[tuple[str, str], ...]

    def run(self, kind: str, on_event: OnEvent, cancel: threading.Event, **values: Any) -> dict[str, Any]:
        """Do a job of the worker in the folder; raises like `EngineProcess.run`."""
        return self.worker.run({"kind": kind, "run": str(self.folder), **values}, on_event, cancel)


@contextmanager
def divided(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event, *modules: str) -> Iterator[Trial]:
    """Compute missing features and divide the labelled images; `modules` are more handlers for the worker.

    Raises AppError or Cancelled.
    """
    check_ready(project)
    snapshot = take_snapshot(project, TrainingRequest(seed=seed))
    with (
        tempfile.TemporaryDirectory() as temporary,
        EngineProcess(worker_command(QUICK_WORKER, *modules)) as worker,
    ):
        write_snapshot(Path(temporary), snapshot)
        ensure_network(BACKBONES[DEFAULT_BACKBONE], on_event, cancel)
        worker.start()
        job = {"run": temporary}
        with project.writing_features(cancel):
            extraction = worker.run({"kind": "features", **job}, on_event, cancel)
        unreadable = [position for position, _ in extraction["problems"]]
        parts = worker.run({"kind": "split", **job, "unreadable": unreadable}, on_event, cancel)
        if cancel.is_set():
            raise Cancelled
        pairs = tuple((trained, tested) for trained, tested in parts["leaks"])
        yield Trial(Path(temporary), snapshot, worker, pairs)
