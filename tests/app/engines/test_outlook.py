"""What is left of a whole run, by a clock that the test turns."""

from dataclasses import asdict, replace

import pytest

from app.engines.outlook import REMAINING, SECOND, Outlook, Part, parts_of
from app.engines.protocol import Progress
from app.engines.snapshot import Snapshot
from app.settings import TorchSettings, settings_table

PARTS = (Part("features", 100, 1.0), Part("pixels", 80, 0.2), Part("lower", 320, 0.5), Part("tune", 320, 1.0),
         Part("unknown", 80, 1.0), Part("test", 20, 1.0))  # fmt: skip
LOOK_S = 0.1


class Run:
    """A run that takes as long for each look, and tells of each image; learning estimates its own rest."""

    def __init__(self, parts: tuple[Part, ...]):
        self.parts = parts
        self.now = 0.0
        self.outlook = Outlook(parts, lambda: self.now)
        self.left: list[tuple[float, float | None]] = []  # when, and what was said to be left

    def go(self, cached: tuple[str, ...] = ()) -> float:
        learning = sum(part.looks for part in self.parts if part.stage == "tune") * LOOK_S
        for part in self.parts:
            for done in range(1, int(part.images) + 1):
                step = 0.0 if part.stage in cached else part.cost * LOOK_S
                self.now += step
                values = {}
                if part.stage == "tune":
                    learning -= step
                    values = {REMAINING: learning}
                told = self.outlook.told(Progress(part.stage, done, int(part.images), values))
                self.left.append((self.now, told.values.get(REMAINING)))
        return self.now


@pytest.mark.parametrize("cached", [(), ("features",), ("features", "pixels")])
def test_after_a_tenth_the_whole_is_told_whatever_was_cached(cached: tuple[str, ...]) -> None:
    run = Run(PARTS)
    total = run.go(cached)
    late = [(total - now, left) for now, left in run.left if now >= total / 10]
    assert len(late) > 100
    assert all(left == pytest.approx(true, rel=0.1, abs=0.01) for true, left in late)


def test_nothing_is_said_before_a_look_was_measured() -> None:
    run = Run(PARTS)
    run.go()
    early = [left for now, left in run.left if now < 0.95]
    assert early
    assert set(early) == {None}


def test_what_is_no_part_of_the_run_is_left_as_it_is() -> None:
    event = Progress("sweep", 1, 2, {"a": 1})
    assert Outlook(PARTS).told(event) is event
    assert Outlook(()).told(event) is event


def test_an_event_of_an_epoch_counts_as_learning() -> None:
    outlook = Outlook(PARTS, lambda: 0.0)
    told = outlook.told(Progress("epoch", 2, 4, {REMAINING: 16.0}))
    assert told.values[REMAINING] == pytest.approx(16 + 16 / 160 * 100)


def snapshot(engine: str, **changes: object) -> Snapshot:
    settings = {} if engine != "torch" else asdict(replace(TorchSettings(), **changes))  # type: ignore[arg-type]
    return Snapshot(engine, "efficientnet-lite0", "logistic", 0, "", ("a", "b"), (), settings=settings)


def test_every_preset_knows_its_parts_and_cntk_tells_of_its_stages_alone() -> None:
    assert [part.stage for part in parts_of(snapshot("quick"), 80, 20)] == ["features", "fit"]
    assert parts_of(snapshot("cntk"), 80, 20) == ()

    def looks(**settings: object) -> dict[str, float]:
        return {part.stage: part.looks for part in parts_of(snapshot("torch", **settings), 80, 20)}

    upper = looks(second_network="none")
    whole = looks(trained="whole", twice=True, second_network="none")
    assert upper["lower"] > 0
    assert whole["lower"] == 0
    assert whole["tune"] > upper["tune"]
    assert whole["second"] == 0 == looks()["second"]
    assert looks(second_share=0.3)["second"] == pytest.approx(80 * 1.3)
    assert looks(second_share=0.3, twice=True)["second"] == pytest.approx(80 * 2.6)
    assert looks(second_share=0.3, second_network="none")["second"] == 0
    assert whole["test"] == 2 * upper["test"] == 40
    assert looks()["test"] == pytest.approx(46)
    (second,) = (setting for setting in settings_table("torch") if setting.name == "second_network")
    assert set(SECOND) == set(second.choices)
    same = "efficientnet-lite0"
    assert looks(second_network=same)["test"] == pytest.approx(26)  # what stayed the same in both looks once
    assert looks(trained="whole", second_network=same)["unknown"] == pytest.approx(148)
    assert parts_of(snapshot("torch", side=448, second_network="none"), 80, 20)[-1].cost == 4
