"""What a run tells while it is trained, sorted into what is plotted: loss, accuracy, recall, rate, speed and memory."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.engines.metrics import EPOCH, FIT
from app.engines.protocol import Progress
from app.engines.series import Series

LOSS, ACCURACY, RECALL, RATE, SPEED, MEMORY = QUANTITIES = (
    "loss", "accuracy", "recall", "rate", "speed", "memory",
)  # fmt: skip
TRAINING, VALIDATION, VALUE = "training", "validation", "value"  # the curves of most quantities
EPOCHS, STRENGTHS, IMAGES = "epochs", "strengths", "images"  # what x counts
STEP, LOOKING = "tune", "features"  # stages that are told as they go on, beside those that are kept

# Where a value is drawn: in an event, its quantity and curve.
JUDGED = {"validation_loss": (LOSS, VALIDATION), "validation_accuracy": (ACCURACY, VALIDATION)}
LEARNT = {
    "loss": (LOSS, TRAINING),
    "learning_rate": (RATE, VALUE),
    "images_per_second": (SPEED, VALUE),
    "memory_mb": (MEMORY, VALUE),
}
LOOKED = {name: LEARNT[name] for name in ("images_per_second", "memory_mb")}
WRONG = "error"  # the share of wrong answers while learning, which CNTK tells
RECALLS = "validation_recalls"  # of each class, None where it has no images there


class Told:
    """The curves of one run by quantity and name; those of recall are named by the number of the class."""

    def __init__(self, events: Iterable[Progress] = ()):
        self._series: dict[tuple[str, str, str], Series] = {}
        self._stepped = False  # since the last epoch, so that its means would only repeat the steps
        self._over = ""
        for event in events:
            self.add(event)

    def over(self, quantity: str) -> str:
        """Return what the x of a quantity counts, empty before anything was told."""
        if self._over == STRENGTHS and quantity in (SPEED, MEMORY):
            return IMAGES
        return self._over or (IMAGES if quantity in (SPEED, MEMORY) and self._series else "")

    def of(self, quantity: str) -> dict[str, Series]:
        """Return the curves of a quantity by name."""
        over = self.over(quantity)
        return {name: one for (kind, x, name), one in self._series.items() if (kind, x) == (quantity, over)}

    def add(self, event: Progress) -> None:
        """Take the values of an event, if it is of a stage that has some."""
        if event.stage == LOOKING:
            self._put(IMAGES, event.done, event.values, LOOKED)
        elif event.stage == STEP:
            self._over, self._stepped = EPOCHS, True
            self._learn(event.done / max(1, event.total) * event.values["epochs"], event.values)
        elif event.stage == EPOCH:
            self._over = EPOCHS
            if not self._stepped:
                self._learn(event.done, event.values)
            self._stepped = False
            self._judge(EPOCHS, event.done, event.values)
        elif event.stage == FIT and self._over != EPOCHS:  # else of a classifier on what was learnt
            self._over = STRENGTHS
            self._judge(STRENGTHS, event.values["strength"], event.values)

    def _learn(self, x: float, values: Mapping[str, Any]) -> None:
        self._put(EPOCHS, x, values, LEARNT)
        if WRONG in values:
            self._add(ACCURACY, EPOCHS, TRAINING, x, 1 - values[WRONG])

    def _judge(self, over: str, x: float, values: Mapping[str, Any]) -> None:
        self._put(over, x, values, JUDGED)
        for label, recall in enumerate(values.get(RECALLS, ())):
            if recall is not None:
                self._add(RECALL, over, str(label), x, recall)

    def _put(self, over: str, x: float, values: Mapping[str, Any], places: Mapping[str, tuple[str, str]]) -> None:
        for name, (quantity, curve) in places.items():
            if name in values:
                self._add(quantity, over, curve, x, values[name])

    def _add(self, quantity: str, over: str, name: str, x: float, y: float) -> None:
        key = (quantity, over, name)
        if key not in self._series:
            self._series[key] = Series()
        self._series[key].add(x, y)


def mean_of(curves: Mapping[str, Series]) -> Series:
    """Return the mean of curves where all of them have a point."""
    mean = Series()
    for x, values in _common(list(curves.values())):
        mean.add(x, sum(values) / len(values))
    return mean


def _common(curves: list[Series]) -> Iterator[tuple[float, list[float]]]:
    found: dict[float, list[float]] = {}
    for one in curves:
        for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True):
            found.setdefault(x, []).append(y)
    return ((x, values) for x, values in sorted(found.items()) if len(values) == len(curves))
