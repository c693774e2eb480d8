"""The loop of fine-tuning, on a network without pretraining and pictures of 32 pixels: stop, go on, choose the best."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.engines import fine_tuning
from app.engines.checkpoint import TuningState, read_checkpoint
from app.engines.fine_tuning import Asked, FineTuning, Task
from app.engines.linear_head import LinearHead
from app.engines.pixel_cache import CachedPictures
from app.engines.protocol import Event, Note, Progress
from app.engines.torch_models import EfficientNetLite
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import Pictures, planes
from app.errors import Cancelled, EngineError
from app.settings import BALANCED, TorchSettings

IMAGES, SIDE, CLASSES = 20, 32, 2
SETTINGS = replace(
    BALANCED,
    side=SIDE,
    trained="whole",
    epochs=3,
    head_epochs=1,
    batch_size=4,
    mixup=0.2,
    erasing=0.5,
    patience=50,
    averaging=0.9,
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small are faster in one thread, above all beside other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def never() -> bool:
    return False


def after(calls: int) -> Callable[[], bool]:
    """Say no so many times, then yes."""
    asked = iter(range(10_000))
    return lambda: next(asked) >= calls


class Trial:
    """One network with its task; made twice, it is twice the same."""

    def __init__(self, folder: Path, settings: TorchSettings = SETTINGS):
        torch.manual_seed(0)
        self.network = TunedNetwork(EfficientNetLite(), LinearHead(*_random_head()))
        chance = np.random.default_rng(0)
        pixels = chance.integers(0, 256, (IMAGES, SIDE, SIDE, 3), np.uint8)
        self.truth = torch.arange(IMAGES) % CLASSES
        pixels[self.truth.numpy() == 1] //= 2
        self.pictures = CachedPictures(pixels, np.arange(IMAGES))
        self.events: list[Event] = []
        self.path = folder / "checkpoint.pt"
        task = Task(
            Pictures(self.pictures, settings),
            self.truth,
            torch.ones(CLASSES),
            torch.zeros(CLASSES),
            None,
            self.validate,
        )
        self.tuning = FineTuning(self.network, task, settings, 7, self.path, self.events.append)

    def validate(self) -> tuple[torch.Tensor, torch.Tensor]:
        places = list(range(8))
        return self.network(planes(self.pictures[places])), self.truth[places]

    def run(self, stop: Callable[[], bool] = never, finish: Callable[[], bool] = never) -> TuningState:
        return self.tuning.run(Asked(stop, finish))


def _random_head() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(1)
    return chance.normal(0, 0.1, (CLASSES, 1280)).astype(np.float32), np.zeros(CLASSES, np.float32)


@pytest.mark.parametrize("stopped_after", [2, 5, 13])
def test_stopped_anywhere_it_goes_on_as_if_it_had_not_been(tmp_path: Path, stopped_after: int) -> None:
    whole = Trial(tmp_path / "never there")
    whole.path = tmp_path / "whole.pt"
    whole.tuning._path = whole.path
    expected = whole.run()
    first = Trial(tmp_path)
    with pytest.raises(Cancelled):
        first.run(stop=after(stopped_after))
    assert read_checkpoint(first.path).state.steps == stopped_after
    second = Trial(tmp_path)
    state = second.run()
    np.testing.assert_allclose(state.losses, expected.losses, rtol=0, atol=1e-6)
    assert len(state.losses) == 4 * IMAGES // SETTINGS.batch_size
    assert [one["validation_loss"] for one in state.history] == pytest.approx(
        [one["validation_loss"] for one in expected.history], abs=1e-6
    )
    told = [event.done for event in second.events if isinstance(event, Progress) and event.stage == "epoch"]
    assert told == [1, 2, 3, 4]


def test_in_parts_it_learns_the_same_and_stopped_between_them_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = [Trial(tmp_path / name) for name in ("whole", "parts")]
    for trial in trials:
        trial.path.parent.mkdir()
    whole = trials[0].run()
    monkeypatch.setattr(fine_tuning, "PART_PIXELS", 3 * SIDE * SIDE)  # three images and one
    with pytest.raises(Cancelled):
        trials[1].run(stop=after(5))
    assert read_checkpoint(trials[1].path).state.steps == 2
    state = Trial(trials[1].path.parent).run()
    np.testing.assert_allclose(state.losses, whole.losses, rtol=0, atol=1e-4)


def test_it_ends_with_the_best_weights(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    state = trial.run()
    losses = [one["validation_loss"] for one in state.history]
    assert state.best_loss <= min(losses)
    with torch.no_grad():
        logits, truth = trial.validate()
    assert float((logits.argmax(dim=1) == truth).float().mean()) >= 0.5
    best = read_checkpoint(trial.path).best
    for name, weight in trial.network.named_parameters():
        if name in best:
            torch.testing.assert_close(weight.detach(), best[name], rtol=0, atol=0)


class Unjudged(Trial):
    """A trial without validation images, which therefore keeps what it comes to in the end."""

    def validate(self) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.empty(0, CLASSES), torch.empty(0, dtype=torch.long)


def test_the_result_is_what_was_learnt_with_a_share_of_the_start(tmp_path: Path) -> None:
    share = 0.25
    trial = Unjudged(tmp_path, replace(SETTINGS, start_share=share))
    start = {name: weight.detach().clone() for name, weight in trial.network.named_parameters()}
    trial.run()
    average = read_checkpoint(trial.path).average
    assert average
    moved = 0.0
    for name, weight in trial.network.named_parameters():
        if name in average:
            expected = (1 - share) * average[name] + share * start[name]
            torch.testing.assert_close(weight.detach(), expected, rtol=0, atol=1e-6)
            moved = max(moved, float((average[name] - start[name]).abs().max()))
    assert moved > 1e-3


def test_asked_to_finish_it_ends_with_the_epoch(tmp_path: Path) -> None:
    state = Trial(tmp_path).run(finish=lambda: True)
    assert (state.epoch, state.steps) == (1, IMAGES // SETTINGS.batch_size)


def test_it_stops_early_where_nothing_gets_better(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=9, head_epochs=0, patience=2, learning_rate=1e-6, averaging=0.0)
    trial = Trial(tmp_path, settings)
    trial.validate = lambda: (torch.zeros(4, CLASSES), torch.arange(4) % CLASSES)  # type: ignore[method-assign]
    trial.tuning._task = replace(trial.tuning._task, validate=trial.validate)
    assert trial.run().epoch == 2


def test_only_the_head_learns_at_first_and_lower_blocks_never_in_balanced(tmp_path: Path) -> None:
    trial = Trial(tmp_path, replace(SETTINGS, trained="upper", epochs=1, head_epochs=0))
    before = {name: weight.detach().clone() for name, weight in trial.network.named_parameters()}
    trial.run()
    changed = {name for name, weight in trial.network.named_parameters() if not torch.equal(weight, before[name])}
    assert "classifier.weight" in changed
    assert not any(name.startswith(("backbone._conv_stem", "backbone._blocks.10.")) for name in changed)


def test_where_memory_does_not_suffice_batches_are_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(tmp_path, replace(SETTINGS, epochs=1, head_epochs=0))
    batch = Pictures.batch

    def hungry(
        source: Pictures, places: list[int], targets: torch.Tensor, epoch: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if len(places) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.")
        return batch(source, places, targets, epoch)

    monkeypatch.setattr(Pictures, "batch", hungry)
    state = trial.run()
    assert (state.batch_size, state.steps) == (2, IMAGES // 2)
    assert [event.text for event in trial.events if isinstance(event, Note)] == [
        "Memory did not suffice; batches have 2 images now."
    ]


def test_the_fastest_batch_that_memory_allows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(tmp_path, replace(SETTINGS, epochs=1, head_epochs=0, batch_size=0))
    batch = Pictures.batch

    def hungry(
        source: Pictures, places: list[int], targets: torch.Tensor, epoch: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if len(places) > 8:
            raise MemoryError
        return batch(source, places, targets, epoch)

    monkeypatch.setattr(Pictures, "batch", hungry)
    before = {name: weight.detach().clone() for name, weight in trial.network.named_parameters()}
    assert trial.tuning._fastest_batch() == 8
    assert all(torch.equal(weight, before[name]) for name, weight in trial.network.named_parameters())


def test_an_epoch_tells_what_is_plotted(tmp_path: Path) -> None:
    trial = Trial(tmp_path, replace(SETTINGS, epochs=1, head_epochs=0))
    trial.run()
    (values,) = [event.values for event in trial.events if isinstance(event, Progress) and event.stage == "epoch"]
    assert len(values["validation_recalls"]) == CLASSES
    assert values["validation_macro_recall"] == pytest.approx(sum(values["validation_recalls"]) / CLASSES)
    assert values["memory_mb"] > 50
    steps = [event.values for event in trial.events if isinstance(event, Progress) and event.stage == "tune"]
    assert steps[-1]["remaining_seconds"] >= 0
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_a_damaged_checkpoint_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(EngineError, match="checkpoint of this run is damaged"):
        Trial(tmp_path).run()


def test_a_disk_that_takes_no_more_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(values: object, stream: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.engines.checkpoint.torch.save", full)
    with pytest.raises(EngineError, match="could not be saved") as caught:
        Trial(tmp_path).run()
    assert "space" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["tensorboard"]
