"""What a plot of a training shows: the curves of the run that is watched and of those beside it, or words instead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PyQt5.QtCore import QObject

from app.engines.run_curves import RunCurves
from app.engines.series import Series
from app.engines.told import (
    ACCURACY,
    EPOCHS,
    IMAGES,
    LOSS,
    MEMORY,
    RATE,
    RECALL,
    SPEED,
    STRENGTHS,
    TRAINING,
    VALIDATION,
    Told,
    mean_of,
)
from app.project.records import CLASS_COLOURS
from app.settings import QUICK
from ui.widgets.live_plot import Line, Scene
from ui.widgets.plot_style import LINE_STYLES

MOST_CLASSES = 6  # that have a curve of their own
SOLID, DASHED = 0, 1
JUDGED = "#d55e00"  # colour of what is judged on images that training did not see
BESIDE = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5f6b76", "#f0e442")  # colours of other runs
SHARES = (ACCURACY, RECALL)
LOGARITHMIC = (LOSS, RATE, SPEED, MEMORY)


@dataclass
class Watched:
    """What is watched: a run that is going on, or was, in this window; its classes are known a little later."""

    engine: str = ""
    running: bool = False
    told: Told = field(default_factory=Told)
    classes: tuple[str, ...] = ()


class TrainingScenes(QObject):
    """Makes scenes; `weight` of the past is the smoothing."""

    def scene(self, quantity: str, watched: Watched, beside: Sequence[RunCurves], weight: float, log: bool) -> Scene:
        """Return what the plot of a quantity shows."""
        alone = watched
        if not watched.engine and len(beside) == 1:  # one stored run is looked at like one that is watched
            alone = Watched(beside[0].engine or "?", False, beside[0].told, beside[0].classes)
        others = beside if alone is watched else ()
        over = alone.told.over(quantity) or _most([run.told.over(quantity) for run in others])
        lines, note = self._own(quantity, alone, weight)
        missing = []
        for place, run in enumerate(others):
            found = self._beside(quantity, run, place, weight) if run.told.over(quantity) == over else []
            lines += found
            missing += [] if found else [str(run.number)]
        if missing and lines:
            note = self.tr("Nothing of run {0} to draw here.").format(", ".join(missing))
        words = "" if lines else self._words(quantity, alone, others)
        titles = {EPOCHS: self.tr("epoch"), STRENGTHS: self.tr("strength (C)"), IMAGES: self.tr("images")}
        return Scene(
            lines,
            titles.get(over, ""),
            self._unit(quantity) if lines else "",
            over == STRENGTHS,
            log and quantity in LOGARITHMIC and bool(lines),
            words,
            note,
            quantity in SHARES,
            self._numbers()[quantity],
        )

    # -- curves

    def _own(self, quantity: str, watched: Watched, weight: float) -> tuple[list[Line], str]:
        curves = watched.told.of(quantity)
        if quantity == RECALL:
            return self._recalls(curves, watched.classes, weight)
        names = {TRAINING: self.tr("training"), VALIDATION: self.tr("validation")}
        return [
            _line(names.get(name, self._unit(quantity)), curve, weight, *_look(name, "", JUDGED))
            for name, curve in curves.items()
        ], ""

    def _recalls(self, curves: dict[str, Series], classes: Sequence[str], weight: float) -> tuple[list[Line], str]:
        """Draw the classes that are recognised worst, if there are many."""
        known = {int(label): one for label, one in curves.items() if len(one)}
        worst = sorted(known, key=lambda label: known[label].y[-1])[:MOST_CLASSES]
        lines = []
        for label in sorted(worst):
            name = classes[label] if label < len(classes) else self.tr("class {0}").format(label + 1)
            colour = CLASS_COLOURS[label % len(CLASS_COLOURS)]
            lines.append(_line(name, known[label], weight, colour, label % len(LINE_STYLES)))
        note = (
            self.tr("the {0} lowest of {1} classes").format(len(worst), len(known)) if len(known) > len(worst) else ""
        )
        return lines, note

    def _beside(self, quantity: str, run: RunCurves, place: int, weight: float) -> list[Line]:
        """Draw another run in a colour of its own; of its recall the mean over classes."""
        colour = BESIDE[place % len(BESIDE)]
        curves, name = run.told.of(quantity), self.tr("run {0}").format(run.number)
        if quantity == RECALL:
            return [_line(self.tr("{0}, mean").format(name), mean_of(curves), weight, colour, 2)] if curves else []
        names = {TRAINING: self.tr("{0} training"), VALIDATION: self.tr("{0} validation")}
        return [
            _line(names.get(one, "{0}").format(name), curve, weight, *_look(one, colour, colour))
            for one, curve in curves.items()
        ]

    # -- words

    def _unit(self, quantity: str) -> str:
        return {
            LOSS: self.tr("log loss"),
            ACCURACY: self.tr("accuracy"),
            RECALL: self.tr("recall"),
            RATE: self.tr("learning rate"),
            SPEED: self.tr("images per second"),
            MEMORY: self.tr("megabytes"),
        }[quantity]

    def _numbers(self) -> dict[str, Callable[[float], str]]:
        return {
            LOSS: "{:.4g}".format,
            ACCURACY: "{:.1%}".format,
            RECALL: "{:.1%}".format,
            RATE: "{:.2g}".format,
            SPEED: "{:,.0f}".format,
            MEMORY: "{:,.0f}".format,
        }

    def _words(self, quantity: str, watched: Watched, others: Sequence[RunCurves]) -> str:
        """Say why there is no curve."""
        if not watched.engine:
            if others:
                return self.tr("The selected runs kept nothing of this.")
            return self.tr("Curves appear here while it trains. Select runs in the list to see theirs.")
        if watched.engine == QUICK and quantity == RATE:
            return self.tr("Quick fits its classifier at one go: it has no learning rate.")
        if not watched.running:
            if watched.engine == QUICK and quantity in (SPEED, MEMORY):
                return self.tr("Told only while Quick looks at images that it has not seen before.")
            return self.tr("This run told nothing of this.")
        if watched.engine == QUICK:
            return self.tr("Comes when the images have been looked at.")
        if quantity in (ACCURACY, RECALL):
            return self.tr("Comes with the first epoch, from images held out of training.")
        return self.tr("Comes as soon as it learns.")


def _most(kinds: Sequence[str]) -> str:
    """Return what most runs count, epochs where as many count something else."""
    return max(kinds, key=lambda kind: (bool(kind), kinds.count(kind), kind == EPOCHS), default="")


def _look(curve: str, colour: str, judged: str) -> tuple[str, int]:
    """Return colour and style of a curve: validation is dashed."""
    return (judged, DASHED) if curve == VALIDATION else (colour, SOLID)


def _line(name: str, curve: Series, weight: float, colour: str, style: int) -> Line:
    return Line(name, curve.x, curve.smoothed(weight), curve.y if weight else None, colour, style)
