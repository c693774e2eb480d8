"""Train again as a run did: its settings, read from what it was told."""

from app.engines.snapshot import read_snapshot
from app.project.project import Project
from app.settings import still_known
from app.training import TrainingRequest


def request_like(project: Project, number: int) -> TrainingRequest:
    """Return what a run was asked for, for the images of now; raises InputError, or EngineError if it is not known."""
    project.run_log.one(number)
    snapshot = read_snapshot(project.run_folder(number))
    return TrainingRequest(
        snapshot.engine,
        snapshot.seed,
        snapshot.head,
        snapshot.preset,
        still_known(snapshot.engine, snapshot.settings),
        snapshot.division,
        snapshot.backbone,
    )
