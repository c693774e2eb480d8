"""The loop of fine-tuning: steps, epochs, the best so far, and checkpoints from which it goes on to the bit."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from app.engines.checkpoint import Checkpoint, TuningState, read_checkpoint, write_checkpoint
from app.engines.devices import CPU, Device
from app.engines.event_file import EventFile
from app.engines.memory import give_back
from app.engines.outlook import REMAINING
from app.engines.progress import Throttle
from app.engines.protocol import Checkpoint as CheckpointEvent
from app.engines.protocol import Note, OnEvent, Progress
from app.engines.recalls import validation_shares
from app.engines.remaining import Remaining, Workload
from app.engines.resident_memory import resident_mb
from app.engines.tuned_network import TunedNetwork
from app.engines.tuned_weights import TunedWeights
from app.engines.tuning_data import Source
from app.errors import Cancelled
from app.settings import TorchSettings

CHECKPOINT_EVERY_S = 60.0
WARM_UP = 0.2  # of all steps, until the learning rate is at its largest
LOWEST_RATE = 0.01  # of the largest, at the end
TEMPERATURES = torch.logspace(-1, 1, 41)
OUT_OF_MEMORY = ("allocate memory", "out of memory", "bad_alloc", "could not create a")  # as torch and oneDNN say
SMALLEST_BATCH = 2
PROBED = (8, 16, 32, 64, 128)
PART_PIXELS = 8 * 224 * 224  # a processor learns from so many at once: it is no slower so, and soon heeds a stop


@dataclass(frozen=True)
class Asked:
    """What is asked of the loop from outside, looked at between steps."""

    stop: Callable[[], bool]
    finish: Callable[[], bool]


@dataclass(frozen=True)
class Task:
    """What is to be learnt: the source of batches, targets [N] and the weight of each class [C].

    `chances` [N], where given, say how likely each image is drawn; else every epoch shows each image once. `prior` [C]
    is added to logits while they are learnt and judged, and left out later: the logarithm of how common classes are,
    so that logits need not tell it (Menon et al., "Long-tail learning via logit adjustment", ICLR 2021).
    """

    source: Source
    truth: Tensor
    class_weights: Tensor
    prior: Tensor
    chances: Tensor | None
    validate: Callable[[], tuple[Tensor, Tensor]]  # logits [M, C] and truth [M] of the validation part

    def order(self, seed: int) -> list[int]:
        """Return the places of an epoch's images in the order in which they are shown."""
        chance, count = torch.Generator().manual_seed(seed), len(self.truth)
        if self.chances is None:
            return torch.randperm(count, generator=chance).tolist()
        return torch.multinomial(self.chances, count, replacement=True, generator=chance).tolist()


