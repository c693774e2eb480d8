"""Cross-validate the quick engine on a project's labelled images: honest figures where a test part would be small."""

import threading
from pathlib import Path

from app.engines.protocol import OnEvent
from app.evaluation.report import Evaluation, load_evaluation
from app.evaluation.subjects import cross_validation_subject
from app.project.project import Project
from app.trial import divided

WORKER = "app.export.cross_validation_worker"
SMALL_TEST = 200  # test images below which the figures are so uncertain that cross-validation is offered


def result_folder(project: Project) -> Path:
    """Return the folder that holds the last result, for `load_evaluation`; it may not be there yet."""
    return cross_validation_subject(project).folder


def cross_validate(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event) -> Evaluation:
    """Predict every labelled image out of fold, and store the figures; raises AppError or Cancelled."""
    target = result_folder(project)
    with divided(project, seed, on_event, cancel, WORKER) as trial:
        target.mkdir(exist_ok=True)
        trial.run("cross-validate", on_event, cancel, to=str(target.resolve()))
    return load_evaluation(target)
