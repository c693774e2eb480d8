"""The estimate of what is left of fine-tuning, by a clock that the test turns."""

import pytest

from app.engines.remaining import Remaining, Workload

BATCH = 10


class Run:
    """A run whose steps, epochs and validations take given seconds."""

    def __init__(self, work: Workload, head_s: float, all_s: float, between_s: float):
        self._now = 0.0
        self.work, self.head_s, self.all_s, self.between_s = work, head_s, all_s, between_s
        self.remaining = Remaining(work, lambda: self._now)
        self.told: list[tuple[float, float]] = []  # when, and what was left by the estimate

    def go(self) -> float:
        self._now += self.between_s
        self.remaining.between()
        for epoch in range(self.work.head_epochs + self.work.epochs):
            head_only = epoch < self.work.head_epochs
            for place in range(BATCH, self.work.images + 1, BATCH):
                self._now += BATCH * (self.head_s if head_only else self.all_s)
                self.remaining.step(BATCH, head_only)
                left = self.remaining.seconds(epoch, place)
                assert left is not None
                self.told.append((self._now, left))
            self._now += self.between_s
            self.remaining.between()
        return self._now


@pytest.mark.parametrize("run", [
    Run(Workload(200, 0, 4), 0.0, 0.05, 3.0),
    Run(Workload(200, 1, 6), 0.012, 0.05, 2.0),
    Run(Workload(40, 2, 3), 0.016, 0.05, 0.1),
])  # fmt: skip
def test_after_a_tenth_of_the_run_it_is_right_within_a_fifth(run: Run) -> None:
    total = run.go()
    late = [(total - now, left) for now, left in run.told if now >= total / 10]
    assert len(late) > 10
    assert all(left == pytest.approx(true, rel=0.2) for true, left in late)


def test_nothing_is_said_before_anything_was_learnt() -> None:
    assert Remaining(Workload(10, 0, 1), lambda: 0.0).seconds(0, 0) is None


def test_steps_that_warm_up_and_pauses_do_not_count() -> None:
    now = [0.0]
    remaining = Remaining(Workload(100, 0, 2), lambda: now[0])
    for seconds in (9.0, 9.0, 1.0, 1.0):
        now[0] += seconds
        remaining.step(10, head_only=False)
    now[0] += 50
    remaining.pause()
    assert remaining.seconds(0, 40) == pytest.approx(16)