class FineTuning:
    """Fine-tunes a network in place; `run` leaves it with the best weights."""

    def __init__(
        self,
        network: TunedNetwork,
        task: Task,
        settings: TorchSettings,
        seed: int,
        checkpoint: Path,
        on_event: OnEvent,
        device: Device | None = None,
    ):
        self._device = device or Device()
        self._network = network.to(self._device.name)
        self._task = task
        self._settings = settings
        self._seed = seed
        self._path = checkpoint
        self._on_event = on_event
        self._throttle = Throttle(on_event)
        self._weights = TunedWeights(network, settings)
        self._optimiser = torch.optim.AdamW(list(self._weights.groups(settings)))
        self._scaler = self._device.scaler()
        self._remaining = Remaining(Workload(len(task.truth), settings.head_epochs, settings.epochs))
        self.state = TuningState(batch_size=settings.batch_size)
        self._saved_at = time.monotonic()

    # -- the loop

    def run(self, asked: Asked) -> TuningState:
        """Train to the end, or until asked to finish; raises Cancelled, with a checkpoint, when asked to stop."""
        if self._path.exists():
            self._restore(read_checkpoint(self._path))
        self._events = EventFile(self._path.parent)
        self._write_events()
        if not self.state.batch_size:
            self.state.batch_size = self._fastest_batch()
        self._remaining.pause()
        if not self.state.steps:
            self._judge(0)  # the head start: what fine-tuning has to beat
        self._remaining.between()
        while self.state.epoch < self._epochs and not self._overdue():
            self._epoch(asked)
            if asked.finish():
                break
        self._weights.load(self._weights.best)
        return self.state

    @property
    def _epochs(self) -> int:
        return self._settings.head_epochs + self._settings.epochs

    def _overdue(self) -> bool:
        return self.state.epoch - max(self.state.best_epoch, self._settings.head_epochs) >= self._settings.patience

    def _epoch(self, asked: Asked) -> None:
        state, count = self.state, len(self._task.truth)
        head_only = state.epoch < self._settings.head_epochs
        self._weights.let_learn(head_only)
        order = self._task.order(self._seed * 100_003 + state.epoch)
        start, start_place = time.monotonic(), state.place
        while state.place < count:
            rate = self._set_rate()
            places = order[state.place : state.place + state.batch_size]
            try:
                loss = self._step(places, asked.stop)
            except Cancelled:
                self._save()
                raise
            if loss is None:
                continue
            self._remaining.step(len(places), head_only)
            self._tell_step(loss, rate, (state.place - start_place) / max(time.monotonic() - start, 1e-9))
            if time.monotonic() - self._saved_at > CHECKPOINT_EVERY_S:
                self._save()
                self._remaining.pause()
        loss, rate = state.loss_sum / count, self._rate()
        speed = (count - start_place) / max(time.monotonic() - start, 1e-9)
        try:
            validation = self._judge(state.epoch + 1)
        except Cancelled:
            self._save()
            raise
        state.epoch += 1
        state.place, state.loss_sum = 0, 0.0
        figures = {"loss": loss, "learning_rate": rate, "images_per_second": speed, "memory_mb": resident_mb()}
        state.history.append({**figures, **validation})
        self._events.add(state.steps, _epoch_figures(state.history[-1]))
        self._save()
        self._remaining.between()
        self._tell_epoch(state.epoch, self._left())

    def _tell_step(self, loss: float, rate: float, speed: float) -> None:
        state, count = self.state, len(self._task.truth)
        self._events.add(state.steps, {"step/loss": loss, "step/learning_rate": rate})
        values = {"loss": loss, "learning_rate": rate, "images_per_second": speed, "epochs": self._epochs}
        values["memory_mb"] = resident_mb()
        done = state.epoch * count + state.place
        self._throttle.progress("tune", done, self._epochs * count, **values, **self._left())

    def _left(self) -> dict[str, float]:
        seconds = self._remaining.seconds(self.state.epoch, self.state.place)
        return {} if seconds is None else {REMAINING: seconds}

    def _tell_epoch(self, epoch: int, left: dict[str, float]) -> None:
        self._on_event(Progress("epoch", epoch, self._epochs, {**self.state.history[epoch - 1], **left}))

    def _write_events(self) -> None:
        """Write what a run that goes on has behind it; its steps, but not when they were, are known."""
        for step, loss in enumerate(self.state.losses, 1):
            self._events.add(step, {"step/loss": loss})
        for epoch, values in enumerate(self.state.history, 1):
            step = round(self.state.steps * epoch / max(1, len(self.state.history)))
            self._events.add(step, _epoch_figures(values))

    def _step(self, places: Sequence[int], stop: Callable[[], bool]) -> float | None:
        """Learn from one batch and return its loss; None where memory did not suffice, and batches are smaller now.

        Raises Cancelled, with nothing learnt from the batch, when asked to stop.
        """
        state = self.state
        torch.manual_seed((self._seed * 1_009 + state.epoch) * 1_000_003 + state.place)
        loss: float | None
        try:
            loss = self._slopes(places, stop)
        except (RuntimeError, MemoryError) as error:
            if state.batch_size < 2 * SMALLEST_BATCH or not _is_out_of_memory(error):
                raise
            loss = None
        if loss is None:  # only here is what the step held let go
            self._halve_batches()
            return None
        self._scaler.step(self._optimiser)
        self._scaler.update()
        state.place += len(places)
        state.steps += 1
        kept = (
            min(self._settings.averaging, (1 + state.steps) / (10 + state.steps)) if self._settings.averaging else 0.0
        )
        self._weights.add_to_average(kept)
        state.losses.append(loss)
        state.loss_sum += loss * len(places)
        return loss

    def _slopes(self, places: Sequence[int], stop: Callable[[], bool]) -> float:
        """Compute the slopes of a batch's loss, part by part, and return the loss."""
        self._optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for part in self._parts(places):
            if stop():
                raise Cancelled
            loss = self._loss(*part)
            self._scaler.scale(loss).backward()
            total += float(loss.detach())
        return total

    def _halve_batches(self) -> None:
        self._optimiser.zero_grad(set_to_none=True)
        give_back()
        self.state.batch_size //= 2
        self._on_event(Note(f"Memory did not suffice; batches have {self.state.batch_size} images now."))

    def _fastest_batch(self) -> int:
        """Try batches of several sizes, without learning, and return the size that is the fastest by image."""
        paces: dict[int, float] = {}
        for size in PROBED:
            places = [place % len(self._task.truth) for place in range(size)]
            try:
                for _ in range(2):  # the first one also warms up
                    start = time.perf_counter()
                    self._slopes(places, lambda: False)
                    paces[size] = (time.perf_counter() - start) / size
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                break
            finally:
                self._optimiser.zero_grad(set_to_none=True)
        best = min(paces, key=lambda size: paces[size]) if paces else SMALLEST_BATCH
        self._on_event(Note(f"Batches of {best} images are the fastest here."))
        return best

    def _parts(self, places: Sequence[int]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield inputs, targets [N, C] and shares [N] in the batch's loss for each part of a batch."""
        smoothing, task = self._settings.label_smoothing, self._task
        classes = len(task.class_weights)
        targets = functional.one_hot(task.truth[places], classes).float()
        inputs, targets = task.source.batch(places, targets, self.state.epoch)
        smooth = targets * (1 - smoothing) + smoothing / classes
        weights = task.class_weights[task.truth[places]]
        shares = weights / weights.sum()
        size = self._part_size(inputs)
        yield from zip(inputs.split(size), smooth.split(size), shares.split(size), strict=True)

    def _part_size(self, inputs: Tensor) -> int:
        if self._device.name != CPU:
            return len(inputs)
        return max(1, PART_PIXELS // (inputs.shape[-1] * inputs.shape[-2]))

    def _loss(self, inputs: Tensor, targets: Tensor, shares: Tensor) -> Tensor:
        """Return what a part adds to its batch's loss."""
        device = self._device
        with device.mixed():
            logits = self._task.source.logits(self._network, device.moved(inputs))
        posterior = functional.log_softmax(logits.float() + device.moved(self._task.prior), dim=1)
        losses = -(device.moved(targets) * posterior).sum(dim=1)
        return (losses * device.moved(shares)).sum()

    def _rate(self) -> float:
        """Return the learning rate of the highest layer here: one cycle for the head alone, another for the rest."""
        state, heads = self.state, self._settings.head_epochs
        position = state.epoch + state.place / len(self._task.truth)
        done = position / heads if position < heads else (position - heads) / max(1, self._epochs - heads)
        if done < WARM_UP:
            share = LOWEST_RATE + (1 - LOWEST_RATE) * done / WARM_UP
        else:
            cosine = (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP)))) / 2
            share = LOWEST_RATE + (1 - LOWEST_RATE) * cosine
        return self._settings.learning_rate * share

    def _set_rate(self) -> float:
        rate = self._rate()
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["share"]
        return rate

    # -- the best so far

    def _judge(self, epoch: int) -> dict[str, Any]:
        """Score the mixture of average and start on the validation part, and keep it if it is the best so far."""
        with self._weights.mixed(), torch.no_grad():
            logits, truth = self._task.validate()
        if not len(truth):  # nothing to choose by: the last is taken
            self._keep(epoch, -float(epoch))
            return {}
        loss = _calibrated_loss(logits + self._task.prior, truth)
        if loss < self.state.best_loss:
            self._keep(epoch, loss)
        return {"validation_loss": loss, **validation_shares(logits.numpy(), truth.numpy())}

    def _keep(self, epoch: int, loss: float) -> None:
        self.state.best_epoch, self.state.best_loss = epoch, loss
        self._weights.keep_mixture()

    def _save(self) -> None:
        weights, optimiser = self._weights, self._optimiser.state_dict()
        state = Checkpoint(
            self.state, weights.copy(), weights.average, weights.best, optimiser, self._scaler.state_dict()
        )
        write_checkpoint(self._path, state)
        self._saved_at = time.monotonic()
        self._on_event(CheckpointEvent(str(self._path)))

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.state = checkpoint.state
        self._weights.restore(checkpoint.network, checkpoint.average, checkpoint.best)
        self._optimiser.load_state_dict(checkpoint.optimiser)
        self._scaler.load_state_dict(checkpoint.scaler)
        for epoch in range(1, self.state.epoch + 1):
            self._tell_epoch(epoch, {})


def _epoch_figures(values: dict[str, Any]) -> dict[str, float]:
    return {f"epoch/{name}": value for name, value in values.items() if isinstance(value, float)}


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def _calibrated_loss(logits: Tensor, truth: Tensor) -> float:
    """Return the log loss at the temperature that suits best: confidence is calibrated later anyhow."""
    losses = [float(functional.cross_entropy(logits / temperature, truth)) for temperature in TEMPERATURES]
    return min(losses)
