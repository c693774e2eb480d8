"""Try the model of a run on another folder of images, and keep what came of it with the run."""

import tempfile
import threading
from pathlib import Path

from app.dataset.scan import Skipped
from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.evaluation.report import FILE_NAME as EVALUATION_FILE
from app.evaluation.subjects import Subject, new_test
from app.export.bundle import BUNDLE_FOLDER
from app.export.looked import FILE_NAME as PREDICTIONS_FILE
from app.files import write_bytes
from app.project.project import Project

WORKER = "app.export.trying_worker"


def try_run(
    project: Project, number: int, data: Path, on_event: OnEvent, cancel: threading.Event
) -> tuple[Subject, tuple[Skipped, ...]]:
    """Measure a run on labelled images, or predict unlabelled ones; also return what was skipped.

    Raises AppError or Cancelled, with nothing kept.
    """
    bundle = project.run_folder(number) / BUNDLE_FOLDER
    with tempfile.TemporaryDirectory() as temporary, EngineProcess(worker_command(WORKER)) as worker:
        worker.start()
        job = {"kind": "try", "bundle": str(bundle.resolve()), "data": str(data.resolve()), "to": temporary}
        found = worker.run(job, on_event, cancel)
        subject = new_test(project, number, data.resolve(), bool(found["labelled"]))
        kept, stale = EVALUATION_FILE, PREDICTIONS_FILE
        if not subject.labelled:
            kept, stale = stale, kept
        write_bytes(subject.folder / kept, (Path(temporary) / kept).read_bytes())
        (subject.folder / stale).unlink(missing_ok=True)
    return subject, tuple(Skipped(Path(one["path"]), one["reason"]) for one in found["skipped"])
