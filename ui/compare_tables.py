"""The tables of a comparison: settings that differ, and every class in two runs."""

from typing import Any

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from app.evaluation.compared_runs import ComparedRuns
from app.evaluation.comparison import ClassChange, Comparison
from app.settings import PRESETS, settings_table
from ui.widgets.figure_table import Cell, FigureTable

NOTHING = "–"
POINTS = 100.0
SEEN = 0.0005  # a change below a twentieth of a point is none


class SettingsTable(FigureTable):
    """A row per setting that is not the same in all runs, a column per run."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent=parent)
        self.setAccessibleName(self.tr("Settings that differ"))

    def show_runs(self, compared: ComparedRuns) -> None:
        """List the settings; a sentence where there are none."""
        titles = [(self.tr("Setting"), ""), *((self.tr("Run {0}").format(number), "") for number in compared.runs)]
        known = {one.name: one for run in compared.runs.values() for one in settings_table(str(run.settings["engine"]))}
        rows = [
            [
                Cell(known[name].title if name in known else self._title(name), help=self._help(name, known)),
                *(Cell(self._value(name, value)) for value in values),
            ]
            for name, values in compared.differing.items()
        ]
        if any(compared.alone):
            title = Cell(self.tr("Settings that only its engine has"), help=self.tr("How many; they are not compared"))
            rows.append([title, *(Cell(f"{count:,}") for count in compared.alone)])
        if not rows:
            rows = [[Cell(self.tr("All settings are the same.")), *(Cell("") for _ in compared.runs)]]
        self.show_rows(titles, rows)

    def _title(self, name: str) -> str:
        titles = {
            "engine": self.tr("Engine"),
            "preset": self.tr("Preset"),
            "backbone": self.tr("Network"),
            "head": self.tr("Classifier"),
            "seed": self.tr("Seed"),
            "data": self.tr("Data"),
            "images": self.tr("Images"),
            "classes": self.tr("Classes"),
        }
        return titles.get(name, name)

    def _help(self, name: str, known: dict[str, Any]) -> str:
        return str(known[name].help) if name in known else ""

    def _value(self, name: str, value: object) -> str:
        if value is None or value == "":
            return NOTHING
        if isinstance(value, bool):
            return self.tr("yes") if value else self.tr("no")
        if name == "preset" and value in PRESETS:
            return PRESETS[str(value)].title
        return f"{value:g}" if isinstance(value, float) else f"{value}"


class ClassChanges(FigureTable):
    """A row per class: recall, precision and F1 in both runs, and how much each changed."""

    class_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(first_is_wide=True, parent=parent)
        self.setAccessibleName(self.tr("Figures of each class in both runs"))
        self._labels: list[str] = []
        self.row_chosen.connect(self._on_row_chosen)

    def show_comparison(self, comparison: Comparison, a: int, b: int) -> None:
        """List the classes."""
        self._labels = [change.label for change in comparison.classes]
        titles = [(self.tr("Class"), ""), (self.tr("Images"), self.tr("Test images of both runs"))]
        for name, text in (
            (self.tr("Recall"), self.tr("Of the images of this class, how many were called so.")),
            (self.tr("Precision"), self.tr("Of the images called this class, how many are.")),
            (self.tr("F1"), self.tr("The harmonic mean of precision and recall.")),
        ):
            change = self.tr("Run {0} minus run {1}, in points").format(b, a)
            titles += [(f"{name} {a}", text), (f"{name} {b}", text), (self.tr("Change"), change)]
        self.show_rows(titles, [self._row(change) for change in comparison.classes])

    def _row(self, change: ClassChange) -> list[Cell]:
        cells = [Cell(change.label), Cell(f"{change.images:,}", change.images)]
        for before, after in (change.recall, change.precision, change.f1):
            cells += [_share(before), _share(after), _difference(before, after)]
        return cells

    @pyqtSlot(int)
    def _on_row_chosen(self, place: int) -> None:
        self.class_chosen.emit(self._labels[place] if place >= 0 else "")


def _share(value: float | None) -> Cell:
    return Cell(NOTHING, -1.0) if value is None else Cell(f"{value:.1%}", value)


def _difference(before: float | None, after: float | None) -> Cell:
    if before is None or after is None:
        return Cell(NOTHING, 0.0)
    change = after - before
    if abs(change) < SEEN:
        return Cell("0.0", 0.0, "muted")
    return Cell(f"{'▲' if change > 0 else '▼'} {POINTS * change:+.1f}", change, "good" if change > 0 else "bad")
