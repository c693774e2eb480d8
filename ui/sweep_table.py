"""The points of a sweep with their means on validation images."""

from collections.abc import Sequence

from PyQt5.QtWidgets import QWidget

from app.settings import settings_table
from app.sweeps.plan import Plan
from app.sweeps.results import PointResult, ranked, value_words
from ui.widgets.figure_table import Cell, FigureTable

NOTHING = "–"
BEST = "★"


class SweepTable(FigureTable):
    """A row per point: its settings, the mean with its interval, how many runs, how long, and what failed."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent=parent)
        self.setAccessibleName(self.tr("Settings that were tried"))
        self._ranked: list[PointResult] = []

    def show_results(self, plan: Plan | None, results: Sequence[PointResult]) -> None:
        """List the points, the best first; those without a figure come last."""
        self._ranked = ranked(results)
        order = self._ranked + [one for one in results if one.mean is None]
        names = list(plan.points[0]) if plan else []
        known = {one.name: one for one in settings_table(plan.engine)} if plan else {}
        titles = [
            (self.tr("Rank"), ""),
            *((known[name].title, known[name].help) for name in names),
            (self.tr("Validation"), self.tr("The mean over the runs of this row")),
            (self.tr("95% interval"), self.tr("Of the mean, by the runs with other seeds; one run has none")),
            (self.tr("Runs"), self.tr("Their numbers in the list of runs")),
            (self.tr("Took"), self.tr("Seconds, the mean")),
        ]
        rows = [self._row(place, names, one) for place, one in enumerate(order)]
        if any(one.failed for one in order):
            titles.append((self.tr("Problems"), self.tr("Why runs of this row ended without a model")))
            for row, one in zip(rows, order, strict=True):
                row.append(Cell("; ".join(f"{run.number}: {run.reason}" for run in one.failed), colour="bad"))
        self.show_rows(titles, rows)

    def best_runs(self) -> list[int]:
        """Return a run of each of the two best points, with the same seed if there is one."""
        best = self._ranked[:2]
        if len(best) < 2:
            return []
        shared = sorted(best[0].scores.keys() & best[1].scores.keys())
        repeats = [shared[0] if shared else min(one.scores) for one in best]
        runs = [one.runs[repeat] for one, repeat in zip(best, repeats, strict=True)]
        return [run.number for run in runs if run is not None]

    def _row(self, place: int, names: Sequence[str], one: PointResult) -> list[Cell]:
        rank = NOTHING if one.mean is None else f"{BEST} 1" if place == 0 else f"{place + 1}"
        done = [run for run in one.runs if run is not None]
        seconds = [run.seconds for run in done if run.seconds is not None]
        took = sum(seconds) / len(seconds) if seconds else None
        interval = one.interval
        return [
            Cell(rank, place),
            *(_value(one.settings[name]) for name in names),
            Cell(NOTHING, -1.0) if one.mean is None else Cell(f"{one.mean:.1%}", one.mean),
            Cell(NOTHING if interval is None else "{:.1%} – {:.1%}".format(*interval)),
            Cell(", ".join(str(run.number) for run in done) or NOTHING),
            Cell(NOTHING, -1.0) if took is None else Cell(f"{took:,.1f} s", took),
        ]


def _value(value: bool | int | float | str) -> Cell:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(value_words(value), float(value) if number else None)
