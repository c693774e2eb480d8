"""Cross-validate the quick engine on a project's labelled images: honest figures where a test part would be small."""

import tempfile
import threading
from pathlib import Path

from app.engines.conversion import ensure_network
from app.engines.process import QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.engines.snapshot import write_snapshot
from app.errors import Cancelled
from app.evaluation.report import Evaluation, load_evaluation
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.project.project import Project
from app.training import TrainingRequest, check_ready, take_snapshot

WORKER = "app.export.cross_validation_worker"
FOLDER = "cross-validation"
SMALL_TEST = 200  # test images below which the figures are so uncertain that cross-validation is offered


def result_folder(project: Project) -> Path:
    """Return the folder that holds the last result, for `load_evaluation`; it may not be there yet."""
    return project.folder / FOLDER


def cross_validate(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event) -> Evaluation:
    """Predict every labelled image out of fold, and store the figures; raises AppError or Cancelled."""
    check_ready(project)
    snapshot = take_snapshot(project, TrainingRequest(seed=seed))
    target = result_folder(project)
    with (
        tempfile.TemporaryDirectory() as temporary,
        EngineProcess(worker_command(QUICK_WORKER, WORKER)) as worker,
    ):
        write_snapshot(Path(temporary), snapshot)
        ensure_network(BACKBONES[DEFAULT_BACKBONE], on_event, cancel)
        worker.start()
        job = {"run": temporary}
        with project.writing_features(cancel):
            extraction = worker.run({"kind": "features", **job}, on_event, cancel)
        unreadable = [position for position, _ in extraction["problems"]]
        worker.run({"kind": "split", **job, "unreadable": unreadable}, on_event, cancel)
        if cancel.is_set():
            raise Cancelled
        target.mkdir(exist_ok=True)
        worker.run({"kind": "cross-validate", **job, "to": str(target.resolve())}, on_event, cancel)
    return load_evaluation(target)
