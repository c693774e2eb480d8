"""The sweeps of a project: their plans, the images that all runs of one work on, and their runs."""

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from app.engines.snapshot import Snapshot, read_snapshot, write_snapshot
from app.errors import EngineError, InputError, ProjectError
from app.project.project import Project
from app.project.records import RunRow
from app.sweeps.plan import Plan

FOLDER = "sweeps"


@dataclass(frozen=True)
class Sweep:
    """A sweep that was begun; `created` is an ISO 8601 time."""

    number: int
    created: str
    plan: Plan


def add_sweep(project: Project, plan: Plan, snapshot: Snapshot) -> Sweep:
    """Keep a plan and the frozen images that it is for."""
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with project.store.transaction() as transaction:
        cursor = transaction.execute(
            "INSERT INTO sweeps (created, plan) VALUES (?, ?)", [created, json.dumps(plan.to_json())]
        )
        number = int(cursor.lastrowid or 0)
        folder = sweep_folder(project, number)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_snapshot(folder, snapshot)
        except OSError as error:
            raise ProjectError(
                f"The folder “{folder}” cannot be written ({error.strerror or error}).",
                "Check that the project's disk is connected, may be written to, and has space.",
                str(error),
            ) from error
    return Sweep(number, created, plan)


def sweeps(project: Project) -> list[Sweep]:
    """Return every sweep, the newest first."""
    rows = project.store.rows("SELECT number, created, plan FROM sweeps ORDER BY number DESC")
    return [Sweep(number, created, Plan.from_json(json.loads(plan))) for number, created, plan in rows]


def find_sweep(project: Project, number: int) -> Sweep:
    """Return a sweep; raises InputError where there is none of this number."""
    found = next((one for one in sweeps(project) if one.number == number), None)
    if found is None:
        raise InputError(f"The project has no sweep {number}.", "Without --show, the command lists them.")
    return found


def frozen_images(project: Project, number: int) -> Snapshot:
    """Return what all runs of a sweep work on; raises EngineError where that is gone, as after a restore."""
    try:
        return read_snapshot(sweep_folder(project, number))
    except EngineError as error:
        raise EngineError(
            f"Sweep {number} cannot go on: its list of images is gone.", "Begin a new sweep.", error.message
        ) from error


def runs_of(project: Project, number: int) -> dict[int, RunRow]:
    """Return the newest run of each trial of a sweep that has one, by the trial's place in the plan."""
    rows = reversed(project.runs())
    return {run.trial: run for run in rows if run.sweep == number and run.trial is not None}


def sweep_folder(project: Project, number: int) -> Path:
    """Return the folder of a sweep."""
    return project.folder / FOLDER / str(number)
