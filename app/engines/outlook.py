"""How much longer a whole run will take, told from its first stage on.

Every stage goes through images, and what one of them costs is written in looks: a look is one pass of one image
through the whole network, decoding included. What a look takes is measured while the run goes on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.engines.metrics import EPOCH
from app.engines.protocol import Progress
from app.engines.remaining import HEAD_SHARE
from app.engines.snapshot import Snapshot
from app.engines.tuning_settings import tuning_settings
from app.settings import QUICK, TORCH
from app.settings.torch import NONE

REMAINING = "remaining_seconds"  # of a progress event's values: until the run is done
LEARNING = "tune"  # the stage whose engine estimates its own rest, with EPOCH
SURE_AFTER_S = 1.0  # a stage must have gone on so long before it tells what a look takes
# In looks at pictures of this side, by EfficientNet-Lite0 on two processors.
SIDE = 224
DECODING = 0.2
FITTING = 0.1  # quick's classifier, by image
LOWER = 0.75  # the lower blocks look at one view
UPPER_STEP = 1.4  # the upper blocks learn from one view
SECOND = {NONE: 0.0, "efficientnet-lite0": 1.0, "efficientnet-lite1": 1.3, "efficientnet-lite2": 1.5}
SAME_UPPER, SAME_WHOLE = 0.3, 0.85  # where it is the same but for the layers that learnt
WHOLE_STEP = 6.0  # the network but for its three lowest layers learns from one picture of full side


@dataclass(frozen=True)
class Part:
    """A stage, the images that it goes through, and the looks that one of them costs."""

    stage: str
    images: float
    cost: float

    @property
    def looks(self) -> float:
        """Return what all of it costs."""
        return self.images * self.cost


def parts_of(snapshot: Snapshot, trained: int, tested: int) -> tuple[Part, ...]:
    """Return what a run has before it, in order; nothing for an engine whose costs were never measured."""
    looking = Part("features", len(snapshot.images), 1.0)
    if snapshot.engine == QUICK:
        return (looking, Part("fit", trained, FITTING))
    if snapshot.engine != TORCH:
        return ()
    settings = tuning_settings(snapshot)
    upper = settings.trained == "upper"
    step = UPPER_STEP if upper else WHOLE_STEP * settings.training_share**2
    epochs = settings.epochs + HEAD_SHARE * settings.head_epochs
    larger = (settings.side / SIDE) ** 2
    second = SECOND[settings.second_network]
    if settings.second_network == snapshot.backbone:
        second = SAME_UPPER if upper else SAME_WHOLE
    look = (2.0 if settings.looks_twice else 1.0) * larger
    asked = look * (1.0 + second)
    return (
        looking,
        Part("pixels", trained, DECODING),
        Part("lower", trained * settings.views if upper else 0, LOWER * larger),
        Part(LEARNING, trained * epochs, step * larger),
        Part("second", trained if settings.second_answers else 0, SECOND[settings.second_network] * look),
        Part("unknown", trained, asked),
        Part("test", tested, asked),
    )


class Outlook:
    """Adds what is left of the whole run to the events of its stages."""

    def __init__(self, parts: tuple[Part, ...], clock: Callable[[], float] = time.monotonic):
        self._parts = parts
        self._clock = clock
        self._pace: float | None = None  # seconds of a look
        self._stage = ""
        self._start = (0.0, 0)  # when its first event came, and how far it was then

    def divide(self, parts: tuple[Part, ...]) -> None:
        """Take the parts of a run whose images were divided meanwhile."""
        self._parts = parts

    def told(self, event: Progress) -> Progress:
        """Return the event with the seconds that are left of the run, where they can be told."""
        place = self._place(event)
        if place is None:
            return event
        if event.stage != self._stage:
            self._stage, self._start = event.stage, (self._clock(), event.done)
        own = event.values.get(REMAINING)
        left = self._rest(event, place) if own is None else self._learning(event, place, own)
        return event if left is None else replace(event, values={**event.values, REMAINING: left})

    def _place(self, event: Progress) -> int | None:
        stage = LEARNING if event.stage == EPOCH else event.stage
        return next((place for place, part in enumerate(self._parts) if part.stage == stage), None)

    def _rest(self, event: Progress, place: int) -> float | None:
        """Go by the pace of this stage, or, where it has just begun, of those before."""
        cost, (start, before) = self._parts[place].cost, self._start
        spent, done = self._clock() - start, event.done - before
        own = spent / (done * cost) if spent >= SURE_AFTER_S and done else None
        if own is not None and (self._pace is None or cost >= 1):
            self._pace = own
        if self._pace is None:
            return None
        return (own or self._pace) * cost * (event.total - event.done) + self._pace * self._after(place)

    def _learning(self, event: Progress, place: int, own: float) -> float:
        """Add what follows learning to what the engine says of it, which also tells what a look takes."""
        looks = self._parts[place].looks * (1 - event.done / max(1, event.total))
        if self._pace is None and looks:
            self._pace = own / looks
        return own + (self._pace or 0.0) * self._after(place)

    def _after(self, place: int) -> float:
        return sum(part.looks for part in self._parts[place + 1 :])
