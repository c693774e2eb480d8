"""How much longer fine-tuning will take, from what its parts took so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass

# What learning takes of an image of each kind, in what one of them takes: measured for EfficientNet-Lite0, and used
# until the run has measured its own.
HEAD_SHARE = 0.3  # a step in which only the classifier learns, of one in which everything does
SKIPPED_STEPS = 2  # the first ones also warm up


@dataclass(frozen=True)
class Workload:
    """What a run has to do: images per epoch, epochs of the head alone, and epochs of all that is trained."""

    images: int
    head_epochs: int
    epochs: int

    def learning(self, epoch: int, place: int) -> tuple[int, int]:
        """Return how many images are still to be learnt from, with the head alone and with all."""
        left = [self.images * max(0, count) for count in (self.head_epochs - epoch, self.head_epochs + self.epochs)]
        head = max(0, left[0] - place) if epoch < self.head_epochs else 0
        everything = self.images * self.epochs
        if epoch >= self.head_epochs:
            everything -= self.images * (epoch - self.head_epochs) + place
        return head, everything


class Remaining:
    """Estimates the seconds that are left; told of each step as it is done."""

    def __init__(self, work: Workload, clock: Callable[[], float] = time.monotonic):
        self._work = work
        self._clock = clock
        self._seconds = {True: 0.0, False: 0.0}  # by whether the head alone learnt
        self._images = {True: 0, False: 0}
        self._steps = {True: 0, False: 0}
        self._last = clock()
        self._between_s = 0.0  # of the last validation and checkpoint

    def pause(self) -> None:
        """Leave what happened since the last call out of the time that steps take."""
        self._last = self._clock()

    def between(self) -> None:
        """Take what happened since the last call for what is done between epochs."""
        now = self._clock()
        self._between_s, self._last = now - self._last, now

    def step(self, images: int, head_only: bool) -> None:
        """Take note of a step that ends now."""
        now = self._clock()
        self._steps[head_only] += 1
        if self._steps[head_only] == SKIPPED_STEPS + 1:
            self._seconds[head_only], self._images[head_only] = 0.0, 0
        self._seconds[head_only] += now - self._last
        self._images[head_only] += images
        self._last = now

    def seconds(self, epoch: int, place: int) -> float | None:
        """Return how long the rest takes from this place in this epoch; None before anything was learnt."""
        pace = self._pace()
        if pace is None:
            return None
        head, everything = self._work.learning(epoch, place)
        epochs_left = self._work.head_epochs + self._work.epochs - epoch
        return head * pace[0] + everything * pace[1] + epochs_left * self._between_s

    def _pace(self) -> tuple[float, float] | None:
        """Return the seconds per image of the head alone and of all, one perhaps guessed from the other."""
        head, everything = (
            self._seconds[one] / self._images[one] if self._images[one] else 0.0 for one in (True, False)
        )
        if not (head or everything):
            return None
        return head or everything * HEAD_SHARE, everything or head / HEAD_SHARE
