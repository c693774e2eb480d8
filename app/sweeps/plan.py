"""What a sweep is to try: settings that vary, as a grid or drawn at random, each with some seeds."""

import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from app.errors import InputError
from app.settings import PRESETS, Setting, Value, settings_table

MOST_RUNS = 500
RANGE = ".."
WIDE = 10  # a range whose ends differ so many times is drawn from by orders of magnitude
MOST_DRAWS = 100  # per point, before a plan is said to have too few different ones

Point = dict[str, Value]


@dataclass(frozen=True)
class Axis:
    """A setting that varies: over some values, or, if it is to be drawn at random, between `low` and `high`."""

    name: str
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Trial:
    """One run of a plan: a point, and which repeat of it this is."""

    point: int
    repeat: int


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep. All of them divide the images by `seed`; repeat R of a point is trained with seed + R."""

    preset: str
    points: tuple[Point, ...]
    repeats: int = 1
    seed: int = 0
    fixed: Point = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """Return the engine of the preset."""
        return PRESETS[self.preset].engine

    def trials(self) -> list[Trial]:
        """Return the runs in their order: every point once, then every point again."""
        return [Trial(point, repeat) for repeat in range(self.repeats) for point in range(len(self.points))]

    def settings(self, trial: Trial) -> Point:
        """Return what a run changes of its preset."""
        return {**self.fixed, **self.points[trial.point]}

    def to_json(self) -> dict[str, Any]:
        """Return the value to store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Plan":
        """Read a stored value."""
        return cls(**{**value, "points": tuple(value["points"])})


def parse_axis(text: str, preset: str) -> Axis:
    """Read NAME=VALUE,VALUE,… (or with semicolons, where values have commas) or NAME=LOW..HIGH; raises InputError."""
    name, _, values = text.partition("=")
    setting = _setting(name.strip(), preset)
    if RANGE in values and type(setting.default) in (int, float):
        return _range(setting, values)
    parts = values.split(";" if ";" in values else ",")
    found = dict.fromkeys(setting.typed(part.strip()) for part in parts if part.strip())
    if not found:
        raise InputError(f"“{setting.title}” has no values to try.", "Write them with commas between, as in 1,2,4.")
    return Axis(setting.name, tuple(found))


def grid_plan(preset: str, axes: Sequence[Axis], repeats: int = 1, seed: int = 0, fixed: Point | None = None) -> Plan:
    """Plan every combination of the values; raises InputError for a range, or too many runs."""
    for axis in axes:
        if not axis.values:
            raise InputError(
                f"“{axis.name}” is a range, which a grid cannot go through.", "Draw at random, or name its values."
            )
    points = tuple(
        dict(zip((axis.name for axis in axes), values, strict=True)) for values in product(*(a.values for a in axes))
    )
    return _checked(Plan(preset, points, repeats, seed, fixed or {}))


def random_plan(
    preset: str, axes: Sequence[Axis], count: int, repeats: int = 1, seed: int = 0, fixed: Point | None = None
) -> Plan:
    """Plan so many different points drawn at random; fewer where there are no more. Raises InputError."""
    if count < 1:
        raise InputError("No runs are asked for.", "Draw at least one.")
    source = random.Random(seed)
    points: list[Point] = []
    for _ in range(MOST_DRAWS * min(count, MOST_RUNS)):
        point = {axis.name: _drawn(axis, _setting(axis.name, preset), source) for axis in axes}
        if point not in points:
            points.append(point)
        if len(points) == count:
            break
    return _checked(Plan(preset, tuple(points), repeats, seed, fixed or {}))


def _drawn(axis: Axis, setting: Setting, source: random.Random) -> Value:
    if axis.low is None or axis.high is None:
        return source.choice(axis.values)
    if axis.low > 0 and axis.high >= WIDE * axis.low:
        value = math.exp(source.uniform(math.log(axis.low), math.log(axis.high)))
    else:
        value = source.uniform(axis.low, axis.high)
    if isinstance(setting.default, int):
        return round(value)
    return min(max(float(f"{value:.3g}"), axis.low), axis.high)


def _range(setting: Setting, text: str) -> Axis:
    low, high, *more = (part.strip() for part in text.split(RANGE))
    if more or not low or not high or any(comma in text for comma in ",;"):
        raise InputError(
            f"“{text.strip()}” is neither values of “{setting.title}” nor a range of them.",
            "Write values with commas between, as in 1,2,4, or a range to draw from, as in 1..4.",
        )
    first, last = float(setting.typed(low)), float(setting.typed(high))
    if first >= last:
        raise InputError(f"“{setting.title}” cannot be from {low} to {high}.", "Write the smaller end first.")
    return Axis(setting.name, (), first, last)


def _setting(name: str, preset: str) -> Setting:
    table = {one.name: one for one in settings_table(PRESETS[preset].engine)}
    if name not in table:
        raise InputError(f"There is no setting “{name}”.", f"Choose among: {', '.join(table)}.")
    return table[name]


def _checked(plan: Plan) -> Plan:
    runs = len(plan.points) * plan.repeats
    if plan.repeats < 1 or runs < 2:
        raise InputError("A sweep needs at least two runs.", "Vary a setting, or repeat with more seeds.")
    if runs > MOST_RUNS:
        raise InputError(
            f"This would be {runs:,} runs.", f"At most {MOST_RUNS} are queued: name fewer values, or draw at random."
        )
    return plan
