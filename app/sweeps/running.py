"""Take the runs of a sweep one after another, in one worker process; what was done before is not done again."""

import logging
import threading
from dataclasses import replace

from app.engines.process import EngineProcess
from app.engines.protocol import Note, OnEvent, Progress
from app.engines.snapshot import Snapshot
from app.errors import AppError, Cancelled
from app.project.project import Project
from app.project.records import CANCELLED, DONE, FAILED, RunRow
from app.project.runs import INTERRUPTED
from app.sweeps.log import Sweep, add_sweep, find_sweep, frozen_images, runs_of
from app.sweeps.plan import Plan, Trial
from app.training import (
    TrainingRequest,
    check_engine,
    check_ready,
    engine_settings,
    has_checkpoint,
    launch_worker,
    resume,
    take_snapshot,
    train_on,
)

STAGE = "sweep"

log = logging.getLogger(__name__)


def begin_sweep(project: Project, plan: Plan) -> Sweep:
    """Freeze the images of now for a new sweep; raises AppError where they, or the settings, cannot be used."""
    check_engine(plan.engine)
    check_ready(project)
    for trial in plan.trials()[: len(plan.points)]:
        engine_settings(_request(plan, trial))
    return add_sweep(project, plan, take_snapshot(project, _request(plan, Trial(0, 0))))


def run_sweep(project: Project, number: int, on_event: OnEvent, cancel: threading.Event) -> None:
    """Take every run that is still to be taken; raises Cancelled, and goes on where it was when it is called again.

    A run that fails stays in the list with its reason, and the next one begins. Progress has the stage `sweep`.
    """
    plan = find_sweep(project, number).plan
    frozen = frozen_images(project, number)
    check_engine(plan.engine)
    trials = plan.trials()
    worker: EngineProcess | None = None
    try:
        for place, trial in enumerate(trials):
            on_event(Progress(STAGE, place, len(trials)))
            before = runs_of(project, number).get(place)
            if not is_open(before):
                continue
            if cancel.is_set():
                raise Cancelled
            if worker is None or not worker.running:
                worker = launch_worker(plan.engine)
            try:
                if before is not None and has_checkpoint(project, before):
                    resume(project, before.number, on_event, cancel, worker)
                else:
                    snapshot = _snapshot(frozen, plan, trial)
                    train_on(project, snapshot, on_event, cancel, worker, (number, place))
            except AppError as error:
                log.warning("a run of sweep %d failed: %s", number, error)
                on_event(Note(f"A run failed, the next one begins: {error.message}"))
                worker.close()
                worker = None
        on_event(Progress(STAGE, len(trials), len(trials)))
    finally:
        if worker is not None:
            worker.close()


def is_open(run: RunRow | None) -> bool:
    """Tell whether a trial is still to be taken: it has no run yet, or one that was stopped or cut off."""
    if run is None:
        return True
    return run.state == CANCELLED or (run.state == FAILED and run.reason == INTERRUPTED)


def is_finished(project: Project, sweep: Sweep) -> bool:
    """Tell whether every trial has a run that ended by itself."""
    runs = runs_of(project, sweep.number)
    places = range(len(sweep.plan.trials()))
    return all(place in runs and runs[place].state in (DONE, FAILED) and not is_open(runs[place]) for place in places)


def _request(plan: Plan, trial: Trial) -> TrainingRequest:
    settings = plan.settings(trial)
    return TrainingRequest(
        plan.engine, plan.seed + trial.repeat, preset=plan.preset, settings=settings, division=plan.seed
    )


def _snapshot(frozen: Snapshot, plan: Plan, trial: Trial) -> Snapshot:
    """Return the frozen images with the settings of a trial."""
    request = _request(plan, trial)
    head, settings = engine_settings(request)
    return replace(frozen, head=head, settings=settings, seed=request.seed)
