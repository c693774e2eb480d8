"""What a sweep came to: for each point the mean on validation images, never on test images, over its repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from app.evaluation.intervals import Interval
from app.project.project import Project
from app.project.records import DONE, RunRow
from app.settings import settings_table
from app.sweeps.log import Sweep, runs_of
from app.sweeps.plan import Plan, Point

# Student's t for 95%, by degrees of freedom from 1; beyond the table, that of the normal distribution is near enough.
T_QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
T_BEYOND = 2.0
POINTS = 100


@dataclass(frozen=True)
class PointResult:
    """A point of a sweep: its runs by repeat, None for one that was not taken yet."""

    settings: Point
    runs: tuple[RunRow | None, ...]

    @property
    def scores(self) -> dict[int, float]:
        """Return the accuracy on validation images by repeat."""
        pairs = enumerate(self.runs)
        return {place: run.validation.share for place, run in pairs if run and run.state == DONE and run.validation}

    @property
    def mean(self) -> float | None:
        """Return the mean over the repeats; None before the first."""
        return fmean(self.scores.values()) if self.scores else None

    @property
    def interval(self) -> Interval | None:
        """Return the 95% interval of the mean over other seeds, 0 to 1; None for fewer than two repeats."""
        interval = mean_interval(list(self.scores.values()))
        return None if interval is None else (max(0.0, interval[0]), min(1.0, interval[1]))

    @property
    def failed(self) -> list[RunRow]:
        """Return the runs that ended without a model."""
        return [run for run in self.runs if run is not None and run.reason]


def results_of(project: Project, sweep: Sweep) -> list[PointResult]:
    """Return every point of a sweep, in the order of its plan."""
    runs, plan = runs_of(project, sweep.number), sweep.plan
    width = len(plan.points)
    return [
        PointResult(point, tuple(runs.get(place + repeat * width) for repeat in range(plan.repeats)))
        for place, point in enumerate(plan.points)
    ]


def ranked(results: Sequence[PointResult]) -> list[PointResult]:
    """Return the points with a score, the best on validation first; of equals, the one that was named first."""
    scored = [one for one in results if one.mean is not None]
    return sorted(scored, key=lambda one: -(one.mean or 0.0))


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Return Student's 95% interval of a mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    freedom = len(values) - 1
    t = T_QUANTILES[freedom - 1] if freedom <= len(T_QUANTILES) else T_BEYOND
    spread = t * stdev(values) / sqrt(len(values))
    mean = fmean(values)
    return mean - spread, mean + spread


def point_words(plan: Plan, point: Point) -> str:
    """Name a point by the titles of its settings."""
    titles = {one.name: one.title for one in settings_table(plan.engine)}
    return ", ".join(f"{titles[name]} {value_words(value)}" for name, value in point.items()) or "the preset as it is"


def value_words(value: object) -> str:
    """Write a setting's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def verdict(plan: Plan, results: Sequence[PointResult]) -> str:
    """Say which point is best on validation images, and whether its lead over the next is more than seeds make."""
    order = ranked(results)
    if not order:
        return "No run has been measured yet."
    best, *others = order
    words = f"Best on the validation images: {point_words(plan, best.settings)} with {best.mean or 0.0:.1%}."
    if not others:
        return words
    second = others[0]
    lead = (best.mean or 0.0) - (second.mean or 0.0)
    words += f" The next, {point_words(plan, second.settings)}, is {POINTS * lead:.1f} points behind"
    shared = best.scores.keys() & second.scores.keys()
    interval = mean_interval([best.scores[repeat] - second.scores[repeat] for repeat in sorted(shared)])
    if interval is None:
        return f"{words}; one run each cannot tell that from chance: repeat with more seeds."
    low, high = (POINTS * end for end in interval)
    known = f"({low:+.1f} to {high:+.1f} over {len(shared)} seeds)"
    return f"{words} {known}: {'more' if low > 0 else 'no more'} than another seed would make."
