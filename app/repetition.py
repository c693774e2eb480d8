"""Train again as a run did: its settings, read from what it was told."""

from app.engines.snapshot import read_snapshot
from app.project.project import Project
from app.settings import settings_table
from app.training import TrainingRequest


def request_like(project: Project, number: int) -> TrainingRequest:
    """Return what a run was asked for, for the images of now; raises InputError, or EngineError if it is not known."""
    project.run_log.one(number)
    snapshot = read_snapshot(project.run_folder(number))
    known = {setting.name for setting in settings_table(snapshot.engine)}
    settings = {name: value for name, value in snapshot.settings.items() if name in known}
    return TrainingRequest(
        snapshot.engine,
        snapshot.seed,
        snapshot.head,
        snapshot.preset,
        settings,
        snapshot.division,
        snapshot.backbone,
    )
