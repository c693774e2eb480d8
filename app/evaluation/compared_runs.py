"""Two or more runs set side by side: what they were told, how they learnt, and how they answer on the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.engines.metrics import read_metrics
from app.engines.snapshot import read_snapshot
from app.engines.told import Told
from app.errors import EngineError, InputError
from app.evaluation.comparison import Comparison, compare_reviews
from app.evaluation.report import ScoredImage
from app.evaluation.review import Review, open_review
from app.project.project import Project
from app.project.records import ClassRow, RunRow

LEAST = 2
OWN_SETTINGS = ("engine", "preset", "backbone", "head", "seed")


@dataclass(frozen=True)
class ComparedRun:
    """One of the runs."""

    row: RunRow
    settings: dict[str, Any]
    told: Told
    review: Review

    def scored(self) -> dict[str, ScoredImage]:
        """Return its test images, with their labels of now, by path."""
        return {image.path: image for image in (self.review.image(place) for place in range(self.review.count))}


class ComparedRuns:
    """The runs, in the order they were named; `differing` are the settings that are not the same in all of them.

    `alone` is how many settings each run has that no other engine has: 0 where all are of one engine.
    """

    def __init__(self, runs: Sequence[ComparedRun], classes: Sequence[ClassRow], digests: Mapping[str, str]):
        self.runs = {run.row.number: run for run in runs}
        self.classes = tuple(classes)
        self.digests = digests
        settings = [run.settings for run in runs]
        self.differing = differing(settings)
        names = of_one_engine(settings)
        self.alone = [len(names.get(one["engine"], ())) for one in settings]
        self.pair = lru_cache(maxsize=None)(self._pair)

    def _pair(self, a: int, b: int) -> Comparison:
        """Compare two of the runs; raises InputError where they share no test image."""
        return compare_reviews(self.runs[a].review, self.runs[b].review, self.classes)


def open_compared(project: Project, numbers: Sequence[int]) -> ComparedRuns:
    """Read the runs of these numbers; raises AppError for too few, or one that is not there or was not measured."""
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) < LEAST:
        raise InputError("There is nothing to compare.", "Name two or more runs.")
    rows = [project.run_log.one(number) for number in wanted]
    digests: dict[str, str] = {}
    runs = []
    for row in rows:
        settings = run_settings(project, row.number)
        review, known = open_review(project, row.number)
        digests.update(known)
        runs.append(ComparedRun(row, settings, Told(read_metrics(project.run_folder(row.number))), review))
    return ComparedRuns(runs, project.classes(), digests)


def run_settings(project: Project, number: int) -> dict[str, Any]:
    """Return everything that a run was told, by name; raises EngineError where that cannot be read."""
    folder: Path = project.run_folder(number)
    try:
        snapshot = read_snapshot(folder)
    except EngineError as error:
        hint = "Leave this run out, or train again."
        raise EngineError(f"The settings of run {number} cannot be read.", hint, error.message) from error
    own = {name: getattr(snapshot, name) for name in OWN_SETTINGS}
    data = {"data": snapshot.data_version, "images": len(snapshot.images), "classes": ", ".join(snapshot.classes)}
    return {**own, **snapshot.settings, **data}


def differing(settings: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the settings that are not the same in all runs, with the value in each, None where it has none.

    Those that only one engine has are compared between its own runs.
    """
    alone = {name for names in of_one_engine(settings).values() for name in names}
    found = {}
    for name in dict.fromkeys(name for one in settings for name in one):
        values = [one.get(name) for one in settings if name in one or name not in alone]
        if any(value != values[0] for value in values):
            found[name] = [one.get(name) for one in settings]
    return found


def of_one_engine(settings: Sequence[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the settings that only one engine's runs have, by engine; nothing where all are of the same."""
    engines: dict[str, set[str]] = {}
    for one in settings:
        engines.setdefault(one.get("engine", ""), set()).update(one)
    if len(engines) < LEAST:
        return {}
    return {
        engine: names.difference(*(others for other, others in engines.items() if other != engine))
        for engine, names in engines.items()
    }
